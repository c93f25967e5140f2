"""People, not rows: figures for audits in which several records belong to one person.

Records of one person resemble each other, so many rows of few people hold less evidence than as many rows of
as many people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats import intervals
from mlleaks.stats.checks import checked_sides
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import TPR_NAMES, roc
from mlleaks.stats.persons import BothSides, checked_persons
from mlleaks.types import Bools, Floats, Ids, Ints

Aggregate: TypeAlias = Literal["mean", "max", "sum"]
"""How the scores of a person's records become one score."""


@dataclass(frozen=True)
class People:
    """One score per person.

    Parameters
    ----------
    ids : array (g,)
        What each person is called, in order of their first record; once per side for a person on both.
    member : bool array (g,)
        Whether the person's records are members.
    scores : float array (g,)
        Higher = more likely a member.
    rows : int array (g,)
        How many records each person has.
    note : str
        What was done about persons on both sides; empty if there is none.
    """

    ids: Ids
    member: Bools
    scores: Floats
    rows: Ints
    note: str

    def estimates(self, level: float = intervals.LEVEL) -> dict[str, Estimate]:
        """Return the AUC and the TPR at each FPR of `metrics.TPR_NAMES`, over people, with intervals.

        People are independent of each other, so the intervals of `mlleaks.stats.intervals` hold as they are.
        """
        curve = roc(self.member, self.scores)
        tpr = {name: intervals.tpr_at_fpr(curve, fpr, level) for name, fpr in TPR_NAMES.items()}
        return {"auc": intervals.area(curve, level), **tpr}


def by_person(
    member: Any, scores: Any, person: Any, *, how: Aggregate = "mean", both_sides: BothSides = "error"
) -> People:
    """Return one score for each person.

    Parameters
    ----------
    member : bool array-like (n,)
    scores : array-like (n,)
        Higher = more likely a member.
    person : array-like (n,)
        Whose record each is; people with one record are fine.
    how : {"mean", "max", "sum"}
        The mean is the default: without a leak, its expectation does not depend on how many records a person
        has. The maximum suits an attacker who needs one exposed record, but of more rows it is higher by
        chance alone. The sum is the person's log-odds if scores are log-likelihood ratios (LiRA's are) and
        records independent given membership; it, too, changes with the number of rows. So use "max" and "sum"
        where people have similar numbers of records.
    both_sides : {"error", "split"}
        Whether a person with members and non-members is an error, or counts as one person on each side.

    Raises
    ------
    InputError
        One person for all records, persons on both sides, missing persons, or lengths that do not fit.

    Examples
    --------
    >>> people = by_person([1, 1, 1, 0], [0.9, 0.5, 0.2, 0.3], ["ann", "ann", "bo", "cy"])
    >>> people.ids.tolist(), people.scores.tolist(), people.rows.tolist()
    (['ann', 'bo', 'cy'], [0.7, 0.2, 0.3], [2, 1, 1])
    """
    if how not in _AGGREGATES:
        raise InputError(f"how={how!r}", expected='"mean", "max" or "sum"', fix="Pass one of these.")
    sides, numbers = checked_sides(member, scores)
    code, names = checked_persons(person, sides, both_sides)
    doubled = 2 * code + sides  # one code per person and side
    present, first, code = np.unique(doubled, return_index=True, return_inverse=True)
    rows, values = np.bincount(code), _AGGREGATES[how](numbers, code)
    order = np.argsort(first)
    repeated = len(present) - len(names)
    note = f"{repeated} persons have records on both sides; each counts once per side." if repeated else ""
    ids, is_member = names[present // 2], present % 2 == 1
    return People(ids[order], is_member[order], values[order], rows[order], note)


def _mean(scores: Floats, code: Ints) -> Floats:
    return _sum(scores, code) / np.bincount(code)


def _sum(scores: Floats, code: Ints) -> Floats:
    return np.asarray(np.bincount(code, scores), dtype=np.float64)


def _highest(scores: Floats, code: Ints) -> Floats:
    values = np.full(code.max() + 1, -np.inf)
    np.maximum.at(values, code, scores)
    return values


_AGGREGATES: dict[Aggregate, Callable[[Floats, Ints], Floats]] = {"mean": _mean, "max": _highest, "sum": _sum}
