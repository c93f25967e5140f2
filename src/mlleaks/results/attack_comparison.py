"""What a comparison of attacks measures: figures of each target, means over targets, paired differences."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mlleaks.errors import CorruptRun, DataUnavailable
from mlleaks.stats.aggregation import summarize
from mlleaks.stats.intervals import t_half_width
from mlleaks.stats.over_seeds import ENOUGH
from mlleaks.storage.hashing import checksum

RESULT = "attacks.json"
SCHEMA = 1
TPR = "tpr@1%fpr"
METRICS = ("auc", TPR, "tpr@0.1%fpr", "fpr")
"""``fpr`` is that of the attack's own threshold."""

COLUMNS = [
    *("seed", "target", "attack", "models", "queries", "seconds"),
    *(f"{metric}{end}" for metric in METRICS for end in ("", "_low", "_high")),
]
"""Of the rows of a comparison."""


@dataclass(frozen=True)
class AttackInfo:
    """What a reader must know of an attack.

    Parameters
    ----------
    title : str
    needs : tuple of str
        What the attacker must have.
    source : str
    leads : bool
        Whether audits with reference models report this one.
    """

    title: str
    needs: tuple[str, ...]
    source: str
    leads: bool = False


@dataclass(frozen=True)
class AttackComparison:
    """Attacks side by side.

    Parameters
    ----------
    name : str
    rows : DataFrame
        With `COLUMNS`, one row per target, attack and number of models. ``models`` is 0 for attacks without
        any, 1 with the one shadow model, else the number of reference models. ``queries`` are those beyond
        one for each audited record. ``seconds`` are for building the attack and scoring the records, on one
        thread; training the models is not among them.
    attacks : mapping of str to AttackInfo
        In the order of the tables.
    facts : mapping of str to str
        What was compared, and with what.
    skipped : mapping of str to str
        Attacks that could not be run, and why.
    notes : tuple of str
    """

    name: str
    rows: pd.DataFrame
    attacks: Mapping[str, AttackInfo]
    facts: Mapping[str, str]
    skipped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Means over targets and seeds: ``attack, models, metric, value, low, high, runs, interval``.

        With three seeds or more, the seed is the unit: the targets of a seed share records and reference
        models. Intervals are Student's *t* over the means of the seeds, and the sampling of the records that
        all seeds share is added (`mlleaks.stats.aggregation.summarize`). With fewer seeds they are over the
        targets, with fewer than three targets those of the single ones; they are then about other choices of
        members and other trainings, not about other data.
        """
        rows = self.rows.assign(seed=self._runs())
        parts = [
            rows[["seed", "attack", "models"]].assign(
                metric=metric, value=rows[metric], low=rows[f"{metric}_low"], high=rows[f"{metric}_high"]
            )
            for metric in METRICS
        ]
        targets = pd.concat(parts, ignore_index=True)
        seeds = targets["seed"].str.partition(" ")[0]
        if seeds.nunique() < ENOUGH:
            return summarize(targets, share=0.0).rename(columns={"seeds": "runs"})
        each = [summarize(targets[seeds == seed], share=0.0).assign(seed=seed) for seed in seeds.unique()]
        per_seed = pd.concat(each, ignore_index=True).drop(columns=["seeds", "interval"])
        return summarize(per_seed).rename(columns={"seeds": "runs"})

    def to_frame(self) -> pd.DataFrame:
        """Return one row per attack and number of models: costs, and each metric's mean and interval."""
        costs = self.rows.groupby(["attack", "models"], sort=False)
        table = costs.agg(queries=("queries", "max"), seconds=("seconds", "median"), runs=("target", "size"))
        for metric in METRICS:
            means = self.summary[self.summary["metric"] == metric].set_index(["attack", "models"])
            ends = {"value": metric, "low": f"{metric}_low", "high": f"{metric}_high"}
            table = table.join(means[list(ends)].rename(columns=ends))
        order = {name: i for i, name in enumerate(self.attacks)}
        table = table.reset_index()
        return table.sort_values(
            ["attack", "models"], key=lambda c: c.map(order) if c.name == "attack" else c, ignore_index=True
        )

    @property
    def leader(self) -> str | None:
        """The attack that audits with reference models report, if it was run."""
        return next((name for name, info in self.attacks.items() if info.leads), None)

    @property
    def metric(self) -> str:
        """What attacks are compared by: the TPR at 1 % FPR; the AUC if non-members are too few for it."""
        return TPR if self.rows[TPR].notna().any() else "auc"

    def means(self) -> pd.DataFrame:
        """Return the means of `metric`: ``attack, models, value, low, high``."""
        rows = self.summary[(self.summary["metric"] == self.metric) & self.summary["value"].notna()]
        return rows[["attack", "models", "value", "low", "high"]].reset_index(drop=True)

    def differences(self) -> pd.DataFrame:
        """Return by how much `leader` is above the best other attack, for each number of models.

        The best other attack has the largest mean with the same number of models or with none but the shadow
        model. It is chosen by the figures that it is compared with, which favours it. Differences are
        paired: within each target.

        Returns
        -------
        DataFrame
            ``models, attack, other, difference, standard_error, low, high, runs, unit``; the interval is
            Student's *t* over targets, nan with fewer than two; with three seeds or more over the seeds.
        """
        columns = ["models", "attack", "other", "difference", "standard_error", "low", "high", "runs", "unit"]
        means, leader = self.means(), self.leader
        made = []
        for models in sorted(means.loc[means["attack"] == leader, "models"]):
            rivals = means[(means["attack"] != leader) & means["models"].isin((0, 1, models))]
            if len(rivals):
                best = largest(rivals)
                pairs = self._values(str(leader), models) - self._values(best["attack"], best["models"])
                made.append({"models": models, "attack": leader, "other": best["attack"], **_paired(pairs)})
        return pd.DataFrame(made, columns=columns)

    def models_needed(self, value: float) -> tuple[str, int] | None:
        """Return the attack but `leader` that reaches a mean with the fewest models, and how many."""
        means = self.means()
        rows = means[(means["attack"] != self.leader) & (means["value"] >= value)]
        if rows.empty:
            return None
        first = rows.sort_values(["models", "value"], ascending=[True, False]).iloc[0]
        return str(first["attack"]), int(first["models"])

    def _values(self, attack: str, models: int) -> pd.Series[float]:
        rows = self.rows[(self.rows["attack"] == attack) & (self.rows["models"] == models)]
        return rows.set_index(["seed", "target"])[self.metric]

    def _runs(self) -> pd.Series[str]:
        return self.rows["seed"].astype(str) + " " + self.rows["target"].astype(str)


