"""What a comparison of defenses returns: the figures, a recommendation in words, a page."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined
from scipy.stats import t

from mlleaks.errors import RunExists
from mlleaks.intervals import LEVEL
from mlleaks.report.advice import ENOUGH, advise
from mlleaks.report.numbers import number
from mlleaks.report.page import chart_library, resource
from mlleaks.report.tables import to_csv
from mlleaks.report.tradeoff import tradeoff_chart
from mlleaks.scratch import write_text, writing
from mlleaks.summary import summarised

NONE, ADAPTIVE, UNAWARE = "none", "adaptive", "unaware"
EITHER = "either"
"""An attack that learns nothing is the same whether its adversary knows of the defense or not."""
AUC, TPR = "auc", "tpr@1%fpr"


@dataclass(frozen=True)
class Comparison:
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
        """Means over seeds, with 95 % intervals: Student's *t* from three seeds on, else the runs' own."""
        return summarised(self.tidy)

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

        Differences within each seed, whose splits are the same for all: ``gain`` of the largest AUC,
        ``rate`` of the largest TPR at 1 % FPR, ``cost`` of test accuracy. ``gain_low`` is the lower end of a
        one-sided Student's *t* interval over seeds that holds for all defenses together (Bonferroni,
        95 %), ``cost_low`` and ``cost_high`` are the ends of a two-sided one for each; nan with fewer
        than three seeds.
        """
        largest = [self._by_seed(metric) for metric in (AUC, TPR)]
        leak, rate, right = *largest, self._by_seed("test_accuracy")
        others = leak.index.drop(NONE)
        gain, less, cost = (_differences(table, others) for table in (leak, rate, right))
        one_sided = 1 - (1 - LEVEL) / max(1, len(others))
        half = _half_width(cost, (1 + LEVEL) / 2)
        return pd.DataFrame(
            {
                "gain": gain.mean(axis=1),
                "gain_low": gain.mean(axis=1) - _half_width(gain, one_sided),
                "rate": less.mean(axis=1),
                "cost": cost.mean(axis=1),
                "cost_low": cost.mean(axis=1) - half,
                "cost_high": cost.mean(axis=1) + half,
            }
        )

    def _by_seed(self, metric: str) -> pd.DataFrame:
        """Return the largest value that any row of a metric has, of each defense and seed."""
        rows = self.tidy[self.tidy["metric"] == metric]
        return rows.groupby(["defense", "seed"], sort=False)["value"].max().unstack("seed")

    @property
    def recommendation(self) -> list[str]:
        """What to do, in sentences; the first is the advice."""
        return advise(self)

    def aware_gain(self, defense: Any) -> float:
        """Return the largest AUC of attackers who know of a defense, minus that of those who do not."""
        known = self.summary[(self.summary["defense"] == defense) & (self.summary["metric"] == AUC)]
        attacks = known[known["attack"] != "target"]
        aware, unaware = (
            attacks.loc[attacks["adversary"].isin((kind, EITHER)), "value"].max()
            for kind in (ADAPTIVE, UNAWARE)
        )
        return float(aware - unaware)

    def _of(self, attack: str, metric: str) -> pd.DataFrame:
        rows = self.summary[(self.summary["attack"] == attack) & (self.summary["metric"] == metric)]
        return rows.set_index("defense")[["value", "low", "high"]]

    def chart(self) -> Any:
        """Return test accuracy against the strongest attack, with intervals and the Pareto front."""
        return tradeoff_chart(self.to_frame())

    def to_html(self) -> str:
        """Return a page that needs no network."""
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        spec = json.dumps(self.chart().to_dict()).replace("<", "\\u003c")
        return environment.from_string(resource("comparison.html")).render(
            found=self,
            table=self.to_frame().to_dict("records"),
            attacks=self.attacks().to_dict("records"),
            cell=estimate,
            number=number,
            chart=spec,
            style=resource("page.css"),
            script=chart_library(),
        )

    def save(self, folder: Path | str, *, overwrite: bool = False) -> Path:
        """Write ``comparison.json``, ``.csv`` and ``.html``, each whole or not at all; return the folder.

        Raises
        ------
        RunExists
            A comparison of other data or defenses is there, and ``overwrite`` is false.
        InputError
            The folder cannot be written, or its disk is full.
        """
        place = Path(folder)
        refuse_other(place, self.facts, overwrite=overwrite)
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
        document = {"name": self.name, "facts": dict(self.facts), "recommendation": self.recommendation}
        write_text(place / "comparison.csv", to_csv(self.tidy.round(6)))
        write_text(place / "comparison.html", self.to_html())
        write_text(place / "comparison.json", json.dumps(document, indent=1) + "\n")
        return place


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


def _differences(table: Any, others: Any) -> Any:
    """Return what is taken away from each seed's value without a defense."""
    table = table.reindex([NONE, *others])
    return table.loc[NONE] - table.loc[others]


def _half_width(differences: pd.DataFrame, quantile: float) -> Any:
    """Return half the width of a Student's *t* interval of each row's mean; nan with too few seeds."""
    n = differences.shape[1]
    if n < ENOUGH:
        return math.nan
    return differences.std(axis=1, ddof=1) / math.sqrt(n) * t.ppf(quantile, n - 1)


def estimate(row: Mapping[str, Any], name: str) -> str:
    """Return a value with its interval, or a dash where there is none."""
    if math.isnan(row[name]):
        return "\u2013"
    return f"{number(row[name])} ({number(row[f'{name}_low'])}\u2013{number(row[f'{name}_high'])})"
