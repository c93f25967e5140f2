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

from mlleaks.errors import RunExists
from mlleaks.report.page import chart_library, resource
from mlleaks.report.tradeoff import tradeoff_chart
from mlleaks.scratch import write_text
from mlleaks.summary import summarised

NONE, ADAPTIVE, UNAWARE = "none", "adaptive", "unaware"
AUC, TPR = "auc", "tpr@1%fpr"
CHEAP = 0.02
"""Test accuracy that a recommended defense may cost."""
WORTH = 0.02
"""What it has to take from the strongest attack's AUC."""
LEAKS = 0.55
"""AUC of the strongest attack below which there is little to defend."""


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
    """

    name: str
    tidy: pd.DataFrame
    facts: Mapping[str, str]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Means over seeds, with 95 % intervals: Student's *t* from three seeds on, else the runs' own."""
        return summarised(self.tidy)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a defense: test accuracy, and the strongest attack's AUC and TPR at 1 % FPR.

        The strongest attack is that with the largest mean over seeds, adaptive or unaware: the defender
        cannot choose who comes.
        """
        accuracy = self._of("target", "test_accuracy")
        rows = []
        for defense in dict.fromkeys(self.tidy["defense"]):
            row: dict[str, Any] = {"defense": defense}
            row |= _ends("test_accuracy", accuracy.loc[defense])
            for metric in (AUC, TPR):
                best = self.strongest(defense, metric)
                row |= _ends(metric, best) | {f"{metric} of": f"{best['attack']}, {best['adversary']}"}
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

    @property
    def recommendation(self) -> list[str]:
        """What to do, in sentences; the first is the advice."""
        table = self.to_frame().set_index("defense")
        before = table.loc[NONE]
        leak = f"the strongest attack has an AUC of {before[AUC]:.3f} ({before['auc of']})"
        others = table.drop(index=NONE)
        if before[AUC] < LEAKS:
            return [f"Nothing to defend against was found: without a defense {leak}."]
        others = others.assign(
            cost=before["test_accuracy"] - others["test_accuracy"], gain=before[AUC] - others[AUC]
        )
        fit = others[(others["cost"] <= CHEAP) & (others["gain"] >= WORTH)]
        told = [f"Without a defense {leak}, at a test accuracy of {before['test_accuracy']:.3f}."]
        if fit.empty:
            advice = (
                f"No defense tried here takes {WORTH:.2f} or more from the strongest attack's AUC for "
                f"{CHEAP:.2f} or less of test accuracy."
            )
        else:
            best = fit.sort_values(AUC).iloc[0]
            advice = f"Use {best.name}."
            told.append(f"With {best.name} {_trade(before, best)}.")
        strongest = others.sort_values(AUC).iloc[0]
        if strongest["gain"] >= WORTH and (fit.empty or strongest.name != fit.sort_values(AUC).index[0]):
            told.append(f"The strongest protection is {strongest.name}: {_trade(before, strongest)}.")
        fooled = [name for name in others.index if self._looks_better(name)]
        if fooled:
            told.append(
                f"Judged only by attackers who do not know of it, {', '.join(fooled)} would look better than "
                "it is: by 0.05 of AUC or more."
            )
        worse = [str(name) for name in others.index[others["gain"] < -WORTH]]
        if worse:
            told.append(f"The strongest attack does better with {', '.join(worse)} than without.")
        return [advice, *told]

    def _looks_better(self, defense: str) -> bool:
        """Return whether adaptive attackers rank records better than unaware ones by 0.05."""
        known = self.summary[(self.summary["defense"] == defense) & (self.summary["metric"] == AUC)]
        best = known[known["attack"] != "target"].groupby("adversary")["value"].max()
        return bool(best.get(ADAPTIVE, math.nan) - best.get(UNAWARE, math.nan) >= 0.05)

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
            cell=_cell,
            number=_number,
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
        """
        place = Path(folder)
        refuse_other(place, self.facts, overwrite=overwrite)
        place.mkdir(parents=True, exist_ok=True)
        document = {"name": self.name, "facts": dict(self.facts), "recommendation": self.recommendation}
        write_text(place / "comparison.csv", self.tidy.round(6).to_csv(index=False))
        write_text(place / "comparison.html", self.to_html())
        write_text(place / "comparison.json", json.dumps(document, indent=1) + "\n")
        return place


def refuse_other(folder: Path, facts: Mapping[str, str], *, overwrite: bool = False) -> None:
    """Raise `RunExists` if a comparison with other facts is in ``folder``."""
    try:
        there = json.loads((folder / "comparison.json").read_text())["facts"]
    except (OSError, ValueError, KeyError):
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


def _trade(before: Any, after: Any) -> str:
    cost = before["test_accuracy"] - after["test_accuracy"]
    price = f"costs {100 * cost:.1f} points of test accuracy" if cost > 0 else "costs no test accuracy"
    return (
        f"the strongest attack falls from an AUC of {before[AUC]:.3f} to {after[AUC]:.3f} (TPR at 1 % FPR "
        f"from {before[TPR]:.3f} to {after[TPR]:.3f}), and it {price} ({before['test_accuracy']:.3f} to "
        f"{after['test_accuracy']:.3f})"
    )


def _cell(row: Mapping[str, Any], name: str) -> str:
    return f"{_number(row[name])} ({_number(row[f'{name}_low'])}\u2013{_number(row[f'{name}_high'])})"


def _number(value: float) -> str:
    return "\u2013" if math.isnan(value) else f"{value:.3f}"
