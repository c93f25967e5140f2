"""Whether any of several attacks does better than chance: one test over all attacks and statistics.

Attacks on the same answers are alike, so a correction that allows for any dependence (Bonferroni, Holm)
throws power away. Here all attacks are tried on the same random labellings of the records, which shows how
they depend on each other.

Source: P. Westfall, S. Young, *Resampling-Based Multiple Testing*, 1993: the step-down min-P procedure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from mlleaks.stats.labellings import Labellings, upper_p_values
from mlleaks.stats.labellings_by_person import LabellingsByPerson
from mlleaks.stats.metrics import Roc
from mlleaks.stats.person_tests import NEVER, person_statistics
from mlleaks.stats.significance import from_bottom, values_within
from mlleaks.types import Floats, Ints

ALPHA = 0.05
"""The level of the test."""


class JointTest(NamedTuple):
    """The result of one test over all attacks.

    Parameters
    ----------
    p_values : list of float
        Of each attack, corrected.
    level : float
        What a single statistic's own p-value must not exceed for the test to reject at 5 %.
    """

    p_values: list[float]
    level: float


def joint_test(curves: Sequence[Roc], *, persons: Ints | None = None, seed: int = 0) -> JointTest:
    """Return the p-value of each attack, corrected for all attacks and all statistics together.

    The statistics of an attack are its rank sum, the number of members among its highest and among its lowest
    scores, and the number of members above every non-member. Tied records count together. With persons, all
    of a person's records are on one side of each labelling: see `mlleaks.stats.person_tests`.

    Parameters
    ----------
    curves : sequence of Roc
        One for each attack, all of the same records; see `mlleaks.stats.metrics.roc`.
    persons : int array (n,), optional
        Whose record each is, in ``0..g-1``; each person's records are all members or all non-members.
    seed : int
        Of the labellings.

    Returns
    -------
    JointTest
        Without a leak, the smallest p-value is at most ``a`` with probability ``a`` or less.

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> member, noise = np.repeat([True, False], 30), np.random.default_rng(0).normal(size=60)
    >>> test = joint_test([roc(member, member + noise), roc(member, noise)])
    >>> [round(p, 3) for p in test.p_values], 0.05 / 8 < test.level < 0.05
    ([0.023, 0.977], True)
    """
    if not curves:
        return JointTest([], ALPHA)
    member = curves[0].member
    if persons is None:
        labellings = Labellings.draw(member, seed=seed)
        each = [_smallest_p(_statistics(curve, labellings)) for curve in curves]
    else:
        by_person = LabellingsByPerson.draw(member, persons, seed=seed)
        each = [_smallest_p(person_statistics(curve, by_person).values()) for curve in curves]
    smallest = np.stack(each)
    level = np.quantile(smallest.min(axis=0), ALPHA, method="lower")
    return JointTest(_step_down(smallest), float(level))


def joint_p_values(curves: Sequence[Roc], *, persons: Ints | None = None, seed: int = 0) -> list[float]:
    """Return the p-values of `joint_test` alone."""
    return joint_test(curves, persons=persons, seed=seed).p_values


def _smallest_p(statistics: Iterable[Ints | Floats]) -> Floats:
    """Return the smallest p-value of an attack's statistics in each labelling's place ``(b,)``."""
    return np.asarray(reduce(np.minimum, map(upper_p_values, statistics)))


def _statistics(curve: Roc, labellings: Labellings) -> Iterator[Ints]:
    """Yield each statistic of all labellings ``(b,)``; higher = more of a leak."""
    first, values = curve.first_flagged, len(curve.flagged) - 1
    n = len(first)
    yield labellings.sums(curve.ranks)
    if values == 1:
        return
    yield labellings.sums(first <= values_within(curve.flagged))
    yield -labellings.sums(first > values - values_within(from_bottom(curve)))
    most = math.ceil(math.log(NEVER) / math.log(min(curve.n_members / n, 1 - 1 / n)))
    top = np.argsort(first, kind="stable")[:most]
    top = top[curve.flagged[first[top]] <= most]  # ties that are there as a whole
    above = np.append(curve.flagged[first[top] - 1], len(top))  # records in higher ties
    yield above[labellings.first_nonmember(top)] if len(top) else np.zeros(labellings.turns.size, dtype=int)


def _step_down(p: Floats) -> list[float]:
    """Return the corrected p-value of each row of ``p (attacks, b)``; its first column is observed."""
    order = np.argsort(p[:, 0], kind="stable")
    corrected = np.empty(len(p))
    smallest = np.full(p.shape[1], np.inf)
    for attack in order[::-1]:  # the least likely last: each is compared with those that are no better
        smallest = np.minimum(smallest, p[attack])
        corrected[attack] = (smallest <= p[attack, 0]).mean()
    corrected[order] = np.maximum.accumulate(corrected[order])
    return [float(value) for value in corrected]
