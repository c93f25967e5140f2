"""What a comparison of defenses measures: figures, means over seeds, paired differences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mlleaks.errors import RunExists
from mlleaks.stats.aggregation import SAME, summarize
from mlleaks.stats.intervals import LEVEL, t_half_width
from mlleaks.stats.sample_size import runs_needed

NONE, ADAPTIVE, UNAWARE = "none", "adaptive", "unaware"
EITHER = "either"
"""An attack that learns nothing is the same whether its adversary knows the defense or not."""
AUC, TPR = "auc", "tpr@1%fpr"
ENOUGH = 3
"""The smallest number of seeds for intervals and recommendations."""


@dataclass(frozen=True)
class ComparisonResult:
    """Defenses side by side.

    Parameters
    ----------
    name : str
    tidy : DataFrame
        ``seed, defense, adversary, attack, metric, value, low, high``, one row per measurement; the
        target's own accuracies have the attack ``target``.
    facts : mapping of str to str
        What was compared, and with what.
    notes : tuple of str
        What to know before relying on the figures.
    masks : tuple of str
        The defenses that protect by changing answers.
    """

    name: str
    tidy: pd.DataFrame
    facts: Mapping[str, str]
    notes: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Means over seeds, with 95 % intervals: Student's *t* or the runs' own (`summarize`)."""
        return summarize(self.tidy)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per defense: test accuracy, and the strongest attack's AUC and TPR at 1 % FPR.

        The strongest attack is that with the largest mean over seeds, adaptive or unaware: the defender does
        not know who will attack. Its interval does not allow for this choice.
        """
        accuracy = self._of("target", "test_accuracy")
        rows = []
        for defense in dict.fromkeys(self.tidy["defense"]):
            row: dict[str, Any] = {"defense": defense}
            row |= _ends("test_accuracy", accuracy.loc[defense])
            for metric in (AUC, TPR):
                best = self.strongest(defense, metric)
                who = "" if best["adversary"] == EITHER or defense == NONE else f", {best['adversary']}"
                row |= _ends(metric, best) | {f"{metric} of": f"{best['attack']}{who}"}
            rows.append(row)
        return pd.DataFrame(rows)

    def attacks(self) -> pd.DataFrame:
        """Return one row per defense, adversary and attack: precision, recall, AUC, TPR at 1 % FPR."""
        rows = self.summary[self.summary["attack"] != "target"]
        wide = rows.pivot_table(
            index=["defense", "adversary", "attack"], columns="metric", values="value", sort=False
        )
        return wide.reindex(columns=["precision", "recall", AUC, TPR]).reset_index().rename_axis(columns=None)

    def strongest(self, defense: str, metric: str = AUC) -> Mapping[str, Any]:
        """Return the row of ``summary`` with the largest value of a metric that any attack has."""
        rows: Any = self.summary[(self.summary["defense"] == defense) & (self.summary["metric"] == metric)]
        rows = rows[rows["attack"] != "target"]
        best = rows["value"].fillna(-1).idxmax()  # too few non-members for this FPR: no value anywhere
        row: Mapping[str, Any] = rows.loc[best].to_dict()
        return row

    def gains(self) -> pd.DataFrame:
        """Return one row per defense: by how much it weakens the strongest attack, and what it costs.

        Means of differences within each seed, which has the same split for all defenses:

        - ``gain``: by how much the largest AUC of any attacker falls,
        - ``auc_rise``, ``tpr_rise``: by how much the largest AUC and TPR at 1 % FPR rise. Of
          each attack only one version counts, the adaptive one if there are two: without a defense there is
          only one, and the largest of more values is larger by chance,
        - ``lag``: by how much the largest AUC of attackers who do not know of the defense is below that
          of those who do,
        - ``cost`` of test accuracy.

        ``_low`` and ``_high`` are the ends of Student's *t* intervals over seeds: for ``cost`` a two-sided
        one for each defense, else one-sided ones that hold for all defenses together (Bonferroni); all
        95 %. They are nan with fewer than three seeds, or if all seeds agree: then there is no spread
        to compute them from.
        """
        columns: dict[str, Any] = {}
        for name, (table, quantile) in self._differences().items():
            mean, half = table.mean(axis=1), _half_width(table, quantile)
            columns |= {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}
        return pd.DataFrame(columns)

    def seeds_needed(self, half_widths: Mapping[str, float]) -> dict[str, int]:
        """Return for each defense how many seeds would make its intervals in `gains` narrow enough.

        Parameters
        ----------
        half_widths : mapping of str to float
            The largest half-width by the name of a difference: ``gain``, ``cost`` and so on.

        Returns
        -------
        dict of str to int
            `ENOUGH` or more, if further seeds differ as much as these. Without defenses of a single seed.
        """
        differences = self._differences()
        needed: dict[str, int] = {}
        for name, half_width in half_widths.items():
            table, quantile = differences[name]
            for defense, spread in table.std(axis=1, ddof=1).dropna().items():
                runs = runs_needed(float(spread), half_width, quantile, least=ENOUGH)
                needed[str(defense)] = max(runs, needed.get(str(defense), 0))
        return needed

    def _differences(self) -> dict[str, tuple[pd.DataFrame, float]]:
        """Return each difference by defense (rows) and seed (columns), and its quantile of Student's *t*."""
        once = _one_version(self.tidy)
        auc, accuracy = _largest(self.tidy, AUC), _largest(self.tidy, "test_accuracy")
        adaptive, unaware = (
            _largest(self.tidy[self.tidy["adversary"].isin((kind, EITHER))], AUC)
            for kind in (ADAPTIVE, UNAWARE)
        )
        defenses = auc.index.drop(NONE)
        jointly, each = 1 - (1 - LEVEL) / max(1, len(defenses)), (1 + LEVEL) / 2
        return {
            "gain": (_fall(auc, defenses), jointly),
            "auc_rise": (-_fall(_largest(once, AUC), defenses), jointly),
            "tpr_rise": (-_fall(_largest(once, TPR), defenses), jointly),
            "lag": (adaptive.reindex(defenses) - unaware.reindex(defenses), jointly),
            "cost": (_fall(accuracy, defenses), each),
        }

    def _of(self, attack: str, metric: str) -> pd.DataFrame:
        rows = self.summary[(self.summary["attack"] == attack) & (self.summary["metric"] == metric)]
        return rows.set_index("defense")[["value", "low", "high"]]


