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
from mlleaks.results.defense_effects import (
    ADAPTIVE,
    AUC,
    EITHER,
    NONE,
    TPR,
    UNAWARE,
    Effect,
    as_table,
    effects_of,
)
from mlleaks.stats.aggregation import summarize
from mlleaks.stats.over_seeds import ENOUGH

__all__ = [
    "ADAPTIVE",
    "AUC",
    "EITHER",
    "ENOUGH",
    "NONE",
    "TPR",
    "UNAWARE",
    "ComparisonResult",
    "refuse_other",
]


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
        """Means over seeds, with 95 % intervals: see `summarize`."""
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

    @cached_property
    def effects(self) -> dict[str, dict[str, Effect]]:
        """The paired differences of each defense, which `gains` lists."""
        return effects_of(self.tidy)

    def gains(self) -> pd.DataFrame:
        """Return one row per defense: by how much it weakens the strongest attack, and what it costs.

        Means of differences within each seed, which has the same split for all defenses:

        - ``gain``, ``tpr_gain``: by how much the largest AUC and TPR at 1 % FPR of any attacker fall,
        - ``auc_rise``, ``tpr_rise``: by how much they rise. Of each attack only one version counts, the
          adaptive one if there are two: without a defense there is only one, and the largest of more values
          is larger by chance,
        - ``lag``: by how much the largest AUC of attackers who do not know of the defense is below that
          of those who do,
        - ``cost`` of test accuracy.

        ``_low`` and ``_high`` are the ends of their intervals (see `mlleaks.stats.over_seeds`). Those of AUC
        and TPR hold at 95 % for all defenses and both figures together, those of ``lag`` and ``cost`` for all
        defenses together. They are nan with fewer than three seeds.

        ``auc``, ``tpr@1%fpr`` and, for both together, ``leak`` are "better", "worse" or "inconclusive"
        against no defense, by these intervals.
        """
        return as_table(self.effects)

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
