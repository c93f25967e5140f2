"""Charts of a result, in Altair: interactive in a page, PNG or SVG without a browser."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.report.attack_groups import attacker_has, shown_first
from mlleaks.report.attack_names import named
from mlleaks.report.chart_style import BACKGROUND, GUIDE, INK, MEMBERS, NONMEMBERS, PALETTE, styled
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.stats.metrics import members_above
from mlleaks.storage.atomic import utf8, write_bytes, writing
from mlleaks.storage.names import file_name

POINTS, BINS = 300, 50
"""Of the curve of one attack, and of a histogram."""
DIGITS = 5
"""Significant digits of the numbers in a chart: a pixel needs three."""
BACKGROUND_POINTS = 60
"""Of a curve that is there for comparison only."""


def roc_chart(result: AuditResult) -> Any:
    """Return the ROC curves of all attacks, both axes logarithmic, with guessing as a dotted line.

    The curves are steps: only thresholds that the scores allow. They begin at the smallest
    false-positive rate that the non-members can measure. Of many attacks, the best one of each group has a
    colour (see `attack_groups`), and the others are thin grey lines. A click on the legend picks a curve.
    """
    return _roc_layout(result).properties(datasets=_roc_data(result))


def score_chart(result: AuditResult, verdict: Verdict) -> Any:
    """Return histograms of an attack's scores for members and non-members, with the threshold."""
    return _score_layout(_has_threshold(verdict)).properties(datasets=_score_data(result, verdict))


def pictures(result: AuditResult) -> dict[str, Any]:
    """Return all charts of a result by file name without ending."""
    scores = {f"scores-{v.attack}": score_chart(result, v) for v in result.verdicts}
    return {"roc": roc_chart(result)} | scores


def specs(result: AuditResult) -> dict[str, dict[str, Any]]:
    """Return all charts of a result as Vega-Lite, by the names of `pictures`; equal charts are built once.

    They are checked against the schema of Vega-Lite in the tests, not for every page.
    """
    layouts = {
        has: _score_layout(has).to_dict(validate=False) for has in set(map(_has_threshold, result.verdicts))
    }
    scores = {
        f"scores-{v.attack}": layouts[_has_threshold(v)] | {"datasets": _score_data(result, v)}
        for v in result.verdicts
    }
    roc = _roc_layout(result).to_dict(validate=False) | {"datasets": _roc_data(result)}
    return {"roc": roc} | scores


def _roc_data(result: AuditResult) -> dict[str, Any]:
    first, label = shown_first(result), _labels(result)
    grey = [v for v in result.verdicts if all(v is not one for one in first)]
    even = np.geomspace(result.smallest_fpr, 1, 40)
    data = {
        "curves": pd.concat([_steps(v, result).assign(attack=label(v)) for v in first]),
        "guess": pd.DataFrame({"fpr": even, "tpr": even}),
    }
    if grey:
        data["grey"] = pd.concat([_steps(v, result, BACKGROUND_POINTS) for v in grey])
    return {name: _rows(table, "fpr", "tpr") for name, table in data.items()}


def _labels(result: AuditResult) -> Callable[[Verdict], str]:
    """Return what names a curve: where each is the best of its group, its attacker, too."""
    if len(shown_first(result)) == len(result.verdicts):
        return named
    return lambda v: f"{v.attack}: {attacker_has(v)}"


def _roc_layout(result: AuditResult) -> Any:
    smallest, floor = result.smallest_fpr, min(result.smallest_fpr, 1 / result.n_members)
    fpr = alt.X("fpr:Q", title="false-positive rate (share of non-members flagged)").scale(
        type="log", domain=[smallest, 1]
    )
    tpr = alt.Y("tpr:Q", title="true-positive rate (share of members found)").scale(
        type="log", domain=[floor, 1], clamp=True
    )
    tooltip = ["attack:N", alt.Tooltip("fpr:Q", format=".2%"), alt.Tooltip("tpr:Q", format=".2%")]
    first, label = shown_first(result), _labels(result)
    guess = (
        alt.Chart(alt.NamedData("guess"))
        .mark_line(strokeDash=[3, 4], color=GUIDE, strokeWidth=1.2)
        .encode(fpr, tpr)
    )
    layers = [guess, _coloured([label(v) for v in first], fpr, tpr, tooltip)]
    if len(first) < len(result.verdicts):
        lines = alt.Chart(alt.NamedData("grey")).mark_line(
            interpolate="step-after", strokeWidth=1, color=BACKGROUND
        )
        layers.insert(0, lines.encode(fpr, tpr, detail="attack:N", tooltip=tooltip))
    return _sized(alt.layer(*layers), height=380)


