"""The page of a comparison of defenses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mlleaks.report import html
from mlleaks.report.attack_names import registered
from mlleaks.report.comparison.charts import tradeoff_chart
from mlleaks.results import recommendation
from mlleaks.results.comparison import ENOUGH, ComparisonResult
from mlleaks.stats.rounding import number

_ADVERSARIES = {"adaptive": "knows the defense", "unaware": "does not know it", "either": "need not know it"}


def render(result: ComparisonResult) -> str:
    """Return the page of a comparison; it loads nothing from any network."""
    context = {
        "result": result,
        "recommendation": recommendation.advise(result, registered),
        "rules": recommendation,
        "enough": ENOUGH,
        "table": result.to_frame().to_dict("records"),
        "effects": result.gains().rename_axis("defense").reset_index().to_dict("records"),
        "seeds": result.tidy["seed"].nunique(),
        "needed": recommendation.seeds_needed(result),
        "attacks": result.attacks().to_dict("records"),
        "adversaries": _ADVERSARIES,
        "attacker": registered,
        "estimate": estimate,
    }
    return html.render("comparison.html", context, {"tradeoff": tradeoff_chart(result.to_frame()).to_dict()})


def estimate(row: Mapping[str, Any], name: str) -> str:
    """Return a value with its interval, as far as there is one, or a dash.

    Examples
    --------
    >>> estimate({"gain": 0.1, "gain_low": -0.02, "gain_high": 0.22}, "gain")
    '0.100 (-0.020 to 0.220)'
    """
    if math.isnan(row[name]):
        return "\u2013"
    if math.isnan(row[f"{name}_low"]):
        return number(row[name])
    if row[f"{name}_low"] < 0:  # a dash would look like another minus
        return f"{number(row[name])} ({number(row[f'{name}_low'])} to {number(row[f'{name}_high'])})"
    return f"{number(row[name])} ({number(row[f'{name}_low'])}\u2013{number(row[f'{name}_high'])})"
