"""What people see in a terminal: progress, summary."""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from mlleaks.errors import InputError, MLLeaksError
from mlleaks.progress import listening
from mlleaks.stats.estimate import Estimate

if TYPE_CHECKING:
    from mlleaks.report import AuditReport

_WIDE = 120
EVERY = 60.0
"""Seconds between two lines about work that takes hours."""
_SHOWN = {
    "auc": "AUC",
    "precision": "precision",
    "recall": "recall",
    "tpr@1%fpr": "TPR at 1 % FPR",
}


_WITH_INTERVAL = ("auc", "tpr@1%fpr")


class _Screen(Console):
    """A console that lets the command decide how to end when its reader is gone."""

    def on_broken_pipe(self) -> None:
        """Raise, as any other stream does."""
        raise BrokenPipeError


def console() -> Console:
    """Return the console for results; it is wide if the output is no terminal."""
    plain = _Screen()
    return plain if plain.is_terminal else _Screen(width=_WIDE)


@contextmanager
def progress(lines: str | None = None) -> Iterator[None]:
    """Draw progress bars with the remaining time.

    If the output is no terminal, nothing is drawn. The work that ``lines`` names gets one line per minute
    instead, for the logs of runs that take hours.
    """
    screen = _Screen(stderr=True)
    if not screen.is_terminal:
        with listening(_line_printer(lines)):
            yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bars:
        tasks = {}

        def listen(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            if done == 0:
                bars.reset(tasks[what], total=total)
            bars.update(tasks[what], completed=done, visible=total > 1)

        with listening(listen):
            yield


def _line_printer(named: str | None) -> Callable[[str, int, int], None]:
    """Return a listener that prints one line per minute about work of one name."""
    began = last = time.monotonic()

    def print_line(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if what != named or not done or (now - last < EVERY and done < total):
            return
        last = now
        left = (now - began) / done * (total - done)
        typer.echo(f"{what}: {done} of {total}, {now - began:.0f} s, about {left:.0f} s left", err=True)

    return print_line


def keep(
    report: AuditReport, folder: Path, *, overwrite: bool, files: Mapping[str, str | bytes] | None = None
) -> None:
    """Save a report and show it; if its folder cannot be written, save it elsewhere, so that no work is lost.

    If saving failed after the files were complete (the last step reads the folder), there is no second copy.

    Raises
    ------
    InputError
        The folder cannot be written any more; the message says where the run is.
    """
    try:
        report.save(folder, overwrite=overwrite, files=files)
    except InputError as error:
        show(report, None)
        if _is_saved(report, folder) or (elsewhere := _save_elsewhere(report)) is None:
            raise
        fix = f"The run is saved in {elsewhere}: move it from there."
        raise InputError(error.got, expected=error.expected, fix=fix) from error
    show(report, folder)


def _is_saved(report: AuditReport, folder: Path) -> bool:
    """Return whether the folder holds the numbers of the report."""
    from mlleaks.results import runs, stored_audit
    from mlleaks.storage import hashing

    try:
        stored = runs.load_run(folder)
    except MLLeaksError:
        return False
    return hashing.checksum(stored_audit.to_dict(stored)) == hashing.checksum(
        stored_audit.to_dict(report.result)
    )


def _save_elsewhere(report: AuditReport) -> Path | None:
    """Save a report in a temporary folder and return it, or None if that fails, too."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="mlleaks-"))
    except OSError:
        return None
    try:
        return report.save(folder / "run")
    except (InputError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        return None


def show(report: AuditReport, folder: Path | None) -> None:
    """Print the finding, the attacks and the place of the page."""
    from mlleaks.report.attack_groups import shown_first, skipped_in_words

    out = console()
    color = {"leaks": "bold red", "doubt": "bold yellow", "clean": "bold green"}[report.severity]
    out.print()
    out.print(Text(report.headline, style=color))
    for sentence in report.sentences:
        out.print(Text(f"  • {sentence}"))
    out.print(_table(report))
    if len(shown_first(report.result)) < len(report.verdicts):
        out.print(Text(f"  All {len(report.verdicts)} attacks are in the report.", style="dim"))
    for sentence in skipped_in_words(report.result.skipped):
        out.print(Text(f"  {sentence}", style="dim"))
    for warning in report.warnings:
        out.print(Text(f"  note: {warning}", style="yellow"))
    if folder is not None:
        out.print(Text.assemble("\nReport: ", (str(folder / "report.html"), "bold")), soft_wrap=True)


def _table(report: AuditReport) -> Table:
    """Return the attacks by what the attacker has: all if they are few, else the best of each group."""
    from mlleaks.report.attack_groups import attack_groups, shown_first
    from mlleaks.report.attack_names import named

    table = Table(box=None, pad_edge=False, padding=(0, 2), title_justify="left")
    table.add_column("attack", style="bold")
    for title in _SHOWN.values():
        table.add_column(title, justify="right")
    first = {v.attack for v in shown_first(report.result)}
    for group in attack_groups(report.result):
        shown = [v for v in group.verdicts if v.attack in first]
        of = f" (best of {len(group.verdicts)})" if len(shown) < len(group.verdicts) else ""
        table.add_row(Text(f"{group.attacker_has}{of}", style="not bold dim"))
        for v in shown:
            cells = (_cell(v.estimates[n], n in _WITH_INTERVAL) for n in _SHOWN)
            table.add_row(f"  {named(v)}", *cells)
    return table


def _cell(e: Estimate, with_interval: bool) -> str:
    if math.isnan(e.value):
        return "–"
    return f"{e.value:.3f}" + (f" [dim]({e.low:.3f}–{e.high:.3f})[/dim]" if with_interval else "")
