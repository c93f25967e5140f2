"""Records that are audited beside members and non-members: canaries, and deleted records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mlleaks.auditing.canaries import CanaryQueries
from mlleaks.auditing.deleted_queries import DeletedQueries
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.data.audited_sides import AuditedSides
from mlleaks.errors import InputError


def refuse_alone(sides: AuditedSides, deleted: Any, shadows: int) -> None:
    """Raise if canaries are all there is, and something was asked for that needs real records.

    Raises
    ------
    InputError
        Deleted records, which are compared with non-members; reference models, which would be trained on
        canaries alone.
    """
    if not sides.alone or (deleted is None and shadows in (0, 1)):
        return
    extra = f"shadows={shadows}" if deleted is None else "deleted records"
    raise InputError(
        f"{extra} with canaries alone",
        expected="members and non-members besides",
        fix="Pass members and nonmembers (command line: --members and --nonmembers), or canaries alone.",
    )


def with_more_records(
    ready: PreparedAudit,
    canaries: CanaryQueries | None,
    deleted: DeletedQueries | None,
    *,
    notes: tuple[str, ...],
) -> PreparedAudit:
    """Return the audit with canaries and deleted records, which are part of its inputs and queries."""
    settings = dict(ready.settings)
    inputs, queries = ready.inputs, ready.queries
    if canaries is not None:
        settings |= {"delta": canaries.delta, "confidence": canaries.confidence}
        inputs += (canaries.records.X, canaries.records.y, canaries.included)
        queries += len(canaries)
    if deleted is not None:
        inputs += (deleted.records.X, deleted.records.y)
        queries += len(deleted)
    notes = (*notes, *ready.notes)
    return replace(
        ready,
        canaries=canaries,
        deleted=deleted,
        settings=settings,
        inputs=inputs,
        queries=queries,
        notes=notes,
    )
