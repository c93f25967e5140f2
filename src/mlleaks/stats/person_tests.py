"""Whether scores beat chance where several records belong to one person: labellings of people, not of rows.

Records of one person resemble each other. So a labelling keeps each person's records on one side, as the real
one does: without a leak, people are exchangeable, whatever their records have in common.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlleaks.stats.labellings import upper_p_values
from mlleaks.stats.labellings_by_person import LabellingsByPerson
from mlleaks.stats.metrics import Roc, roc
from mlleaks.stats.significance import from_bottom, values_within
from mlleaks.types import Bools, Floats, Ints

NEVER = 1e-9
"""Leads that are less likely than this without a leak all count the same."""
DIGITS = 8
"""Statistics that are equal up to so many digits count as equal: the rest is rounding."""


def person_statistics(curve: Roc, labellings: LabellingsByPerson) -> Mapping[str, Ints | Floats]:
    """Return the statistics of an attack for all labellings, each ``(b,)``; higher = more of a leak.

    They look for what those of rows look for (`mlleaks.stats.significance.TESTS`). One is added: ``people``
    ranks people by the mean rank of their records, so that each counts once.

    People may have different numbers of records, and members other numbers than non-members. So a difference
    of the two sides' means is divided by its standard error, in which records are summed per person; without
    that, a few people with many records on one side look like a leak.

    Source: E. Chung, J. Romano, Annals of Statistics 41 (2013), for permutation tests of studentized
    statistics.

    Returns
    -------
    dict of str to array (b,)
        ``ranking``, ``people``, ``tail``, ``bottom`` and ``lead``.

    Examples
    --------
    >>> code = np.repeat(np.arange(8), 5)
    >>> curve = roc(code < 4, np.where(code < 4, 2.0, 1.0) + np.arange(40) % 5)
    >>> statistics = person_statistics(curve, LabellingsByPerson.draw(code < 4, code))
    >>> bool(statistics["people"][0] == statistics["people"].max())
    True
    """
    first, values = curve.first_flagged, len(curve.flagged) - 1
    statistics: dict[str, Ints | Floats] = {
        "ranking": _difference(curve.ranks, labellings),
        "people": labellings.persons.sums(_ranks_of_people(curve, labellings.code)),
    }
    if values == 1:
        return statistics
    top = first <= values_within(curve.flagged)
    low = first > values - values_within(from_bottom(curve))
    return statistics | {
        "tail": _difference(top, labellings),
        "bottom": -_difference(low, labellings),
        "lead": _lead(curve, labellings),
    }


def person_tests(curve: Roc, labellings: LabellingsByPerson) -> tuple[float, dict[str, float]]:
    """Return an attack's p-value, corrected for its `person_statistics`, and that of each, uncorrected.

    Examples
    --------
    >>> code = np.repeat(np.arange(8), 5)
    >>> curve = roc(code < 4, 1.0 * (code < 4))
    >>> together, single = person_tests(curve, LabellingsByPerson.draw(code < 4, code))
    >>> together < 0.03, single["ranking"] < 0.03
    (True, True)
    """
    p = {name: upper_p_values(values) for name, values in person_statistics(curve, labellings).items()}
    smallest = np.min(list(p.values()), axis=0)
    return float((smallest <= smallest[0]).mean()), {name: float(values[0]) for name, values in p.items()}


def _difference(values: Ints | Bools, labellings: LabellingsByPerson) -> Floats:
    """Return the difference of the members' and the non-members' means over its standard error ``(b,)``."""
    sizes, persons = np.bincount(labellings.code).astype(float), labellings.persons
    deviations = np.asarray(values - np.mean(values), dtype=np.float64)
    sums: Floats = np.bincount(labellings.code, deviations).astype(np.float64)  # of all persons: 0
    scale = float(np.abs(sums).max())
    if scale < DIGITS * np.finfo(float).eps * len(labellings.code):  # equal values
        return np.zeros(persons.turns.size)
    sums = sums / scale
    people = int(persons.labels[0].sum())
    real = [persons.real_sums(moment) for moment in (sums, sizes * sums, sums**2)]
    totals = (sizes.sum(), sizes @ sizes, 0.0, sizes @ sums, sums @ sums)
    of_members: list[Any] = [labellings.rows, labellings.squared_rows, *real]
    of_nonmembers = [total - part for total, part in zip(totals, of_members, strict=True)]
    mean, variance = _mean_and_variance(people, *of_members)
    other_mean, other_variance = _mean_and_variance(len(sizes) - people, *of_nonmembers)
    least = 10.0 ** (4 - 2 * DIGITS) / sizes.sum() ** 2  # where people do not differ at all
    error = np.sqrt(np.maximum(variance + other_variance, least))
    return np.asarray(np.round((mean - other_mean) / error, DIGITS))


def _mean_and_variance(
    people: int, rows: Any, squared_rows: Any, total: Floats, products: Floats, squares: Floats
) -> tuple[Floats, Floats]:
    """Return the mean of a side's values and its variance over people, for all labellings ``(b,)``.

    Parameters
    ----------
    people : int
    rows, squared_rows : arrays (b,)
        Sums over people of their numbers of records, and of the squares of these.
    total, products, squares : float arrays (b,)
        Sums over people of the sum of their values, of its product with their number of records, and of its
        square.
    """
    mean = total / rows
    deviations = squares - 2 * mean * products + mean**2 * squared_rows
    return mean, deviations / rows**2 * (people / max(people - 1, 1))


def _ranks_of_people(curve: Roc, code: Ints) -> Ints:
    """Return each person's rank by the mean rank of their records ``(g,)``; equal means tie."""
    rows = np.bincount(code)
    means = np.bincount(code, curve.ranks) / rows
    some = np.arange(len(rows)) == 0  # ranks do not depend on who is a member
    return roc(some, means).ranks


def _lead(curve: Roc, labellings: LabellingsByPerson) -> Floats:
    """Return how unlikely as many rows above every non-member are, as a negative logarithm ``(b,)``.

    Where all people have equally many records, it orders labellings as the number of rows does.
    """
    n, people = len(curve.member), labellings.persons.labels.shape[1]
    best = np.full(people, len(curve.flagged))
    np.minimum.at(best, labellings.code, curve.first_flagged)
    share = min(float(labellings.persons.labels[0].mean()), 1 - 1 / people)
    order = np.argsort(best, kind="stable")[: math.ceil(math.log(NEVER) / math.log(share)) + 1]
    above = curve.flagged[best[order] - 1]  # rows in higher ties than a person's best
    first = labellings.persons.first_nonmember(order)
    ahead = above[np.minimum(first, len(order) - 1)]
    return np.asarray(-ahead * np.log(labellings.rows / n))
