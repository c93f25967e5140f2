"""Charts of studies, in Altair, from tidy tables alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd

from mlleaks.report.chart_style import PALETTE, styled
from mlleaks.report.studies.hulls import hull_rows
from mlleaks.results.reproduction import Chapter, Picture

WIDTH, HEIGHT = 840, 250
"""Width of all panels side by side and height of one, in pixels."""
_LINE = 10
"""Pixels between one name and the next above it."""
WIDE_PALETTE = [
    *PALETTE,
    "#b0413e",
    "#4f7cac",
    "#c2a83e",
    "#2e5e4e",
    "#a28fd0",
    "#86b049",
    "#b58463",
    "#8a94a6",
]
LABELS = {
    "dataset": "data set",
    "auc": "AUC",
    "tpr@1%fpr": "TPR at 1 % FPR",
    "overfitting": "overfitting level",
    "train_accuracy": "training accuracy",
    "test_accuracy": "test accuracy",
    "share": "share of records",
    "accuracy": "recall of both classes",  # weighted by their records it is the accuracy
}
"""Metrics and columns that are called otherwise than by their name."""


def draw(chapter: Chapter, picture: Picture) -> Any:
    """Return a chapter's picture as a chart."""
    table = chapter.summary
    if picture.attacks:
        table = table[table["attack"].isin(picture.attacks)]
    return styled(_KINDS[picture.kind](table, picture))


def nonempty_pictures(chapter: Chapter) -> dict[str, Picture]:
    """Return a chapter's pictures that have something to show, by file name without ending."""
    names = [chapter.name, *(f"{chapter.name}-{i}" for i in range(2, 1 + len(chapter.pictures)))]
    return {
        name: picture
        for name, picture in zip(names, chapter.pictures, strict=True)
        if panels(chapter.summary, picture)
    }


def panels(table: pd.DataFrame, picture: Picture) -> list[str]:
    """Return the metrics of a picture that have any value."""
    defined = set(table.loc[table["value"].notna(), "metric"])
    return [metric for metric in picture.panels if metric in defined]


def _dots(table: pd.DataFrame, picture: Picture) -> Any:
    """Draw values with their intervals, one row per category."""
    shown = panels(table, picture)
    rows = table[table["metric"].isin(shown) & table["value"].notna()]
    order, colors = (list(dict.fromkeys(rows[name])) for name in (picture.x, picture.color))
    charts = []
    for metric in shown:
        first = metric == shown[0]  # the other panels share its labels
        base = alt.Chart(rows[rows["metric"] == metric]).encode(
            alt.Y(f"{picture.x}:N", sort=order, title=None).axis(labels=first, ticks=False, grid=True),
            alt.YOffset(f"{picture.color}:N", sort=colors),
            _color(picture, colors),
            tooltip=_tooltip(picture),
        )
        value = alt.X("value:Q", title=LABELS.get(metric, metric)).scale(domain=_range(metric), clamp=True)
        span = alt.X("low:Q", title=LABELS.get(metric, metric)).scale(domain=_range(metric), clamp=True)
        bars = base.mark_rule(strokeWidth=1.5, opacity=0.7).encode(span, alt.X2("high:Q"))
        dots = base.mark_point(filled=True, size=34, opacity=0.95).encode(value)
        height = max(110, len(order) * (10 + 8 * len(colors)))
        charts.append((bars + dots).properties(width=_width(shown), height=height))
    return alt.hconcat(*charts, spacing=22).resolve_scale(color="shared", y="shared")


def _lines(table: pd.DataFrame, picture: Picture) -> Any:
    """Draw values with intervals over a number, one line per category."""
    charts, shown = [], panels(table, picture)
    for metric in shown:
        rows = table[table["metric"] == metric].dropna(subset=["value"])
        colors = list(dict.fromkeys(rows[picture.color]))
        base = alt.Chart(rows).encode(
            alt.X(f"{picture.x}:Q", title=picture.titles[0]).scale(type="log" if picture.log else "linear"),
            _color(picture, colors),
            tooltip=_tooltip(picture),
        )
        value = alt.Y("value:Q", title=LABELS.get(metric, metric)).scale(zero=False)
        band = base.mark_rule(opacity=0.45).encode(
            alt.Y("low:Q", title=LABELS.get(metric, metric)), alt.Y2("high:Q")
        )
        line = base.mark_line(point=True).encode(value)
        charts.append((band + line).properties(width=_width(shown), height=HEIGHT))
    return alt.hconcat(*charts).resolve_scale(color="shared")


