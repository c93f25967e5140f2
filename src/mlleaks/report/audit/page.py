"""The self-contained page: verdict, attacks, curves, records, and what the numbers mean."""

from __future__ import annotations

import json
import math
from typing import Any

from jinja2 import Environment, StrictUndefined

from mlleaks.report.audit import charts, tables, text
from mlleaks.report.chart_library import chart_library
from mlleaks.report.html import resource
from mlleaks.results import decision
from mlleaks.results.audit import AuditResult
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import false_alarms_allowed
from mlleaks.stats.rounding import number

COLUMNS = {
    "auc": "AUC",
    "tpr@10%fpr": "TPR at 10\u00a0%\u00a0FPR",
    "tpr@1%fpr": "TPR at 1\u00a0%\u00a0FPR",
    "tpr@0.1%fpr": "TPR at 0.1\u00a0%\u00a0FPR",
    "precision": "precision",
    "recall": "recall",
    "fpr": "FPR",
    "advantage": "advantage",
    "accuracy": "accuracy",
}


def render(result: AuditResult) -> str:
    """Return the page of a result as HTML; it asks nothing of any network."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {"number": number, "percent": text.percent, "bounds": bounds}
    template = environment.from_string(resource("page.html"))
    best = decision.best(result)
    ranked, sharpest = tables.ranking_verdict(result, best), decision.sharpest(result)
    return template.render(
        result=result,
        best=best,
        leaks=decision.leaks(result),
        headline=text.headline(result),
        severity=decision.severity(result),
        sentences=[_unbroken(sentence) for sentence in text.sentences(result)],
        ranked=ranked,
        warnings=[_unbroken(warning) for warning in text.warnings(result)],
        columns=COLUMNS,
        methods=_methods(result),
        exposed=tables.most_exposed(result, ranked),
        above_all=tables.above_all_others(result, ranked),
        above_all_by_luck=result.n_members / (result.n_nonmembers + 1),
        luck_at_1=(false_alarms_allowed(result.n_nonmembers, 0.01) + 1) / (result.n_nonmembers + 1),
        sharpest=sharpest,
        classes=tables.class_rows(result, sharpest),
        style=resource("page.css"),
        charts=_specs(result),
        script=chart_library(),
    )


def bounds(e: Estimate) -> str:
    """Return an interval for a table.

    Examples
    --------
    >>> bounds(Estimate(0.5, 0.4, 0.6, "exact"))
    '0.400 – 0.600'
    """
    return "" if math.isnan(e.low) else f"{e.low:.3f} – {e.high:.3f}"


def _unbroken(text: str) -> str:
    return text.replace(" %", "\u00a0%")


def _methods(result: AuditResult) -> dict[str, list[str]]:
    """Return which figures each interval method was used for."""
    used: dict[str, list[str]] = {}
    for v in result.verdicts:
        for name, e in v.estimates.items():
            figures = used.setdefault(e.method, [])
            if name in COLUMNS and COLUMNS[name] not in figures:
                figures.append(COLUMNS[name])
    used.pop("undefined", None)
    return used


def _specs(result: AuditResult) -> dict[str, Any]:
    """Return the charts as Vega-Lite, ready to stand inside a script element.

    They are not held against Vega-Lite's schema on every page: the tests do that.
    """
    return {
        name: json.dumps(chart.to_dict(validate=False)).replace("<", "\\u003c")
        for name, chart in charts.pictures(result).items()
    }
