"""What ``--dry-run`` prints: the attacks, what they need, what is skipped, what it costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.table import Table

from mlleaks.cli.console import console

if TYPE_CHECKING:
    from mlleaks.attacks.base import AttackSpec
    from mlleaks.auditing.prepared import PreparedAudit


def print_plan(prepared: PreparedAudit) -> None:
    """Print what an audit would do; nothing is written."""
    screen, plan = console(), prepared.plan
    table = Table(box=None, pad_edge=False)
    for title in ("attack", "what it is", "needs"):
        table.add_column(title)
    for spec in plan.attacks:
        table.add_row(spec.name, spec.title, _needs(spec, prepared))
    screen.print(table)
    for name, why in plan.skipped.items():
        screen.print(f"  skipped: {name}: {why}", style="yellow", soft_wrap=True)
    if how := prepared.settings.get("shadow trainer"):
        screen.print(f"\nShadow model: {how.partition('(')[0]}", end="")
    cost = plan.cost
    screen.print(f"\nModels to train: {cost.models}")
    about = f"{prepared.queries:,} about the records, {cost.queries:,} random"
    screen.print(f"Queries to send: {prepared.queries + cost.queries:,} ({about})")
    screen.print(f"Time: {_in_words(prepared.seconds())}")


def _needs(spec: AttackSpec, prepared: PreparedAudit) -> str:
    """Return what an attack is given, and what it does without."""
    kinds = {type(need) for need in prepared.plan.needs}
    parts = [str(need) for need in (*spec.needs, *spec.uses) if type(need) in kinds]
    without = [f"no threshold without {need}" for need in spec.uses if type(need) not in kinds]
    return ", ".join([*(parts or ["nothing but the answers"]), *without])


def _in_words(seconds: float) -> str:
    """Return a rough time for people.

    Examples
    --------
    >>> _in_words(0.4), _in_words(44), _in_words(60 * 44), _in_words(3600 * 4.4)
    ('a few seconds', 'about 40 seconds', 'about 40 minutes', 'about 4 hours')
    """
    if math.isnan(seconds):
        return "unknown: no model could be trained on a tenth of the records"
    if seconds < 10:
        return "a few seconds"
    for size, unit in ((3600, "hours"), (60, "minutes"), (1, "seconds")):
        if seconds >= 2 * size or unit == "seconds":
            amount = seconds / size
            return f"about {round(amount, -1) if amount >= 20 else round(amount):.0f} {unit}"
    raise AssertionError
