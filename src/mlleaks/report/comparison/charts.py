"""Accuracy against leakage: what a defense costs, and what it buys."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from mlleaks.report.chart_style import GUIDE, PALETTE, styled
from mlleaks.report.studies.figures import apart
from mlleaks.stats.pareto import front

WIDTH, HEIGHT = 390, 320
PANELS = {"auc": "AUC of the strongest attack", "tpr@1%fpr": "TPR at 1 % FPR of the strongest attack"}


def tradeoff_chart(table: pd.DataFrame) -> Any:
    """Return one panel per metric: one point per defense, 95 % intervals, and the Pareto front.

    Parameters
    ----------
    table : DataFrame
        ``defense``, and ``test_accuracy``, ``auc``, ``tpr@1%fpr`` each with ``_low`` and ``_high``.
    """
    return styled(alt.hconcat(*(_panel(table, metric) for metric in PANELS), spacing=30))


def _panel(table: pd.DataFrame, metric: str) -> Any:
    ends = {"low": f"{metric}_low", "high": f"{metric}_high", "value": metric}
    columns = {"test_accuracy": "level", "test_accuracy_low": "left", "test_accuracy_high": "right"}
    rows = table.rename(columns={old: new for new, old in ends.items()} | columns)
    rows = rows[["defense", *columns.values(), *ends]].dropna(subset=["value"])
    domains, rows = apart(rows, "defense", WIDTH, HEIGHT)
    across = alt.Scale(domain=domains[0], nice=False, clamp=True)
    up = alt.Scale(domain=domains[1], nice=False, clamp=True)
    x = alt.X("level:Q", title="test accuracy", scale=across)
    y = alt.Y("value:Q", title=PANELS[metric], scale=up)
    figures = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("level", "value", "low", "high")]
    base = alt.Chart(rows).encode(tooltip=["defense", *figures])
    spread: dict[str, Any] = {"strokeWidth": 1.2, "opacity": 0.4, "color": PALETTE[1]}
    best = front(rows.rename(columns={"level": "test_accuracy"}), "value")
    line = (
        alt.Chart(best.rename(columns={"test_accuracy": "level"}))
        .mark_line(strokeDash=[4, 4], color=GUIDE, strokeWidth=1.2)
        .encode(x, y, order=alt.Order("level:Q"))
    )
    wide = base.mark_rule(**spread).encode(alt.X("left:Q", scale=across), alt.X2("right:Q"), y)
    high = base.mark_rule(**spread).encode(x, alt.Y("low:Q", scale=up), alt.Y2("high:Q"))
    none = alt.condition("datum.defense == 'none'", alt.value(PALETTE[0]), alt.value(PALETTE[1]))
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x, y, color=none)
    names = base.mark_text(align="left", dx=7, fontSize=11).encode(
        x, alt.Y("beside:Q", scale=up, title=PANELS[metric]), text="defense:N"
    )
    return (line + wide + high + dots + names).properties(width=WIDTH, height=HEIGHT)
