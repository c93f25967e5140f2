"""The rank sums of random labellings, where so many records tie that they are not normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom, norm

from mlleaks.types import Bools, Floats, Ints

FEW = 100
"""Labellings are sampled if each is expected to have at most this many records outside the largest tie."""

DRAWS = 9999
"""Number of random labellings."""

SETTLED = 0.05
"""A p-value that can no longer fall below this is not made more precise."""

BLOCK = 2**18
"""Records in the labellings of one block: a few megabytes."""


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


def tied_rank_sum(member: Bools, ranks: Floats) -> float:
    """Return the chance that as many random records have a rank sum as high as the members'.

    Only records outside the largest tie make a difference. If few of the smaller group are expected
    there, at most `FEW`, labellings are drawn (seed fixed): exactly valid, `DRAWS` times that many random
    numbers at most, in blocks. If more, the sum is taken to be normal for each number of them there, and
    that number is hypergeometric: one normal tail for each number.

    Parameters
    ----------
    member : bool array (n,)
    ranks : float array (n,)
        Ranks of the scores, ties at their mean; not all alike.

    Examples
    --------
    >>> member = np.repeat([True, False], [2, 100])
    >>> ranks = np.where(np.arange(102) < 3, 101.0, 50.0)
    >>> p = tied_rank_sum(member, ranks)
    >>> bool(abs(p - 3 / (102 * 101 / 2)) < 0.001)
    True
    """
    values, counts = np.unique(ranks, return_counts=True)
    distance = ranks - values[counts.argmax()]
    smaller = member
    if 2 * int(member.sum()) > len(member):  # as many non-members with a sum as low: the same labellings
        smaller, distance = ~member, -distance
    outside = np.sort(distance[distance != 0])  # so that the order of the records changes nothing
    pool = Pool(outside, len(member), int(smaller.sum()))
    few = pool.size * len(pool.distances) <= FEW * pool.n
    return (_by_drawing if few else _by_strata)(pool, float(distance[smaller].sum()))


def few_valued_rank_sum(members: Ints, sizes: Ints) -> float:
    """Return the chance that as many random records have a rank sum as high, where scores take few values.

    How many records of each value a labelling draws is multivariate hypergeometric (seed fixed): exactly
    valid, at a cost of `DRAWS` times the number of values, however many records there are.

    Parameters
    ----------
    members, sizes : int arrays (v,)
        Number of members, and of all records, per value in rising order.

    Examples
    --------
    >>> few_valued_rank_sum(np.array([0, 0, 9]), np.array([9, 9, 9])) < 0.001
    True
    """
    ranks = np.cumsum(sizes) - (sizes - 1) / 2
    rng = np.random.default_rng(0)
    counts = rng.multivariate_hypergeometric(sizes, int(members.sum()), size=DRAWS)
    return float(((counts @ ranks >= members @ ranks - 1e-9).sum() + 1) / (DRAWS + 1))


def _by_strata(pool: Pool, total: float) -> float:
    """Return the chance of a sum of ``total`` or more over the numbers drawn outside the tie."""
    u = len(pool.distances)
    outside = np.arange(max(0, pool.size - pool.n + u), min(pool.size, u) + 1)
    mean = outside * pool.distances.sum() / u
    deviation = np.sqrt(outside * (1 - outside / u) * pool.distances.var(ddof=1))
    above = norm.sf((total - 0.25 - mean) / np.maximum(deviation, 1e-9))  # sums are multiples of 0.5
    chance = np.exp(hypergeom.logpmf(outside, pool.n, u, pool.size))  # the logarithm is the faster one
    return float(chance @ above)


def _by_drawing(pool: Pool, total: float) -> float:
    """Return the share of random labellings with a sum of ``total`` or more, the observed one included.

    It stops as soon as the p-value is settled (see `SETTLED`): then it is a share of fewer labellings.
    """
    rng, u = np.random.default_rng(0), len(pool.distances)
    outside = rng.hypergeometric(u, pool.n - u, pool.size, size=DRAWS)
    size = max(1, BLOCK // u)
    higher = 0
    for start in range(0, DRAWS, size):
        sums = _sampled_sums(pool.distances, outside[start : start + size], rng)
        higher += int((sums >= total).sum())
        if higher >= SETTLED * (DRAWS + 1):
            return (higher + 1) / (start + len(sums) + 1)
    return (higher + 1) / (DRAWS + 1)


def _sampled_sums(distances: Floats, counts: Ints, rng: np.random.Generator) -> Floats:
    """Return for each of ``counts`` the sum of so many distances, drawn without replacement.

    What is drawn twice is drawn again. No step prefers a distance, so all sets of the same size are
    equally likely.
    """
    u = len(distances)
    drawer = np.full(len(counts) * u, -1, dtype=np.int32)
    labelling = np.repeat(np.arange(len(counts)), counts)
    sums = np.zeros(len(counts))
    while len(labelling):
        choice = rng.integers(u, size=len(labelling))
        place, turn = labelling * u + choice, np.arange(len(labelling))
        free = drawer[place] < 0
        drawer[place[free]] = turn[free]
        accepted = free & (drawer[place] == turn)
        sums += np.bincount(labelling[accepted], weights=distances[choice[accepted]], minlength=len(counts))
        labelling = labelling[~accepted]
    return sums
