"""Studies as files: a table and pictures for each, one page and one text for all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import vl_convert

from mlleaks.report.audit.frames import to_csv
from mlleaks.report.chart_library import chart_library
from mlleaks.report.html import render as render_page
from mlleaks.report.html import script_json
from mlleaks.report.studies import figures
from mlleaks.report.studies.png import reduce_png
from mlleaks.results.reproduction import Chapter, Claim, Picture, Reproduction
from mlleaks.storage.atomic import write_bytes, write_text, writing


def save_reproduction(reproduction: Reproduction, folder: Path) -> None:
    """Write every study's table and pictures, ``reproduction.html`` and ``reproduction.md``.

    Each file appears whole or not at all; files of studies that are not in ``reproduction`` stay.

    Raises
    ------
    InputError
        The folder cannot be written, or its disk is full.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    chapters = [chapter for chapter in reproduction.chapters if not chapter.tidy.empty]
    specs = {chapter.name: specifications(chapter) for chapter in chapters}
    for chapter in chapters:
        write_text(folder / f"{chapter.name}.csv", to_csv(chapter.tidy.round(6)))
        for name, text in chapter.files.items():
            write_text(folder / name, text)
        for name, spec in specs[chapter.name].items():
            write_text(folder / f"{name}.html", _embedded(spec))
            write_bytes(folder / f"{name}.png", reduce_png(vl_convert.vegalite_to_png(spec, scale=1.5)))
            write_text(folder / f"{name}.svg", vl_convert.vegalite_to_svg(spec))
    write_text(folder / "reproduction.html", render(reproduction, specs))
    write_text(folder / "reproduction.md", as_markdown(reproduction))


def charts(chapter: Chapter) -> dict[str, Any]:
    """Return a chapter's charts by file name without ending."""
    return {name: figures.draw(chapter, picture) for name, picture in _pictures(chapter).items()}


def _pictures(chapter: Chapter) -> dict[str, Picture]:
    """Return the pictures that have something to show, by file name without ending."""
    names = [chapter.name, *(f"{chapter.name}-{i}" for i in range(2, 1 + len(chapter.pictures)))]
    return {
        name: picture
        for name, picture in zip(names, chapter.pictures, strict=True)
        if figures.panels(chapter.summary, picture)
    }


def specifications(chapter: Chapter) -> dict[str, Any]:
    """Return a chapter's charts as Vega-Lite, by file name without ending.

    They are slow to make, so they are made once for all files and the page.
    """
    return {name: chart.to_dict() for name, chart in charts(chapter).items()}


def display_table(chapter: Chapter) -> pd.DataFrame:
    """Return a chapter's table for people: one row per setting, ``mean (low-high)`` per metric."""
    rows = chapter.summary[chapter.summary["metric"].isin(chapter.metrics)]
    index = [name for name in chapter.index if name in rows]
    cells = rows.assign(cell=[_cell(row) for row in rows.to_dict("records")])
    wide = cells.pivot_table(index=index, columns="metric", values="cell", aggfunc="first", sort=False)
    ordered = wide[[name for name in chapter.metrics if name in wide]]
    return ordered.fillna("–").reset_index().rename(columns=figures.LABELS)


def render(reproduction: Reproduction, specs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page of all studies as HTML; it loads nothing from any network.

    Parameters
    ----------
    reproduction : Reproduction
    specs : mapping of str to mapping
        The Vega-Lite charts of each study that ran, see `specifications`.
    """
    context = {
        "reproduction": reproduction,
        "tables": {c.name: display_table(c) for c in reproduction.chapters if c.name in specs},
        "charts": specs,
        "intervals": _intervals(reproduction),
    }
    by_element = {f"chart-{name}": spec for charts in specs.values() for name, spec in charts.items()}
    return render_page("reproduction.html", context, by_element)


def as_markdown(reproduction: Reproduction, pictures: str = "") -> str:
    """Return all studies as Markdown: the paper's findings, then claim, finding and table of each study.

    Parameters
    ----------
    reproduction : Reproduction
    pictures : str
        The path from the text to the pictures: empty, or a folder with a slash.
    """
    parts = [_claims(reproduction)]
    for chapter in reproduction.chapters:
        parts.append(
            f'<a id="{chapter.name}"></a>\n## {chapter.title}\n\n{chapter.figure}. **Claim:** {chapter.claim}'
        )
        if chapter.published:
            parts.append(f"**Published:** {chapter.published}")
        parts.append(f"**{chapter.finding.word.capitalize()}:** {chapter.finding.evidence}")
        if chapter.averaged is not None:
            both = chapter.averaged
            parts.append(f"**Averaged over both classes, {both.word}:** {both.evidence}")
        parts += [f"**{name}** is skipped: {why}" for name, why in chapter.skipped.items()]
        if chapter.tidy.empty:
            continue
        parts += [f"![{chapter.title}]({pictures}{name}.png)" for name in _pictures(chapter)]
        parts.append(_markdown(display_table(chapter)))
    parts += [f"**{name}** is skipped: {why}" for name, why in reproduction.skipped.items()]
    return "\n\n".join(parts) + "\n"


def _claims(reproduction: Reproduction) -> str:
    """Return the paper's findings as a Markdown table with links to their studies."""
    sections = {chapter.name for chapter in reproduction.chapters}
    lines = [
        "## The paper's findings\n",
        "| | finding | members | both classes | studies |",
        "|---|---|---|---|---|",
    ]
    for i, claim in enumerate(reproduction.claims, start=1):
        studies = (
            f"{f'[{name}](#{name})' if name in sections else name}: {_words(claim, name)}"
            for name in claim.studies
        )
        lines.append(f"| {i} | {claim.text} | {claim.word} | {claim.averaged} | {'<br>'.join(studies)} |")
    return "\n".join(lines)


def _words(claim: Claim, study: str) -> str:
    """Return the outcome of a study of a claim, under both readings if they differ."""
    members, both = claim.studies[study], claim.studies_averaged[study]
    return members if members == both else f"{members} (both classes: {both})"


def _markdown(shown: pd.DataFrame) -> str:
    head = f"| {' | '.join(map(str, shown.columns))} |\n|{'---|' * len(shown.columns)}"
    return "\n".join([head, *(f"| {' | '.join(map(str, row))} |" for row in shown.itertuples(index=False))])


def _cell(row: Mapping[Any, Any]) -> str:
    if math.isnan(row["value"]):
        return "–"
    if math.isnan(row["low"]):
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} ({row['low']:.3f}–{row['high']:.3f})"


def _intervals(reproduction: Reproduction) -> str:
    """Return where the intervals come from, and from how many seeds."""
    summaries = [c.summary for c in reproduction.chapters if not c.summary.empty]
    kinds = {kind for summary in summaries for kind in summary["interval"]} - {""}
    seeds = [int(n) for summary in summaries for n in summary["seeds"]]
    return f"{' and '.join(sorted(kinds))}, {min(seeds, default=0)} to {max(seeds, default=0)} seeds"


def _embedded(spec: Any) -> str:
    return (
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="chart"></div>'
        f"<script>{chart_library()}</script>\n"
        f'<script>vegaEmbed("#chart", {script_json(spec)}, {{actions: false}});</script>\n'
    )
