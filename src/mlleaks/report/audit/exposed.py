"""The records that are most exposed, for the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.report.audit import frames
from mlleaks.report.audit.risk import risk_columns
from mlleaks.results.audit import AuditResult, Verdict


@dataclass(frozen=True)
class ExposedRecord:
    """A member with a high score, how many attacks name it (None: unknown), and what may be the reason."""

    row: frames.Exposed
    named_by: int | None
    reasons: str


def exposed_records(result: AuditResult, verdict: Verdict, top: int = 20) -> list[ExposedRecord]:
    """Return the members with the highest scores, the most exposed first, with what is known of each."""
    columns = risk_columns(result)
    members = np.flatnonzero(result.member)
    order = members[np.argsort(-verdict.scores[members], kind="stable")[:top]]
    rows = frames.most_exposed(result, verdict, top)
    return [
        ExposedRecord(row, _count(columns["agreement"][i], len(result.verdicts)), columns["reasons"][i])
        for row, i in zip(rows, order, strict=True)
    ]


def _count(share: float, of: int) -> int | None:
    return None if np.isnan(share) else round(share * of)