def _scatter(table: pd.DataFrame, picture: Picture) -> Any:
    """Draw one metric against another, one point per category."""
    level = table[table["metric"] == picture.x].set_index(picture.color)["value"].rename("level")
    charts, shown = [], panels(table, picture)
    for metric in shown:
        rows = table[table["metric"] == metric].dropna(subset=["value"]).join(level, on=picture.color)
        domains, rows = apart(rows, picture.color, _width(shown), HEIGHT + 40)
        across, up = (alt.Scale(domain=domain, nice=False) for domain in domains)
        title = LABELS.get(metric, metric)
        base = alt.Chart(rows).encode(
            alt.X("level:Q", title=picture.titles[0], scale=across),
            alt.Y("value:Q", title=title, scale=up),
            tooltip=[
                picture.color,
                alt.Tooltip("level:Q", format=".3f"),
                alt.Tooltip("value:Q", format=".3f"),
            ],
        )
        dots = base.mark_point(filled=True, size=60, color=PALETTE[1])
        names = base.mark_text(align="left", dx=6, fontSize=9).encode(
            alt.Y("beside:Q", title=title, scale=up), text=f"{picture.color}:N"
        )
        charts.append((dots + names).properties(width=_width(shown), height=HEIGHT + 40))
    return alt.hconcat(*charts)


def apart(rows: pd.DataFrame, names: str, width: int, height: int) -> tuple[list[list[float]], pd.DataFrame]:
    """Return the axes' ends, with room for names, and the rows with a height for each name.

    No two names overlap: each stands beside its point, or as near above or below it as there is room.
    """
    low, high = _reach(rows, "min"), _reach(rows, "max")
    room = (high - low).where(high > low, 0.1) * [0.25, 0.1]
    low, high = low - room * [0.15, 1], high + room
    domains = [[float(low[name]), float(high[name])] for name in ("level", "value")]
    pixel = (high - low) / [width, height]
    points = ((rows[["level", "value"]] - low) / pixel).to_numpy()
    occupied = [(x - 5, x + 5, y) for x, y in points]  # left, right and height of marks and names, in pixels
    heights = []
    for (x, y), name in zip(points, rows[names], strict=True):
        left, right = x + 6, x + 10 + 5.5 * len(str(name))
        near = [height_of for begin, end, height_of in occupied if begin < right and left < end]
        tries = (y + step * side for step in range(0, height, 2) for side in (1, -1))
        free = next(up for up in tries if all(abs(up - height_of) >= _LINE for height_of in near))
        occupied.append((left, right, free))
        heights.append(low["value"] + free * pixel["value"])
    return domains, rows.assign(beside=heights)


def _reach(rows: pd.DataFrame, end: str) -> pd.Series[float]:
    """Return the smallest or largest level and value, with the ends of their intervals if there are any."""
    wide = {"level": ["level", "left", "right"], "value": ["value", "low", "high"]}
    columns = {name: ends if "left" in rows else ends[:1] for name, ends in wide.items()}
    return pd.Series({name: float(rows[ends].agg(end).agg(end)) for name, ends in columns.items()})


