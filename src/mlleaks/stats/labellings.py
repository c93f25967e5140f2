"""Random labellings of the records: their rank sums, where ties make them far from normal, and by person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import hypergeom, norm

from mlleaks.errors import InputError
from mlleaks.stats.checks import checked_sides
from mlleaks.stats.persons import checked_persons
from mlleaks.types import Bools, Floats, Ints

FEW = 100
"""Labellings are drawn if each is expected to have at most this many records outside the largest tie."""

DRAWS = 10_000
"""At least so many labellings are drawn, the observed one included."""


@dataclass(frozen=True)
class Pool:
    """Records, described by their distance from the largest tie.

    Parameters
    ----------
    distances : float array (u,)
        Ranks by which each record outside the tie lies above it; at least one record.
    n : int
        How many records there are, those in the tie included.
    size : int
        How many of them a labelling picks.
    """

    distances: Floats
    n: int
    size: int


def rank_sum(members: Ints, sizes: Ints) -> float:
    """Return the chance that as many random records have a rank sum as high as the members'.

    Only records outside the largest tie make a difference. If few of the smaller group are expected there,
    at most `FEW`, labellings are drawn: see `rank_sum_by_drawing`. If more, the sum is taken to be normal
    for each number of them there, and that number is hypergeometric: one normal tail for each number.

    Parameters
    ----------
    members, sizes : int arrays (v,)
        Number of members, and of all records, per value in rising order; at least two values.

    Examples
    --------
    >>> p = rank_sum(np.array([0, 2]), np.array([99, 3]))
    >>> bool(abs(p - 3 / (102 * 101 / 2)) < 0.001)
    True
    """
    ranks = _ranks(sizes)
    n, size = int(sizes.sum()), int(members.sum())
    outside = n - int(sizes.max())
    if min(size, n - size) * outside <= FEW * n:
        return rank_sum_by_drawing(members, sizes)
    distances, smaller = ranks - ranks[sizes.argmax()], members
    if 2 * size > n:  # as many non-members with a sum as low: the same labellings
        distances, smaller = -distances, sizes - members
    pool = Pool(np.sort(np.repeat(distances, sizes * (distances != 0))), n, min(size, n - size))
    return _by_strata(pool, float(smaller @ distances))


def rank_sum_by_drawing(members: Ints, sizes: Ints) -> float:
    """Return the share of random labellings with a rank sum as high, the observed one included.

    The records stand in a circle in random order, and their labels turn through all ``n`` positions: ``n``
    labellings, whose sums are one correlation (fast Fourier transform). The observed labelling is as likely
    as any other of its circle. Further circles hold labels of their own in random order, until there are
    `DRAWS` labellings. Without a leak all circles are alike, so the p-value is exactly valid, as one from
    independent labellings is. The seed is fixed.

    Parameters
    ----------
    members, sizes : int arrays (v,)
        Number of members, and of all records, per value in rising order.

    Examples
    --------
    >>> rank_sum_by_drawing(np.array([0, 0, 9]), np.array([9, 9, 9])) < 0.001
    True
    """
    twice = np.rint(2 * _ranks(sizes))  # whole numbers, so that sums can be compared exactly
    n = int(sizes.sum())
    parts = np.column_stack([members, sizes - members]).ravel()  # members first within each value
    label = np.repeat(np.tile([1.0, 0.0], len(sizes)), parts)
    rank = np.repeat(twice - twice[sizes.argmax()], sizes)
    sums = _turned_sums(rank, label, -(-DRAWS // n), np.random.default_rng(0))
    return float((sums >= np.rint(rank @ label)).mean())


def _turned_sums(rank: Floats, label: Floats, circles: int, rng: np.random.Generator) -> Floats:
    """Return the rank sums ``(circles, n)`` of all turns of labels around circles of records in random order.

    In the first circle each record has its own label, so that its first sum is the observed one.
    """
    order = rng.permutation(len(rank))
    ranks = rng.permuted(np.tile(rank, (circles, 1)), axis=1)
    labels = rng.permuted(np.tile(label, (circles, 1)), axis=1)
    ranks[0], labels[0] = rank[order], label[order]
    sums = np.fft.irfft(np.fft.rfft(ranks) * np.fft.rfft(labels).conj(), len(rank))
    return np.asarray(np.rint(sums))


def _ranks(sizes: Ints) -> Floats:
    """Return the rank of each value, ties at their mean."""
    return np.asarray(np.cumsum(sizes) - (sizes - 1) / 2)


def _by_strata(pool: Pool, total: float) -> float:
    """Return the chance of a sum of ``total`` or more over the numbers drawn outside the tie."""
    u = len(pool.distances)
    outside = np.arange(max(0, pool.size - pool.n + u), min(pool.size, u) + 1)
    mean = outside * pool.distances.sum() / u
    deviation = np.sqrt(outside * (1 - outside / u) * pool.distances.var(ddof=1))
    above = norm.sf((total - 0.25 - mean) / np.maximum(deviation, 1e-9))  # sums are multiples of 0.5
    chance = np.exp(hypergeom.logpmf(outside, pool.n, u, pool.size))  # the logarithm is the faster one
    return float(chance @ above)


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
    code, names = checked_persons(person, sides, "error")
    of_person = np.zeros(len(names), dtype=bool)
    of_person[code] = sides
    return (rng.permutation(of_person)[code] for _ in range(draws))
