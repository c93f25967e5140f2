"""Whether scores beat chance where several records belong to one person: labellings of people, not of rows.

Records of one person resemble each other. So a labelling keeps each person's records on one side, as the real
one does: without a leak, people are exchangeable, whatever their records have in common.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

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
    rows = np.bincount(labellings.code).astype(float)
    sums = np.bincount(labellings.code, values - np.mean(values))  # of all persons: 0
    scale = np.abs(sums).max()
    if scale < DIGITS * np.finfo(float).eps * len(labellings.code):
        return np.zeros(labellings.persons.turns.size)
    moments = np.stack(
        [np.ones(len(rows)), rows, sums / scale, rows**2, rows * sums / scale, (sums / scale) ** 2]
    )
    inside = np.stack([labellings.persons.real_sums(moment) for moment in moments])
    parts = [_mean_and_variance(side) for side in (inside, moments.sum(axis=1)[:, None] - inside)]
    gap, variance = parts[0][0] - parts[1][0], parts[0][1] + parts[1][1]
    smallest = 10.0 ** -(2 * DIGITS - 4) / rows.sum() ** 2  # where people do not differ at all
    return np.asarray(np.round(gap / np.sqrt(np.maximum(variance, smallest)), DIGITS))


def _mean_and_variance(moments: Floats) -> tuple[Floats, Floats]:
    """Return a side's mean and its variance over people (ratio of sums), for all labellings ``(b,)``."""
    people, n, total, n_n, n_total, total_total = moments
    mean = total / n
    squares = total_total - 2 * mean * n_total + mean**2 * n_n
    return mean, squares / n**2 * people / np.maximum(people - 1, 1)


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
