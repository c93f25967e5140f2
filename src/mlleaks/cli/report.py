"""``mlleaks report``: render a stored run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    charts: Annotated[
        list[str] | None,
        typer.Option(help="Also write every chart as png, svg or html. May be repeated."),
    ] = None,
    records: Annotated[
        Path | None, typer.Option(help="Also write every record's scores to this CSV file.")
    ] = None,
) -> None:
    """Render a run's report again, and write its charts and scores."""
    from mlleaks.cli.console import show
    from mlleaks.report import AuditReport
    from mlleaks.report.audit.report import PAGE
    from mlleaks.report.audit.tables import to_csv
    from mlleaks.storage import atomic

    found = AuditReport.load(run)
    atomic.write_text(run / PAGE, found.to_html())
    if charts:
        found.save_charts(run / "charts", formats=tuple(charts))
    if records is not None:
        atomic.write_text(records, to_csv(found.records()))
    show(found, run)
