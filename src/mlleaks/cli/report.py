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
        Path | None,
        typer.Option(help="Also write the risk and the scores of every record to this CSV file."),
    ] = None,
    delta: Annotated[
        float | None, typer.Option(help="The delta of the bound on epsilon, instead of 1e-05.")
    ] = None,
) -> None:
    """Write the page of a finished audit or `bench` again, and if wanted its charts and its records."""
    from mlleaks.cli.console import show
    from mlleaks.report import AuditReport
    from mlleaks.report.audit.epsilon import epsilon_facts
    from mlleaks.report.audit.frames import to_csv
    from mlleaks.report.audit.report import PAGE
    from mlleaks.results.attack_comparison import RESULT
    from mlleaks.results.exposure import DELTA
    from mlleaks.storage import atomic

    if (run / RESULT).is_file():
        _refuse_options_of_audits(records, delta)
        _comparison(run, tuple(charts or ()))
        return
    stored = AuditReport.load(run)
    bound = DELTA if delta is None else delta
    atomic.write_text(run / PAGE, stored.to_html(delta=bound))
    if charts:
        stored.save_charts(run / "charts", formats=tuple(charts))
    if records is not None:
        atomic.write_text(records, to_csv(stored.records()))
    show(stored, run)
    typer.echo(epsilon_facts(stored.result, bound)[0])


def _refuse_options_of_audits(records: Path | None, delta: float | None) -> None:
    """Raise an `InputError` for an option that a comparison of attacks has no use for."""
    for name, value in {"--records": records, "--delta": delta}.items():
        if value is not None:
            raise InputError(
                f"{name} with a comparison of attacks",
                expected="the folder of an audit: a comparison stores no scores",
                fix=f"Omit {name}.",
            )


def _comparison(run: Path, charts: tuple[str, ...]) -> None:
    """Write the page of a comparison of attacks again."""
    from mlleaks.cli.bench import show_comparison
    from mlleaks.report.attacks.report import PAGE, AttackComparisonReport
    from mlleaks.storage import atomic

    stored = AttackComparisonReport.load(run)
    atomic.write_text(run / PAGE, stored.to_html())
    if charts:
        stored.save_charts(run / "charts", formats=charts)
    show_comparison(stored, run / PAGE)
