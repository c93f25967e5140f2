"""``mlleaks report``: the page of a stored run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlleaks.cli.options import ChartFormat, RunFolder, several_of
from mlleaks.errors import InputError


def report(
    run: RunFolder,
    charts: Annotated[
        list[str] | None, several_of(ChartFormat, "chart format", "Also write every chart to a file.")
    ] = None,
    records: Annotated[
        Path | None, typer.Option(help="Also write the scores of every record to this CSV file.")
    ] = None,
) -> None:
    """Write the page of a finished audit or `bench` again, and if wanted its charts and an audit's scores."""
    from mlleaks.cli.console import show
    from mlleaks.report import AuditReport
    from mlleaks.report.audit.frames import to_csv
    from mlleaks.report.audit.report import PAGE
    from mlleaks.results.attack_comparison import RESULT
    from mlleaks.storage import atomic

    if (run / RESULT).is_file():
        _comparison(run, tuple(charts or ()), records)
        return
    stored = AuditReport.load(run)
    atomic.write_text(run / PAGE, stored.to_html())
    if charts:
        stored.save_charts(run / "charts", formats=tuple(charts))
    if records is not None:
        atomic.write_text(records, to_csv(stored.records()))
    show(stored, run)


def _comparison(run: Path, charts: tuple[str, ...], records: Path | None) -> None:
    """Write the page of a comparison of attacks again."""
    from mlleaks.cli.bench import show_comparison
    from mlleaks.report.attacks.report import PAGE, AttackComparisonReport
    from mlleaks.storage import atomic

    if records is not None:
        raise InputError(
            "--records with a comparison of attacks",
            expected="the folder of an audit: a comparison stores no scores",
            fix="Omit --records.",
        )
    stored = AttackComparisonReport.load(run)
    atomic.write_text(run / PAGE, stored.to_html())
    if charts:
        stored.save_charts(run / "charts", formats=charts)
    show_comparison(stored, run / PAGE)