def refuse_other(
    folder: Path, facts: Mapping[str, str], *, overwrite: bool = False, file: str = "comparison.json"
) -> None:
    """Raise `RunExists` if a comparison with other facts is in ``folder``, in its ``file``."""
    try:
        stored = json.loads((folder / file).read_text())["facts"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    other = [key for key in {**stored, **facts} if stored.get(key) != facts.get(key)]
    if other and not overwrite:
        raise RunExists(
            f"another comparison in {folder} (other: {', '.join(other)})",
            expected="the same settings, or a folder of its own",
            fix="Choose another folder, or pass overwrite=True (command line: --overwrite).",
        )


def _ends(name: str, row: Any) -> dict[str, float]:
    return {name: row["value"], f"{name}_low": row["low"], f"{name}_high": row["high"]}


def _one_version(tidy: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without those of unaware attacks that have an adaptive version, too."""
    last = tidy.sort_values("adversary", key=lambda names: names == UNAWARE, kind="stable")
    return last.drop_duplicates(["seed", "defense", "attack", "metric"])


def _largest(rows: pd.DataFrame, metric: str) -> Any:
    """Return the largest value of a metric in these rows, of each defense (rows) and seed (columns)."""
    values = rows[rows["metric"] == metric].groupby(["defense", "seed"], sort=False)["value"]
    return values.max().unstack("seed")


def _fall(table: Any, defenses: Any) -> Any:
    """Return by how much each defense's values are below those of the same seed without a defense."""
    table = table.reindex([NONE, *defenses])
    return table.loc[NONE] - table.loc[defenses]


def _half_width(differences: pd.DataFrame, quantile: float) -> Any:
    """Return half the width of a Student's *t* interval of each row's mean; nan if it cannot be computed."""
    n, spread = differences.count(axis=1), differences.std(axis=1, ddof=1)
    half = t_half_width(spread, n, quantile)
    return half.where((n >= ENOUGH) & (spread > SAME))
