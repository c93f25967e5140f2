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
        "seeds": result.tidy["seed"].nunique(),
        "needed": recommendation.seeds_needed(result),
        "attacks": result.attacks().to_dict("records"),
        "adversaries": _ADVERSARIES,
        "attacker": registered,
        "estimate": estimate,
    }
    return html.render("comparison.html", context, {"tradeoff": tradeoff_chart(result.to_frame()).to_dict()})


def estimate(row: Mapping[str, Any], name: str) -> str:
    """Return a value with its interval, or a dash where there is none."""
    if math.isnan(row[name]):
        return "\u2013"
    return f"{number(row[name])} ({number(row[f'{name}_low'])}\u2013{number(row[f'{name}_high'])})"