def _heat(table: pd.DataFrame, picture: Picture) -> Any:
    """Draw a matrix of means over all other columns of the table."""
    order = list(dict.fromkeys(table[picture.color]))
    charts, shown = [], panels(table, picture)
    cell = 22 if len(order) > 6 else 44
    size = {"width": cell * table[picture.x].nunique(), "height": cell * len(order)}
    for metric in shown:
        first = metric == shown[0]  # the other panels share its labels
        rows = table[table["metric"] == metric].dropna(subset=["value"])
        means = rows.groupby([picture.x, picture.color], sort=False)["value"].mean().reset_index()
        base = alt.Chart(means).encode(
            alt.X(f"{picture.x}:N", sort=order, title=picture.titles[0]).axis(labelAngle=-45),
            alt.Y(f"{picture.color}:N", sort=order, title=picture.titles[1] if first else None).axis(
                labels=first
            ),
            tooltip=[picture.color, picture.x, alt.Tooltip("value:Q", format=".3f")],
        )
        fill = (
            alt.Color("value:Q", title=None).scale(scheme="blues", domain=[0.4, 1], clamp=True).legend(None)
        )
        cells = base.mark_rect().encode(fill)
        ink = alt.condition("datum.value > 0.78", alt.value("white"), alt.value("#1f2733"))
        text = base.mark_text(fontSize=9 if len(order) > 6 else 11).encode(
            alt.Text("value:Q", format=".2f"), color=ink
        )
        charts.append((cells + text).properties(**size, title=LABELS.get(metric, metric)))
    return alt.hconcat(*charts, spacing=14)


_SIDES = "replace(datum.label, 'others', 'non-members')"
"""Legends say what the field says; stored tables of the studies have ``others``."""


def _plane(table: pd.DataFrame, picture: Picture) -> Any:
    """Draw points of a plane and outlines of their groups, one panel per data set."""
    rows = table[table["metric"] == picture.panels[0]]
    charts = []
    for name in dict.fromkeys(rows["dataset"]):
        points = rows[rows["dataset"] == name]
        colors = sorted(set(points[picture.color]))
        place = (
            alt.X(f"{picture.x}:Q", title=None).axis(labels=False, ticks=False),
            alt.Y("y:Q", title=None).axis(labels=False, ticks=False),
            alt.Color(f"{picture.color}:N", title=None)
            .scale(domain=colors, range=["#d1495b", "#edae49", "#30638e", "#79b4d6"])
            .legend(orient="bottom", columns=2, labelExpr=_SIDES),
        )
        dots = alt.Chart(points).mark_point(filled=True, size=22, opacity=0.5).encode(*place)
        hulls = alt.Chart(hull_rows(points, picture.x, picture.color)).mark_line(strokeWidth=2)
        lines = hulls.encode(*place, alt.Order("corner:Q"))
        charts.append((dots + lines).properties(width=360, height=320))
    return alt.hconcat(*charts).resolve_scale(color="independent")


def _steps(table: pd.DataFrame, picture: Picture) -> Any:
    """Draw the histograms of several groups in one panel per data set."""
    rows = table[table["metric"] == picture.panels[0]]
    ends = rows.groupby(["dataset", picture.color], sort=False).tail(1).assign(**{picture.x: 1.0})
    rows = pd.concat([rows, ends])  # a step needs an end
    charts = [
        alt.Chart(rows[rows["dataset"] == name])
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            alt.X(f"{picture.x}:Q", title=picture.titles[0]).scale(domain=[0, 1]),
            alt.Y("value:Q", title=LABELS["share"]).axis(format="~p"),
            alt.Color(f"{picture.color}:N", title=None)
            .scale(domain=["members", "others", "random"], range=PALETTE[:3])
            .legend(orient="bottom", labelExpr=_SIDES),
        )
        .properties(width=200, height=120, title=name)
        for name in dict.fromkeys(rows["dataset"])
    ]
    return alt.concat(*charts, columns=4)


def _color(picture: Picture, names: list[Any]) -> Any:
    color = alt.Color(f"{picture.color}:N", sort=names, title=picture.titles[1] or None)
    scaled = color.scale(domain=names, range=WIDE_PALETTE[: len(names)])
    return scaled.legend(orient="bottom", columns=6, labelLimit=200)


def _width(shown: list[str]) -> int:
    return min(420, WIDTH // len(shown))


def _range(metric: str) -> list[float]:
    return [0.4, 1.0] if metric == "auc" else [0.0, 1.0]


def _tooltip(picture: Picture) -> list[Any]:
    figures = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")]
    return [*dict.fromkeys(("dataset", picture.x, picture.color)), *figures]


_KINDS: dict[str, Callable[[pd.DataFrame, Picture], Any]] = {
    "dots": _dots,
    "lines": _lines,
    "scatter": _scatter,
    "heat": _heat,
    "plane": _plane,
    "steps": _steps,
}
