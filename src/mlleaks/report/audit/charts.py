"""Charts of a result, in Altair: interactive in a page, PNG or SVG without a browser."""

from __future__ import annotations

from io import BytesIO, StringIO
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from mlleaks.report.attack_names import named
from mlleaks.report.chart_style import GUIDE, INK, MEMBERS, NONMEMBERS, PALETTE, styled
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.stats.metrics import members_above, roc
from mlleaks.storage.atomic import utf8

POINTS, BINS = 300, 50


def roc_chart(result: AuditResult) -> Any:
    """Return the ROC curves of all attacks, both axes logarithmic, with guessing as a dotted line.

    The curves are steps: only thresholds that the scores allow. They begin at the smallest
    false-positive rate that the non-members can measure.
    """
    curves = pd.concat([_steps(v, result) for v in result.verdicts], ignore_index=True)
    smallest, floor = result.smallest_fpr, min(result.smallest_fpr, 1 / result.n_members)
    fpr = alt.X("fpr:Q", title="false-positive rate (share of non-members flagged)").scale(
        type="log", domain=[smallest, 1]
    )
    tpr = alt.Y("tpr:Q", title="true-positive rate (share of members found)").scale(
        type="log", domain=[floor, 1], clamp=True
    )
    names = [named(v) for v in result.verdicts]
    color = alt.Color("attack:N", sort=names, title=None).scale(domain=names, range=PALETTE)
    lines = (
        alt.Chart(curves)
        .mark_line(interpolate="step-after", strokeWidth=2, opacity=0.85)
        .encode(
            fpr.axis(format="~p", tickCount=5),
            tpr.axis(format="~p", tickCount=5),
            strokeDash=alt.StrokeDash("attack:N", sort=names, legend=None),
            color=color.legend(orient="bottom", columns=2, columnPadding=24, symbolStrokeWidth=3),
            tooltip=["attack:N", alt.Tooltip("fpr:Q", format=".2%"), alt.Tooltip("tpr:Q", format=".2%")],
        )
    )
    even = np.geomspace(smallest, 1, 40)
    guess = (
        alt.Chart(pd.DataFrame({"fpr": even, "tpr": even}))
        .mark_line(strokeDash=[3, 4], color=GUIDE, strokeWidth=1.2)
        .encode(fpr, tpr)
    )
    return _sized(guess + lines, height=380)


def score_chart(result: AuditResult, verdict: Verdict) -> Any:
    """Return histograms of an attack's scores for members and non-members, with the threshold."""
    table = _histogram(result, verdict)
    x = alt.X("from:Q", title="score").scale(zero=False, nice=False)
    bars = (
        alt.Chart(table)
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
    if np.isnan(verdict.threshold):
        return _sized(bars, height=180)
    rule = (
        alt.Chart(pd.DataFrame({"threshold": [verdict.threshold]}))
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x="threshold:Q", tooltip=[alt.Tooltip("threshold:Q", format=".4g")])
    )
    return _sized(bars + rule, height=180)


def _steps(verdict: Verdict, result: AuditResult) -> pd.DataFrame:
    """Return a curve's best TPR at log-spaced false-alarm counts: exact at each point."""
    curve = roc(result.member, verdict.scores)
    m = curve.n_nonmembers
    counts = np.unique(np.geomspace(1, m, min(POINTS, m)).round().astype(int))
    hits = np.array([members_above(curve, int(count) + 1) for count in counts])
    steps = pd.DataFrame({"attack": named(verdict), "fpr": counts / m, "tpr": hits / curve.n_members})
    return steps[steps["tpr"] > 0]  # a logarithmic axis has no zero


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


def pictures(result: AuditResult) -> dict[str, Any]:
    """Return all charts of a result by file name without ending."""
    scores = {f"scores-{v.attack}": score_chart(result, v) for v in result.verdicts}
    return {"roc": roc_chart(result)} | scores
