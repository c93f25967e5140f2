"""What a comparison of defenses returns: the figures, a recommendation in words, a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from mlleaks.errors import RunExists
from mlleaks.stats.aggregation import SAME, summarize
from mlleaks.stats.intervals import LEVEL

NONE, ADAPTIVE, UNAWARE = "none", "adaptive", "unaware"
EITHER = "either"
"""An attack that learns nothing is the same whether its adversary knows of the defense or not."""
AUC, TPR = "auc", "tpr@1%fpr"
ENOUGH = 3
"""Seeds without which nothing is recommended."""


@dataclass(frozen=True)
class ComparisonResult:
    """Defenses side by side.

    Parameters
    ----------
    name : str
    tidy : DataFrame
        ``seed, defense, adversary, attack, metric, value, low, high``, a row a measurement; the target's
        own accuracies have the attack ``target``.
    facts : mapping of str to str
        What was compared, and with what.
    notes : tuple of str
        What to know before trusting the figures.
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
        """Return one row a defense: test accuracy, and the strongest attack's AUC and TPR at 1 % FPR.

        The strongest attack is that with the largest mean over seeds, adaptive or unaware: the defender
        cannot choose who comes. Its interval does not know that it was chosen.
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
        """Return one row a defense, adversary and attack: precision, recall, AUC, TPR at 1 % FPR."""
        known = self.summary[self.summary["attack"] != "target"]
        wide = known.pivot_table(
            index=["defense", "adversary", "attack"], columns="metric", values="value", sort=False
        )
        known_metrics = ["precision", "recall", AUC, TPR]
        return wide.reindex(columns=known_metrics).reset_index().rename_axis(columns=None)

    def strongest(self, defense: str, metric: str = AUC) -> Mapping[str, Any]:
        """Return the row of ``summary`` with the largest value of a metric that any attack has."""
        known = self.summary[(self.summary["defense"] == defense) & (self.summary["metric"] == metric)]
        rows: Any = known[known["attack"] != "target"]
        best = rows["value"].fillna(-1).idxmax()  # too few non-members for this FPR: no value anywhere
        found: Mapping[str, Any] = rows.loc[best].to_dict()
        return found

    def gains(self) -> pd.DataFrame:
        """Return one row a defense: what it takes from the strongest attack, and what it costs.

        Means of differences within each seed, whose splits are the same for all:

        - ``gain``: by how much the largest AUC of any attacker falls,
        - ``auc_rise``, ``tpr_rise``: by how much the largest AUC and TPR at 1 % FPR rise, of every attack
          one version only, the aware one where there are two. Without a defense there are no more, and
          the largest of more would be larger by chance,
        - ``lag``: by how much the largest AUC of attackers who do not know of the defense is below that
          of those who do,
        - ``cost`` of test accuracy.

        ``_low`` and ``_high`` are the ends of Student's *t* intervals over seeds: for ``cost`` a two-sided
        one for each defense, else one-sided ones that hold for all defenses together (Bonferroni); all
        95 %. They are nan with fewer than three seeds, or where all seeds agree: then there is no spread
        to judge by.
        """
        once = _one_version(self.tidy)
        auc, accuracy = _largest(self.tidy, AUC), _largest(self.tidy, "test_accuracy")
        aware, unaware = (
            _largest(self.tidy[self.tidy["adversary"].isin((kind, EITHER))], AUC)
            for kind in (ADAPTIVE, UNAWARE)
        )
        others = auc.index.drop(NONE)
        together, each = 1 - (1 - LEVEL) / max(1, len(others)), (1 + LEVEL) / 2
        differences = {
            "gain": (_fall(auc, others), together),
            "auc_rise": (-_fall(_largest(once, AUC), others), together),
            "tpr_rise": (-_fall(_largest(once, TPR), others), together),
            "lag": (aware.reindex(others) - unaware.reindex(others), together),
            "cost": (_fall(accuracy, others), each),
        }
        columns: dict[str, Any] = {}
        for name, (table, quantile) in differences.items():
            mean, half = table.mean(axis=1), _half_width(table, quantile)
            columns |= {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}
        return pd.DataFrame(columns)

    def _of(self, attack: str, metric: str) -> pd.DataFrame:
        rows = self.summary[(self.summary["attack"] == attack) & (self.summary["metric"] == metric)]
        return rows.set_index("defense")[["value", "low", "high"]]


def refuse_other(folder: Path, facts: Mapping[str, str], *, overwrite: bool = False) -> None:
    """Raise `RunExists` if a comparison with other facts is in ``folder``."""
    try:
        there = json.loads((folder / "comparison.json").read_text())["facts"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    other = [key for key in {**there, **facts} if there.get(key) != facts.get(key)]
    if other and not overwrite:
        raise RunExists(
            f"another comparison in {folder} (other: {', '.join(other)})",
            expected="the same settings, or a folder of its own",
            fix="Choose another folder, or pass overwrite=True (command line: --overwrite).",
        )


def _ends(name: str, row: Any) -> dict[str, float]:
    return {name: row["value"], f"{name}_low": row["low"], f"{name}_high": row["high"]}


def _one_version(tidy: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without those of unaware attackers of whom there is an aware version, too."""
    last = tidy.sort_values("adversary", key=lambda names: names == UNAWARE, kind="stable")
    return last.drop_duplicates(["seed", "defense", "attack", "metric"])


def _largest(rows: pd.DataFrame, metric: str) -> Any:
    """Return the largest value of a metric in these rows, of each defense (rows) and seed (columns)."""
    values = rows[rows["metric"] == metric].groupby(["defense", "seed"], sort=False)["value"]
    return values.max().unstack("seed")


def _fall(table: Any, others: Any) -> Any:
    """Return by how much each defense's values are below those of the same seed without a defense."""
    table = table.reindex([NONE, *others])
    return table.loc[NONE] - table.loc[others]


def _half_width(differences: pd.DataFrame, quantile: float) -> Any:
    """Return half the width of a Student's *t* interval of each row's mean; nan if nothing shows it."""
    n, spread = differences.count(axis=1), differences.std(axis=1, ddof=1)
    half = spread / np.sqrt(n) * t.ppf(quantile, n - 1)
    return half.where((n >= ENOUGH) & (spread > SAME))
