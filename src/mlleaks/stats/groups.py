"""People, not rows: figures for audits in which several records belong to one person.

Records of one person resemble each other, so many rows of few people hold less evidence than as many rows of
as many people. An interval that treats rows as independent is then too short.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from mlleaks.errors import InputError
from mlleaks.stats import intervals, metrics
from mlleaks.stats.checks import checked_names, checked_sides
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import TPR_NAMES, Roc, roc
from mlleaks.types import Bools, Floats, Ids, Ints

Aggregate: TypeAlias = Literal["mean", "max", "sum"]
"""How the scores of a person's records become one score."""
BothSides: TypeAlias = Literal["error", "split"]
"""What happens to a person with members and non-members: an error, or one person on each side."""

CLUSTERED = "hull of DeLong (summed per person, logit scale) and Newcombe (effective numbers of records)"


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
    code, names = _persons(person, sides, both_sides)
    doubled = 2 * code + sides  # one code per person and side
    present, first, code = np.unique(doubled, return_index=True, return_inverse=True)
    rows, values = np.bincount(code), _AGGREGATES[how](numbers, code)
    order = np.argsort(first)
    repeated = len(present) - len(names)
    note = f"{repeated} persons have records on both sides; each counts once per side." if repeated else ""
    ids, is_member = names[present // 2], present % 2 == 1
    return People(ids[order], is_member[order], values[order], rows[order], note)


def clustered_auc(
    member: Any,
    scores: Any,
    person: Any,
    *,
    level: float = intervals.LEVEL,
    both_sides: BothSides = "error",
) -> Estimate:
    """Return the AUC over records with an interval for other *people*, not other rows of the same ones.

    DeLong's variance sums, over records, the square of how far the share of the other kind that a record
    outranks lies from its mean. Here these deviations are summed per person before they are squared
    (Obuchowski 1997), so that records of one person may depend on each other in any way. The factor
    ``g / (g - 1)`` of each side, of ``g`` people, corrects for few people, and Student's *t* has Welch's
    degrees of freedom, in people. The interval is the hull with Newcombe's, as in `intervals.auc`, where the
    numbers of records are divided by the design effect: the ratio of both variances, at least 1. If each
    person has one record, the variance is that of `intervals.auc`.

    Source: N. Obuchowski, *Nonparametric analysis of clustered ROC curve data*, Biometrics 53 (1997).

    Parameters
    ----------
    member : bool array-like (n,)
    scores : array-like (n,)
        Higher = more likely a member.
    person : array-like (n,)
        Whose record each is.
    level : float
        The probability with which the interval covers the true value, in (0, 1).
    both_sides : {"error", "split"}
        Whether a person with members and non-members is an error. With "split" the deviations of both sides
        are summed before they are squared, which keeps their dependence.

    Raises
    ------
    InputError
        Fewer than two persons on a side, and all that `by_person` refuses.

    Examples
    --------
    >>> member, person = np.repeat([True, False], 40), np.repeat(np.arange(16), 5)
    >>> scores = np.repeat([3, 5, 1, 4, 5, 3, 6, 2, 3, 2, 4, 1, 2, 0, 3, 1.0], 5)
    >>> rows, people = intervals.auc(member, scores), clustered_auc(member, scores, person)
    >>> round(rows.low, 2), round(people.low, 2)
    (0.65, 0.44)
    """
    sides, numbers = checked_sides(member, scores)
    code, _ = _persons(person, sides, both_sides)
    n_persons = [len(np.unique(code[side])) for side in (sides, ~sides)]
    if min(n_persons) < 2:
        raise InputError(
            f"{n_persons[0]} persons with members and {n_persons[1]} with non-members",
            expected="two on each side, or more: one shows nothing of how people differ",
            fix="Audit records of more people.",
        )
    curve = roc(sides, numbers)
    value, spread = metrics.area(curve), _spread(curve, code)
    if spread.by_rows > 0:
        effect = max(1.0, spread.clustered / spread.by_rows)
        sizes = curve.n_members / effect, curve.n_nonmembers / effect
    else:
        sizes = float(n_persons[0]), float(n_persons[1])
    low, high = intervals.auc_limits(value, spread.clustered, sizes, freedom=spread.freedom, level=level)
    return Estimate(value, low, high, CLUSTERED)


def labellings_by_person(
    member: Any, person: Any, *, draws: int, rng: np.random.Generator
) -> Iterator[Bools]:
    """Yield random memberships ``(n,)`` of the records that keep each person's records on one side.

    Without a leak, people are exchangeable: each choice of as many people as are members is as likely as the
    real one. So a statistic that is rarely as high on such labellings as on the real one shows a leak.
    Count the real labelling in: ``p = (1 + draws at least as high) / (draws + 1)``. If people have different
    numbers of records, the number of members varies between labellings.

    Parameters
    ----------
    member : bool array-like (n,)
    person : array-like (n,)
        Whose record each is. Each person's records are all members or all non-members.
    draws : int
        How many labellings, 1 or more.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        At once: one person for all records, persons on both sides, or fewer than one draw.

    Examples
    --------
    >>> member, person = [True, True, False], ["ann", "ann", "bo"]
    >>> drawn = labellings_by_person(member, person, draws=50, rng=np.random.default_rng(0))
    >>> sorted({tuple(labelling.tolist()) for labelling in drawn})
    [(False, False, True), (True, True, False)]
    """
    if draws < 1:
        raise InputError(f"{draws} draws", expected="1 or more", fix="Pass 999, say.")
    values = np.asarray(member)
    sides, _ = checked_sides(values, np.zeros(values.shape))
    code, names = _persons(person, sides, "error")
    of_person = np.zeros(len(names), dtype=bool)
    of_person[code] = sides
    return (rng.permutation(of_person)[code] for _ in range(draws))


def _persons(person: Any, sides: Bools, both_sides: BothSides) -> tuple[Ints, Ids]:
    """Return which person each record belongs to, and what the persons are called."""
    if both_sides not in ("error", "split"):
        raise InputError(f"both_sides={both_sides!r}", expected='"error" or "split"', fix="Pass one of them.")
    code, names = checked_names(person, len(sides), "persons")
    if len(names) == 1:
        raise InputError(
            f"one person, {names[0]!r}, for all {len(code)} records",
            expected="a column that says whose record each is",
            fix="Pass another column, or the figures without persons, in which each record counts by itself.",
        )
    inside, outside = (np.bincount(code[side], minlength=len(names)) > 0 for side in (sides, ~sides))
    both = names[inside & outside]
    if len(both) and both_sides == "error":
        some = ", ".join(map(repr, both[:5].tolist())) + (", ..." if len(both) > 5 else "")
        raise InputError(
            f"{len(both)} persons with members and non-members ({some})",
            expected="each person's records on one side",
            fix='Split by person before training, or pass both_sides="split" to count them once per side.',
        )
    return code, names


class _Spread(NamedTuple):
    """The variance of an AUC, summed per person and per record, and the first one's degrees of freedom."""

    clustered: float
    by_rows: float
    freedom: float


def _spread(curve: Roc, code: Ints) -> _Spread:
    of_members, of_nonmembers = intervals.placements(curve)
    sums, parts, persons, by_rows = np.zeros(code.max() + 1), [], [], 0.0
    for side, outranked in ((curve.member, of_members), (~curve.member, -of_nonmembers)):
        g, rows = len(np.unique(code[side])), len(outranked)
        deviations = (outranked - outranked.mean()) / rows
        per_person = math.sqrt(g / (g - 1)) * np.bincount(code[side], deviations, len(sums))
        sums += per_person
        parts.append(float(per_person @ per_person))
        persons.append(g)
        by_rows += float(deviations @ deviations) * rows / (rows - 1)
    welch = sum(part**2 / (g - 1) for part, g in zip(parts, persons, strict=True))
    freedom = sum(parts) ** 2 / welch if welch > 0 else min(persons) - 1.0
    return _Spread(float(sums @ sums), by_rows, freedom)


def _mean(scores: Floats, code: Ints) -> Floats:
    return _sum(scores, code) / np.bincount(code)


def _sum(scores: Floats, code: Ints) -> Floats:
    return np.asarray(np.bincount(code, scores), dtype=np.float64)


def _highest(scores: Floats, code: Ints) -> Floats:
    values = np.full(code.max() + 1, -np.inf)
    np.maximum.at(values, code, scores)
    return values


_AGGREGATES: dict[Aggregate, Callable[[Floats, Ints], Floats]] = {"mean": _mean, "max": _highest, "sum": _sum}
