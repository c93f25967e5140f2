"""A result as tables: attacks, records, classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.report.audit.risk import identity_columns, risk_columns
from mlleaks.results.audit import AuditResult, Verdict

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
"""What a cell begins with that a spreadsheet would run."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def to_csv(frame: pd.DataFrame) -> str:
    """Return a table as CSV for spreadsheets: a text that would run as a formula begins with an apostrophe.

    Numbers stay numbers, negative ones and those that are texts, too. Line breaks within a text are all
    written as one kind, which the CSV writer puts into quotes.

    Examples
    --------
    >>> print(to_csv(pd.DataFrame({"id": ["=1+1", "-1", "a"], "score": [-0.5, 1, 2]})), end="")
    id,score
    '=1+1,-0.5
    -1,1.0
    a,2.0
    """
    safe = frame.copy()
    texts = frame.select_dtypes(exclude=["number", "bool", "datetime"])
    safe[texts.columns] = texts.map(_cell)
    return safe.rename(columns=_cell).to_csv(index=False)


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = "\n".join(re.split(r"\r\n|\r", value))  # a bare carriage return would begin a row of its own
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def attacks_frame(result: AuditResult) -> pd.DataFrame:
    """Return one row per attack: each estimate with its interval's ends, and the p-value."""
    rows = []
    for v in result.verdicts:
        row: dict[str, Any] = {"attack": v.attack, "threshold": v.threshold}
        for name, e in v.estimates.items():
            row |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
        rows.append(row | {"p_value": v.p_value})
    return pd.DataFrame(rows).set_index("attack")


def records_frame(result: AuditResult) -> pd.DataFrame:
    """Return one row per record: truth, classes, risk, each attack's score (high = a member)."""
    scores = {v.attack: v.scores for v in result.verdicts}
    both = {"person": result.persons, "slice": result.slices}
    groups = {name: values for name, values in both.items() if values is not None}
    return pd.DataFrame(identity_columns(result) | groups | risk_columns(result) | scores)


def classes_frame(result: AuditResult) -> pd.DataFrame:
    """Return one row per attack and class: members and non-members, and what share of each was flagged."""
    rows = [
        {"attack": v.attack, "class": row.label, "members": row.members, "nonmembers": row.nonmembers}
        | {"members_flagged": row.members_share, "nonmembers_flagged": row.nonmembers_share}
        for v in result.verdicts
        for row in class_rows(result, v)
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Exposed:
    """A member, and how many non-members score at least as high."""

    record_id: str
    label: str
    predicted: str
    score: float
    false_alarms: int


def ranking_verdict(result: AuditResult, best: Verdict) -> Verdict:
    """Return the verdict whose scores rank records: ``best``, or the best one with more than two values."""
    ranking = [v for v in result.verdicts if len(np.unique(v.scores)) > 2]
    return (
        max(ranking, key=lambda v: v.estimates["auc"].value)
        if ranking and all(v is not best for v in ranking)
        else best
    )


def most_exposed(result: AuditResult, verdict: Verdict, top: int = 20) -> list[Exposed]:
    """Return the members with the highest scores, the most exposed first."""
    members = np.flatnonzero(result.member)
    order = members[np.argsort(-verdict.scores[members], kind="stable")[:top]]
    nonmembers = np.sort(verdict.scores[~result.member])
    names = result.class_names
    return [
        Exposed(
            record_id=str(result.ids[i]),
            label="" if result.labels is None else names[result.labels[i]],
            predicted=names[result.predicted[i]],
            score=float(verdict.scores[i]),
            false_alarms=len(nonmembers) - int(np.searchsorted(nonmembers, verdict.scores[i], side="left")),
        )
        for i in order
    ]


@dataclass(frozen=True)
class ClassRow:
    """How many records of one class were flagged; a share is nan if the class has no such records."""

    label: str
    members: int
    members_share: float
    nonmembers: int
    nonmembers_share: float


def class_rows(result: AuditResult, verdict: Verdict) -> list[ClassRow]:
    """Return the classes that have records, the one with the largest share of flagged members first."""
    rows = [
        ClassRow(
            label=result.class_names[c.label],
            members=c.members,
            members_share=c.members_flagged / c.members if c.members else float("nan"),
            nonmembers=c.nonmembers,
            nonmembers_share=c.nonmembers_flagged / c.nonmembers if c.nonmembers else float("nan"),
        )
        for c in verdict.per_class
        if c.members or c.nonmembers
    ]
    return sorted(rows, key=lambda row: -np.nan_to_num(row.members_share, nan=-1.0))
