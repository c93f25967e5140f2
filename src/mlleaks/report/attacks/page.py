"""The page of a comparison of attacks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mlleaks.report import html
from mlleaks.report.attacks import text
from mlleaks.report.attacks.charts import cost_chart, power_chart
from mlleaks.results.attack_comparison import TPR, AttackComparison
from mlleaks.stats.rounding import number

COLUMNS = {
    "auc": "AUC",
    TPR: "TPR at 1 % FPR",
    "tpr@0.1%fpr": "TPR at 0.1 % FPR",
    "fpr": "FPR at its threshold",
}


def render(result: AttackComparison) -> str:
    """Return the page of a comparison; it loads nothing from any network."""
    table = result.to_frame()
    context = {
        "result": result,
        "headline": text.headline(result),
        "sentences": text.sentences(result),
        "table": table.to_dict("records"),
        "columns": COLUMNS,
        "differences": result.differences().to_dict("records"),
        "metric": COLUMNS[result.metric],
        "runs": int(table["runs"].max()),
        "seeds": result.rows["seed"].nunique(),
        "attack_title": lambda name: text.attack_title(result, name),
        "models_text": text.models_text,
        "estimate": estimate,
    }
    charts = {"power": power_chart(result).to_dict(), "cost": cost_chart(result).to_dict()}
    return html.render("attacks.html", context, charts)


def estimate(row: Mapping[str, Any], name: str) -> str:
    """Return a value with its interval, or a dash where there is none."""
    if math.isnan(row[name]):
        return "–"
    return f"{number(row[name])} ({number(row[f'{name}_low'])}–{number(row[f'{name}_high'])})"
