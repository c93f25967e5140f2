"""Studies as pages and files: a table and pictures each, one page and one text for all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import vl_convert

from mlleaks.report.audit.tables import to_csv
from mlleaks.report.chart_library import chart_library
from mlleaks.report.html import render as render_page
from mlleaks.report.html import script_json
from mlleaks.report.studies import figures
from mlleaks.report.studies.png import packed
from mlleaks.results.study import Chapter, Picture, Reproduction
from mlleaks.storage.atomic import write_bytes, write_text, writing

TITLES = {"auc": "AUC", "tpr@1%fpr": "TPR at 1 % FPR", "train_accuracy": "training accuracy"} | {
    "test_accuracy": "test accuracy",
    "overfitting": "overfitting level",
}


def save(found: Reproduction, folder: Path) -> None:
    """Write every study's table and pictures, ``reproduction.html`` and ``reproduction.md``.

    Each file appears whole or not at all; files of studies that are not in ``found`` stay.

    Raises
    ------
    InputError
        The folder cannot be written, or its disk is full.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    told = [chapter for chapter in found.chapters if not chapter.tidy.empty]
    specs = {chapter.name: _specs(chapter) for chapter in told}
    for chapter in told:
        write_text(folder / f"{chapter.name}.csv", to_csv(chapter.tidy.round(6)))
        for name, text in chapter.files.items():
            write_text(folder / name, text)
        for name, spec in specs[chapter.name].items():
            write_text(folder / f"{name}.html", _embedded(spec))
            write_bytes(folder / f"{name}.png", packed(vl_convert.vegalite_to_png(spec, scale=1.5)))
            write_text(folder / f"{name}.svg", vl_convert.vegalite_to_svg(spec))
    write_text(folder / "reproduction.html", _page(found, specs))
    write_text(folder / "reproduction.md", as_markdown(found))


def charts(chapter: Chapter) -> dict[str, Any]:
    """Return a chapter's charts by file name without ending."""
    return {name: figures.drawn(chapter, picture) for name, picture in _pictures(chapter).items()}


def _pictures(chapter: Chapter) -> dict[str, Picture]:
    """Return the pictures that have something to show, by file name without ending."""
    names = [chapter.name, *(f"{chapter.name}-{i}" for i in range(2, 1 + len(chapter.pictures)))]
    return {
        name: picture
        for name, picture in zip(names, chapter.pictures, strict=True)
        if figures.panels(chapter.summary, picture)
    }


def _specs(chapter: Chapter) -> dict[str, Any]:
    """Return a chapter's charts as Vega-Lite: slow to make, so made once for all files and the page."""
    return {name: chart.to_dict() for name, chart in charts(chapter).items()}


def table(chapter: Chapter) -> pd.DataFrame:
    """Return what people see: a row a setting, ``mean (low-high)`` in each metric's column."""
    known = chapter.summary[chapter.summary["metric"].isin(chapter.metrics)]
    index = [name for name in chapter.index if name in known]
    cells = known.assign(cell=[_cell(row) for row in known.to_dict("records")])
    wide = cells.pivot_table(index=index, columns="metric", values="cell", aggfunc="first", sort=False)
    ordered = wide[[name for name in chapter.metrics if name in wide]]
    return ordered.fillna("–").reset_index().rename(columns=TITLES)


def render(found: Reproduction) -> str:
    """Return the page of all studies as HTML; it asks nothing of any network."""
    return _page(found, {c.name: _specs(c) for c in found.chapters if not c.tidy.empty})


def _page(found: Reproduction, specs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page of all studies, given the charts of each that ran."""
    context = {
        "found": found,
        "tables": {c.name: table(c) for c in found.chapters if c.name in specs},
        "charts": specs,
        "intervals": _intervals(found),
    }
    charts = {f"chart-{name}": spec for made in specs.values() for name, spec in made.items()}
    return render_page("reproduction.html", context, charts)


def as_markdown(found: Reproduction, pictures: str = "") -> str:
    """Return all studies as Markdown: the paper's findings, then claim, verdict and table of each study.

    Parameters
    ----------
    found : Reproduction
    pictures : str
        Where the pictures lie, seen from the text: nothing, or a folder with a slash.
    """
    lines = [f"| {i} | {c.text} | {c.word} | {c.evidence} |" for i, c in enumerate(found.claims, start=1)]
    parts = [
        "\n".join(
            ["## The paper's findings\n", "| | finding | here | figures |", "|---|---|---|---|", *lines]
        )
    ]
    for chapter in found.chapters:
        parts.append(
            f'<a id="{chapter.name}"></a>\n## {chapter.title}\n\n{chapter.figure}. **Claim:** {chapter.claim}'
        )
        if chapter.published:
            parts.append(f"**Published:** {chapter.published}")
        parts.append(f"**{chapter.finding.word.capitalize()}:** {chapter.finding.evidence}")
        parts += [f"{name} is left out: {why}" for name, why in chapter.unfit.items()]
        if chapter.tidy.empty:
            continue
        parts += [f"![{chapter.title}]({pictures}{name}.png)" for name in _pictures(chapter)]
        parts.append(_markdown(table(chapter)))
    parts += [f"**{name}** was left out: {why}" for name, why in found.skipped.items()]
    return "\n\n".join(parts) + "\n"


def _markdown(shown: pd.DataFrame) -> str:
    head = f"| {' | '.join(map(str, shown.columns))} |\n|{'---|' * len(shown.columns)}"
    return "\n".join([head, *(f"| {' | '.join(map(str, row))} |" for row in shown.itertuples(index=False))])


def _cell(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["value"]):
        return "–"
    if math.isnan(row["low"]):
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} ({row['low']:.3f}–{row['high']:.3f})"


def _intervals(found: Reproduction) -> str:
    kinds = {kind for c in found.chapters if not c.summary.empty for kind in c.summary["interval"]} - {""}
    seeds = [int(n) for c in found.chapters if not c.summary.empty for n in c.summary["seeds"]]
    return f"{' and '.join(sorted(kinds))}, {min(seeds, default=0)} to {max(seeds, default=0)} seeds"


def _embedded(spec: Any) -> str:
    return (
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="chart"></div>'
        f"<script>{chart_library()}</script>\n"
        f'<script>vegaEmbed("#chart", {script_json(spec)}, {{actions: false}});</script>\n'
    )