def _coloured(names: Sequence[str], fpr: Any, tpr: Any, tooltip: list[Any]) -> Any:
    """Return curves with a legend that picks one of them."""
    color = alt.Color("attack:N", sort=names, title=None).scale(domain=names, range=PALETTE)
    picked = alt.selection_point(name="picked", fields=["attack"], bind="legend")
    return (
        alt.Chart(alt.NamedData("curves"), name="curves")
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            fpr.axis(format="~p", tickCount=5),
            tpr.axis(format="~p", tickCount=5),
            strokeDash=alt.StrokeDash("attack:N", sort=names, legend=None),
            color=color.legend(
                orient="bottom",
                columns=alt.ExprRef("width < 480 ? 1 : 2"),
                columnPadding=24,
                symbolStrokeWidth=3,
            ),
            opacity=alt.condition(picked, alt.value(0.85), alt.value(0.12)),
            tooltip=tooltip,
        )
        .add_params(picked)
    )


def _has_threshold(verdict: Verdict) -> bool:
    return not math.isnan(verdict.threshold)


def _score_data(result: AuditResult, verdict: Verdict) -> dict[str, Any]:
    data = {"scores": _rows(_histogram(result, verdict), "share")}
    threshold = {"threshold": [{"threshold": float(verdict.threshold)}]}
    return data | (threshold if _has_threshold(verdict) else {})


def _score_layout(has_threshold: bool) -> Any:
    x = alt.X("from:Q", title="score").scale(zero=False, nice=False)
    bars = (
        alt.Chart(alt.NamedData("scores"))
        .mark_bar(opacity=0.55, stroke=None, binSpacing=0)
        .encode(
            x,
            alt.X2("to:Q"),
            alt.Y("share:Q", title="share of records").axis(format="~p", tickCount=4).stack(None),
            alt.Y2(datum=0),
            alt.Color("who:N", title=None)
            .scale(domain=["members", "non-members"], range=[MEMBERS, NONMEMBERS])
            .legend(orient="top"),
            tooltip=["who:N", alt.Tooltip("from:Q", format=".3g"), alt.Tooltip("share:Q", format=".1%")],
        )
    )
    if not has_threshold:
        return _sized(bars, height=180)
    rule = (
        alt.Chart(alt.NamedData("threshold"))
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x="threshold:Q", tooltip=[alt.Tooltip("threshold:Q", format=".4g")])
    )
    return _sized(bars + rule, height=180)


def _rows(table: pd.DataFrame, *short: str) -> list[dict[Any, Any]]:
    """Return the rows of a table as data of a chart; some columns in no more digits than one can see."""
    brief = {name: [float(f"{x:.{DIGITS}g}") for x in table[name]] for name in short}
    columns = table.assign(**brief).to_dict("list")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _steps(verdict: Verdict, result: AuditResult, points: int = POINTS) -> pd.DataFrame:
    """Return a curve's best TPR at log-spaced false-alarm counts: exact at each point.

    Points at which a step goes on are skipped, but for the last one.
    """
    curve = result.curves[verdict.attack]
    m = curve.n_nonmembers
    counts = np.unique(np.geomspace(1, m, min(points, m)).round().astype(int))
    hits = np.array([members_above(curve, int(count) + 1) for count in counts])
    steps = pd.DataFrame({"attack": named(verdict), "fpr": counts / m, "tpr": hits / curve.n_members})
    new = np.diff(hits, prepend=0) > 0  # so none has a TPR of zero, which a logarithmic axis does not
    new[-1] = hits[-1] > 0
    return steps[new]


def _histogram(result: AuditResult, verdict: Verdict) -> pd.DataFrame:
    scores = verdict.scores.astype(float)
    low, high = scores.min(), scores.max()
    if high - low < 1e-9 * max(1, abs(high)):  # one value, but for rounding
        low, high = low - 0.05, high + 0.05
    edges = np.linspace(low, high, BINS + 1)
    groups = {"members": scores[result.member], "non-members": scores[~result.member]}
    parts = [
        pd.DataFrame(
            {
                "who": who,
                "from": edges[:-1],
                "to": edges[1:],
                "share": np.histogram(values, edges)[0] / len(values),
            }
        )
        for who, values in groups.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _sized(chart: Any, *, height: int) -> Any:
    return styled(chart.properties(width="container", height=height))


def encode(chart: Any, kind: str) -> bytes:
    """Return a chart as the content of a png, svg or html file."""
    buffer: Any = BytesIO() if kind == "png" else StringIO()
    options = {"inline": True} if kind == "html" else {"scale_factor": 2}
    chart.properties(width=560).save(buffer, format=kind, **options)
    content = buffer.getvalue()
    return content if isinstance(content, bytes) else utf8(content)


def save(result: AuditResult, folder: Path, formats: tuple[str, ...]) -> list[Path]:
    """Write every chart to ``folder`` in each format; see `AuditReport.save_charts`."""
    if unknown := [f for f in formats if f not in ("png", "svg", "html")]:
        raise InputError(f"format {unknown[0]!r}", expected="png, svg or html", fix="Pass one.")
    charts = {file_name(name): chart for name, chart in pictures(result).items()}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, chart in charts.items():
        for kind in formats:
            write_bytes(folder / f"{name}.{kind}", encode(chart, kind))
    return [folder / f"{name}.{kind}" for name in charts for kind in formats]
