"""What the conditions of ``--fail-if`` come to: messages and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from mlleaks.cli.exit_codes import ExitCode
from mlleaks.errors import InputError

if TYPE_CHECKING:
    from mlleaks.auditing.planning import AttackPlan
    from mlleaks.report import AuditReport
    from mlleaks.results.conditions import Condition


def refuse_skipped(conditions: list[Condition], plan: AttackPlan) -> None:
    """Raise `InputError` before anything costly if a condition is about an attack that is not run."""
    for condition in conditions:
        if condition.attack is not None and condition.attack in plan.skipped:
            raise InputError(
                f"the condition {condition.text!r} about {condition.attack!r}, which was skipped "
                f"({plan.skipped[condition.attack]})",
                expected="an attack that can be run",
                fix="Bring what it needs, or name another.",
            )


def outcomes_of(conditions: list[Condition], report: AuditReport) -> list[tuple[ExitCode, str]]:
    """Return an exit code and a message for each condition that holds or cannot be decided."""
    outcomes = []
    for condition in conditions:
        try:
            if condition.holds(report.result):
                outcomes.append((ExitCode.CONDITION_HOLDS, f"fails: {condition.text}"))
        except InputError as error:
            undecided = condition.reversed_in(report.result) or condition.undecidable(report.result)
            code = ExitCode.REVERSED if undecided else ExitCode.BAD_INPUT
            outcomes.append((code, f"error: {error}"))
    return outcomes


def leave(outcomes: list[tuple[ExitCode, str]]) -> None:
    """Print the messages, and leave with the gravest exit code, if there is any."""
    for _, text in outcomes:
        typer.echo(text, err=True)
    codes = {code for code, _ in outcomes}
    for code in (ExitCode.CONDITION_HOLDS, ExitCode.BAD_INPUT, ExitCode.REVERSED):
        if code in codes:
            raise typer.Exit(code)