def largest(means: pd.DataFrame) -> Mapping[str, Any]:
    """Return the row with the largest value of `AttackComparison.means`."""
    best: Any = means.iloc[int(means["value"].argmax())]
    row: Mapping[str, Any] = best.to_dict()
    return row


def _paired(differences: pd.Series[float]) -> dict[str, Any]:
    values = differences.dropna()
    by_seed = values.groupby(level="seed").mean()
    unit = "seeds" if len(by_seed) >= ENOUGH else "targets"
    values = by_seed if unit == "seeds" else values
    n, mean, spread = len(values), float(values.mean()), float(values.std(ddof=1))
    half = float(t_half_width(spread, n)) if n > 1 else math.nan
    return {
        "difference": mean,
        "standard_error": spread / math.sqrt(n) if n else math.nan,
        "low": mean - half,
        "high": mean + half,
        "runs": n,
        "unit": unit,
    }


def to_document(result: AttackComparison) -> dict[str, Any]:
    """Return a result as JSON values, with a checksum; nan becomes null."""
    rows = result.rows.round(6).astype(object)
    columns = {str(name): list(rows[name].where(rows[name].notna(), None)) for name in rows}
    document = {
        "schema": SCHEMA,
        "name": result.name,
        "facts": dict(result.facts),
        "attacks": {name: asdict(info) for name, info in result.attacks.items()},
        "skipped": dict(result.skipped),
        "notes": list(result.notes),
        "rows": columns,
    }
    plain: dict[str, Any] = json.loads(json.dumps(document))
    return plain | {"sha256": checksum(plain)}


def from_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an `AttackComparison` from what `to_document` returned."""
    rows = pd.DataFrame(document["rows"])
    figures = [name for name in document["rows"] if name.startswith(METRICS)]
    rows = rows.astype(dict.fromkeys(figures, float))
    attacks = {
        name: AttackInfo(**{**info, "needs": tuple(info["needs"])})
        for name, info in document["attacks"].items()
    }
    return {
        "name": document["name"],
        "rows": rows,
        "attacks": attacks,
        "facts": document["facts"],
        "skipped": document["skipped"],
        "notes": tuple(document["notes"]),
    }


def load_attack_comparison(folder: Path) -> dict[str, Any]:
    """Return the arguments of the `AttackComparison` that is stored in a folder.

    Raises
    ------
    DataUnavailable
        There is none.
    CorruptRun
        Its file is damaged or of another schema version.
    """
    path = folder / RESULT
    if not path.is_file():
        raise DataUnavailable(
            f"no {RESULT} in {folder}",
            expected="the folder of a comparison of attacks",
            fix="Pass the folder that `mlleaks bench` printed.",
        )
    try:
        document = json.loads(path.read_text())
        if document["schema"] != SCHEMA or document["sha256"] != checksum(document):
            raise ValueError("its schema version or its checksum differs")
        return from_document(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptRun(
            f"a comparison of attacks at {folder} that cannot be read ({type(error).__name__}: {error})",
            expected=f"{RESULT} as this version writes it",
            fix="Run the same `mlleaks bench` again: finished work is kept.",
        ) from error
