"""What attacks find against the models, and against the seconds, that they take."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import pandas as pd

from mlleaks.report.chart_style import styled
from mlleaks.report.studies.figures import LABELS, WIDE_PALETTE
from mlleaks.results.attack_comparison import AttackComparison

WIDTH, HEIGHT = 620, 360
NONE = 0.5
"""Where attacks without models stand: a logarithmic axis has no zero."""
LINES, POINTS = 6, 2
"""Attacks with reference models, and without, that get a colour."""
REST, GREY = "other attacks", "#c4c7cc"
SHORTEST = 0.001
"""Seconds below this count as that."""


def power_chart(result: AttackComparison) -> Any:
    """Return one line per attack with reference models, a point for each other attack; 95 % intervals."""
    table = _table(result)
    ticks = sorted(set(table["place"]))
    x = alt.X(
        "place:Q",
        title="models that the attacker trains (1: a shadow model; from 2 on: reference models)",
        scale=alt.Scale(type="log", base=2, domain=[NONE * 0.85, max(ticks) * 1.15], nice=False),
        axis=alt.Axis(values=ticks, labelExpr="datum.value < 1 ? '0' : format(datum.value, 'd')"),
    )
    return styled(_layers(table, x, result))


def cost_chart(result: AttackComparison) -> Any:
    """Return what each attack finds against the seconds that it takes, once its models are trained."""
    table = _table(result)
    x = alt.X(
        "seconds:Q",
        title="seconds to build the attack and score the records, on one thread (without training)",
        scale=alt.Scale(type="log"),
    )
    return styled(_layers(table, x, result))


def _layers(table: pd.DataFrame, x: Any, result: AttackComparison) -> Any:
    name = LABELS[result.metric]
    named = _named(table, result)
    colors = [*(WIDE_PALETTE[i % len(WIDE_PALETTE)] for i in range(len(named))), GREY]
    table = table.assign(shown=table["attack"].where(table["attack"].isin(named), REST))
    domain = [*named, REST]
    y = alt.Y("value:Q", title=name, scale=alt.Scale(zero=result.metric != "auc"))
    color = alt.Color(
        "shown:N",
        title=None,
        scale=alt.Scale(domain=domain, range=colors),
        sort=domain,
        legend=alt.Legend(),
    )
    width = alt.condition(f"datum.attack === {json.dumps(result.leader)}", alt.value(3.5), alt.value(1.4))
    base = alt.Chart(table).encode(
        color=color,
        detail="attack:N",
        tooltip=[
            "attack:N",
            "models:N",
            *(alt.Tooltip(f"{end}:Q", format=".3f") for end in ("value", "low", "high")),
            alt.Tooltip("seconds:Q", format=".3g"),
        ],
    )
    ends = (alt.Y("low:Q", title=name), alt.Y2("high:Q"))
    bands = base.transform_filter("datum.models > 1").mark_area(opacity=0.07).encode(x, *ends)
    bars = base.transform_filter("datum.models <= 1").mark_rule(opacity=0.4).encode(x, *ends)
    lines = base.mark_line().encode(x, y, order="models:Q", strokeWidth=width)
    points = base.mark_point(filled=True, size=45, opacity=1).encode(x, y)
    return (bands + bars + lines + points).properties(width=WIDTH, height=HEIGHT)


def _named(table: pd.DataFrame, result: AttackComparison) -> list[str]:
    """Return the attacks that get a colour, best first: as many as eyes can tell apart.

    The best with the most models, and the best of those with none and with one.
    """
    most = table[table["models"] == table["models"].max()].nlargest(LINES, "value")
    single = [table[table["models"] == count].nlargest(POINTS, "value") for count in (1, 0)]
    best = [str(attack) for part in (most, *single) for attack in part["attack"]]
    leader = [result.leader] if result.leader is not None and result.leader in set(table["attack"]) else []
    return list(dict.fromkeys([*leader, *best]))


def _table(result: AttackComparison) -> pd.DataFrame:
    seconds = result.to_frame()[["attack", "models", "seconds"]]
    table = result.means().merge(seconds, on=["attack", "models"]).round(4)
    return table.assign(place=table["models"].clip(lower=NONE), seconds=table["seconds"].clip(lower=SHORTEST))
