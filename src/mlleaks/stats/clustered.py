"""The AUC over records of people, with an interval that does not take rows to be independent."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm, t

from mlleaks.errors import InputError
from mlleaks.stats import intervals, metrics
from mlleaks.stats.auc_interval import placements, score_interval
from mlleaks.stats.checks import checked_share, checked_sides
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import Roc, roc
from mlleaks.stats.persons import BothSides, checked_persons
from mlleaks.types import Ints

CLUSTERED = "hull of DeLong (summed per person, logit scale) and Newcombe (effective numbers of records)"


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
    degrees of freedom, in people. The interval is the hull with Newcombe's (method 5), where the
    numbers of records are divided by the design effect: the ratio of both variances, at least 1. If each
    person has one record, the variance is DeLong's.

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
        Fewer than two persons on a side, and all that `groups.by_person` refuses.

    Examples
    --------
    >>> member, person = np.repeat([True, False], 40), np.repeat(np.arange(16), 5)
    >>> scores = np.repeat([3, 5, 1, 4, 5, 3, 6, 2, 3, 2, 4, 1, 2, 0, 3, 1.0], 5)
    >>> rows, people = intervals.auc(member, scores), clustered_auc(member, scores, person)
    >>> round(rows.low, 2), round(people.low, 2)
    (0.65, 0.44)
    """
    sides, numbers, level = *checked_sides(member, scores), checked_share(level, "level")
    code, _ = checked_persons(person, sides, both_sides)
    n_persons = [len(np.unique(code[side])) for side in (sides, ~sides)]
    if min(n_persons) < 2:
        raise InputError(
            f"{n_persons[0]} persons with members and {n_persons[1]} with non-members",
            expected="two on each side, or more: one shows nothing of how people differ",
            fix="Audit records of more people.",
        )
    return clustered_area(roc(sides, numbers), code, level)


def clustered_area(curve: Roc, code: Ints, level: float = intervals.LEVEL) -> Estimate:
    """Return the AUC of a ROC with its interval for other people: see `clustered_auc`.

    Parameters
    ----------
    curve : Roc
    code : int array (n,)
        Whose record each is, in ``0..g-1``; at least two persons on each side.
    level : float

    Examples
    --------
    >>> member, code = np.repeat([True, False], 40), np.repeat(np.arange(16), 5)
    >>> scores = np.arange(80.0) % 7 - code
    >>> clustered_area(roc(member, scores), code) == clustered_auc(member, scores, code)
    True
    """
    value, spread = metrics.area(curve), _spread(curve, code)
    if spread.by_rows > 0:
        effect = max(1.0, spread.clustered / spread.by_rows)
        sizes = curve.n_members / effect, curve.n_nonmembers / effect
    else:
        sides = (curve.member, ~curve.member)
        members, nonmembers = (float(len(np.unique(code[side]))) for side in sides)
        sizes = members, nonmembers
    low, high = _limits(value, spread, sizes, level)
    return Estimate(value, low, high, CLUSTERED)


def _limits(value: float, spread: _Spread, sizes: tuple[float, float], level: float) -> tuple[float, float]:
    """Return the hull of DeLong's interval, on the logit scale, and Newcombe's."""
    low, high = score_interval(value, *sizes, z=float(norm.isf((1 - level) / 2)))
    if 0 < value < 1:
        deviation = math.sqrt(spread.clustered)
        half = t.ppf((1 + level) / 2, spread.freedom) * deviation / (value * (1 - value))
        low = min(low, float(expit(logit(value) - half)))
        high = max(high, float(expit(logit(value) + half)))
    return low, high


class _Spread(NamedTuple):
    """The variance of an AUC, summed per person and per record, and the first one's degrees of freedom."""

    clustered: float
    by_rows: float
    freedom: float


def _spread(curve: Roc, code: Ints) -> _Spread:
    of_members, of_nonmembers = placements(curve)
    sums, parts, persons, by_rows = np.zeros(code.max() + 1), [], [], 0.0
    for side, outranked in ((curve.member, of_members), (~curve.member, of_nonmembers)):
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
