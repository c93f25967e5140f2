"""Studies as files: a table and pictures for each, one page and one text for all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import vl_convert

from mlleaks.report.audit.frames import to_csv
from mlleaks.report.chart_library import chart_library
from mlleaks.report.html import render as render_page
from mlleaks.report.html import script_json
from mlleaks.report.studies import figures
from mlleaks.report.studies.png import reduce_png
from mlleaks.report.studies.tables import full_table, short_table
from mlleaks.report.studies.text import as_markdown, evidence_table
from mlleaks.results.reproduction import Chapter, Reproduction
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
    write_text(folder / "evidence.csv", to_csv(evidence_table(reproduction.chapters)))
    write_text(folder / "reproduction.md", "\n\n".join(as_markdown(reproduction)))


def charts(chapter: Chapter) -> dict[str, Any]:
    """Return a chapter's charts by file name without ending."""
    return {
        name: figures.draw(chapter, picture) for name, picture in figures.nonempty_pictures(chapter).items()
    }


def specifications(chapter: Chapter) -> dict[str, Any]:
    """Return a chapter's charts as Vega-Lite, by file name without ending.

    They are slow to make, so they are made once for all files and the page.
    """
    return {name: chart.to_dict() for name, chart in charts(chapter).items()}


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
        "tables": {c.name: full_table(c) for c in reproduction.chapters if c.name in specs},
        "short": {c.name: short_table(c) for c in reproduction.chapters if c.name in specs},
        "charts": specs,
        "intervals": _intervals(reproduction),
    }
    by_element = {f"chart-{name}": spec for charts in specs.values() for name, spec in charts.items()}
    return render_page("reproduction.html", context, by_element)


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
