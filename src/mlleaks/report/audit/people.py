"""Figures by person, where several records belong to one: the page's section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlleaks.report.attack_names import named
from mlleaks.report.audit.people_frame import people_of
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.decision import best
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.groups import Aggregate, People

COLUMNS = {
    "auc": "AUC",
    "tpr@10%fpr": "TPR at 10\u00a0%\u00a0FPR",
    "tpr@1%fpr": "TPR at 1\u00a0%\u00a0FPR",
}
EXPOSED = 10
"""So many people are listed."""


@dataclass(frozen=True)
class PeopleRow:
    """The figures of one attack, in the order of the columns."""

    attack: str
    title: str
    estimates: tuple[Estimate, ...]


@dataclass(frozen=True)
class ExposedPerson:
    """A person among the members, and how many people who are not score at least as high."""

    person: str
    records: int
    score: float
    false_alarms: int


@dataclass(frozen=True)
class PeopleSection:
    """What the page says about people.

    Parameters
    ----------
    members, nonmembers : int
        How many people there are.
    facts : tuple of str
    highest : bool
        Whether the highest score of each person is shown, too.
    columns : tuple of str
    rows : tuple of PeopleRow
    ranked : str
        The attack by which ``exposed`` are chosen.
    exposed : tuple of ExposedPerson
    """

    members: int
    nonmembers: int
    facts: tuple[str, ...]
    highest: bool
    columns: tuple[str, ...]
    rows: tuple[PeopleRow, ...]
    ranked: str
    exposed: tuple[ExposedPerson, ...]


def people_section(result: AuditResult, verdicts: Sequence[Verdict]) -> PeopleSection | None:
    """Return the page's section about people, with the figures of these verdicts; None without persons."""
    if result.persons is None:
        return None
    people = people_of(result, best(result))
    members = int(people.member.sum())
    highest = bool((people.rows == people.rows[0]).all())
    ways: tuple[Aggregate, ...] = ("mean", "max") if highest else ("mean",)
    names = {"mean": "mean score", "max": "highest score"}
    rows = [
        PeopleRow(v.attack, v.title, tuple(e for how in ways for e in _estimates(people_of(result, v, how))))
        for v in verdicts
    ]
    return PeopleSection(
        members=members,
        nonmembers=len(people.ids) - members,
        facts=_facts(people, highest=highest),
        highest=highest,
        columns=tuple(f"{title} ({names[how]})" for how in ways for title in COLUMNS.values()),
        rows=tuple(rows),
        ranked=named(best(result)),
        exposed=_exposed(people),
    )


def _estimates(people: People) -> list[Estimate]:
    figures = people.estimates()
    return [figures[name] for name in COLUMNS]


def _facts(people: People, *, highest: bool) -> tuple[str, ...]:
    sides = [people.rows[side] for side in (people.member, ~people.member)]
    counts = " and ".join(
        f"{rows.sum():,} records of {len(rows):,} people{'' if i else ' who are members'}"
        for i, rows in enumerate(sides)
    )
    facts = (
        f"There are {counts} who are not.",
        "The verdict, all p-values and all intervals on this page are for other people: records of one "
        "person may resemble each other in any way.",
        "The values in the table of attacks, the curves, the histograms and the flagged records by class "
        "count records. Each TPR at an FPR there has no interval: one that counts records would be too "
        "short.",
    )
    if highest:
        return facts
    return (
        *facts,
        "The highest score of each person is not compared: people have different numbers of records, and of "
        "more records the highest score is higher by chance alone.",
    )


def _exposed(people: People) -> tuple[ExposedPerson, ...]:
    members = np.flatnonzero(people.member)
    order = members[np.argsort(-people.scores[members], kind="stable")[:EXPOSED]]
    outside = np.sort(people.scores[~people.member])
    at_least = len(outside) - np.searchsorted(outside, people.scores[order], side="left")
    return tuple(
        ExposedPerson(str(people.ids[i]), int(people.rows[i]), float(people.scores[i]), int(count))
        for i, count in zip(order, at_least, strict=True)
    )
