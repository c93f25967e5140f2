"""The page that lays defenses side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined

from mlleaks.report.chart_library import chart_library
from mlleaks.report.comparison.charts import tradeoff_chart
from mlleaks.report.html import resource
from mlleaks.results.comparison import ComparisonResult
from mlleaks.results.recommendation import advise
from mlleaks.stats.rounding import number


def render(found: ComparisonResult) -> str:
    """Return the page of a comparison; it needs no network."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    spec = json.dumps(tradeoff_chart(found.to_frame()).to_dict()).replace("<", "\\u003c")
    return environment.from_string(resource("comparison.html")).render(
        found=found,
        recommendation=advise(found),
        table=found.to_frame().to_dict("records"),
        attacks=found.attacks().to_dict("records"),
        cell=estimate,
        number=number,
        chart=spec,
        style=resource("page.css"),
        script=chart_library(),
    )


def estimate(row: Mapping[str, Any], name: str) -> str:
    """Return a value with its interval, or a dash where there is none."""
    if math.isnan(row[name]):
        return "\u2013"
    return f"{number(row[name])} ({number(row[f'{name}_low'])}\u2013{number(row[f'{name}_high'])})"
