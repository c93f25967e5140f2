"""Figures by person, where several records belong to one: the page's section, its sentences, its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlleaks.errors import InputError
from mlleaks.report.attack_names import named
from mlleaks.report.audit.figures import interval, percent
from mlleaks.results.audit import AuditResult, Verdict
from mlleaks.results.decision import best, joint_level
from mlleaks.stats import intervals
from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.groups import Aggregate, People, by_person
from mlleaks.stats.metrics import roc
from mlleaks.stats.rounding import rounded_up

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


def people_of(result: AuditResult, verdict: Verdict, how: Aggregate = "mean") -> People:
    """Return one score of an attack for each person; infinite scores count as the highest finite ones."""
    scores = verdict.scores
    finite = scores[np.isfinite(scores)]
    if len(finite) < len(scores):
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
        scores = np.clip(scores, low, high)
    return by_person(result.member, scores, result.persons, how=how)


def people_frame(result: AuditResult, attack: str | None, how: Aggregate) -> pd.DataFrame:
    """Return one row per person: see `mlleaks.AuditReport.people`.

    Raises
    ------
    InputError
        Nobody said whose records these are, or there is no such attack.
    """
    if result.persons is None:
        raise InputError(
            "an audit without persons",
            expected="one that was told whose record each is",
            fix="Pass groups=(members' persons, non-members' persons) (command line: --group COLUMN).",
        )
    verdict = best(result) if attack is None else result.verdict(attack)
    people = people_of(result, verdict, how)
    columns = {"person": people.ids, "member": people.member, "records": people.rows, "score": people.scores}
    return pd.DataFrame(columns)


def people_sentences(result: AuditResult, verdict: Verdict) -> list[str]:
    """Return what an attack finds by person, for the facts behind the headline."""
    people = people_of(result, verdict)
    figures, outside = people.estimates(), int((~people.member).sum())
    text = (
        "Counting people, each with the mean score of their records: given a person among the members and "
        f"one who is not, it picks the member in {interval(figures['auc'])} of cases."
    )
    for name, fpr in (("tpr@1%fpr", "1 %"), ("tpr@10%fpr", "10 %")):
        if not np.isnan(figures[name].value):
            text += (
                f" If it may flag {fpr} of the {outside:,} people who are not members by mistake, it finds "
                f"{interval(figures[name])} of those who are."
            )
            break
    return [text]


def people_not_excluded(result: AuditResult) -> str:
    """Return how large a leak can still be if none was found, for other people.

    Each attack's two upper limits fail with a probability of ``ALPHA / (2 * attacks)``.
    """
    level, code = joint_level(result), result.person_codes
    assert code is not None
    auc = max(clustered_area(curve, code, level).high for curve in result.curves.values())
    people = [people_of(result, verdict) for verdict in result.verdicts]
    fpr = max(0.01, 1 / int((~people[0].member).sum()))
    curves = [roc(each.member, each.scores) for each in people]
    rate = max(intervals.tpr_at_fpr(curve, fpr, level).high for curve in curves)
    return (
        f"None of the {len(result.verdicts)} attacks does better than chance (5 % level for all of them "
        "together; all records of a person count together). A leak cannot be excluded: these attacks may "
        f"have an AUC of up to {rounded_up(auc, 2)}, and may find up to {rounded_up(100 * rate, 1)} % of the "
        f"people among the members, by their mean scores, if {percent(fpr)} of those who are not are "
        "flagged. Larger values can be excluded, with 95 % confidence for all of these attacks together. "
        "That says nothing about a leak of fewer people, or one that only other attacks find."
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
