"""``mlleaks report``: the page of a stored run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlleaks.cli.options import ChartFormat, RunFolder, several_of


def report(
    run: RunFolder,
    charts: Annotated[
        list[str] | None, several_of(ChartFormat, "chart format", "Also write every chart to a file.")
    ] = None,
    records: Annotated[
        Path | None, typer.Option(help="Also write the scores of every record to this CSV file.")
    ] = None,
) -> None:
    """Write the page of a finished audit again, and if wanted its charts and scores."""
    from mlleaks.cli.console import show
    from mlleaks.report import AuditReport
    from mlleaks.report.audit.frames import to_csv
    from mlleaks.report.audit.report import PAGE
    from mlleaks.storage import atomic

    stored = AuditReport.load(run)
    atomic.write_text(run / PAGE, stored.to_html())
    if charts:
        stored.save_charts(run / "charts", formats=tuple(charts))
    if records is not None:
        atomic.write_text(records, to_csv(stored.records()))
    show(stored, run)
