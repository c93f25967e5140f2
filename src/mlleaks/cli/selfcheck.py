"""``mlleaks selfcheck``: whether this installation gives true answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from mlleaks.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.table import Table

    from mlleaks.auditing.selfcheck.check import Check

_STYLES = {"ok": "green", "FAILED": "bold red", "not checked": "yellow"}


def selfcheck() -> None:
    """Check on this machine that attacks, intervals and verdicts are right.

    Data are made for it whose leak is known. Nothing is downloaded or written.

    Exit code: 0, 1 if a check failed.
    """
    from rich.text import Text

    from mlleaks.auditing.selfcheck.run import selfcheck as run
    from mlleaks.cli.console import console, progress

    with progress():
        result = run()
    screen = console()
    screen.print(_table(result.checks))
    color = "bold green" if result.passed else "bold red"
    screen.print(Text(f"\n{result.sentence}", style=color))
    if not result.passed:
        screen.print(_table(result.failed))
        screen.print("Do not rely on this installation. Install mlleaks again in a fresh environment.")
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _table(checks: tuple[Check, ...]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in ("part", "what", "what is true", "expected", "got", "result"):
        table.add_column(title)
    for c in checks:
        cells = (c.part, c.name, c.truth, c.expected, c.got, Text(c.status, style=_STYLES[c.status]))
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))
    return table
