"""Rank sums of random labellings: against enumeration, against the closed form, in both extremes."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import chisquare, norm, rankdata

from mlleaks.stats import labellings
from mlleaks.stats.labellings import Pool, few_valued_rank_sum, tied_rank_sum


def first(n, m):
    return np.repeat([True, False], [n, m])


@pytest.mark.parametrize(("n", "m"), [(3, 9), (9, 3), (6, 6)])
@pytest.mark.parametrize(
    "scores",
    [
        [5, 0, 3, 0, 0, 0, 0, 0, 0, 7, 1, 0],
        [5, 9, 3, 9, 9, 9, 9, 9, 9, 7, 1, 9],
        [1, 2, 2, 1, 0, 2, 1, 3, 2, 1, 3, 0],
    ],
)
def test_it_is_the_share_of_all_labellings(scores, n, m):
    ranks = rankdata(scores)
    sums = np.array([ranks[list(rows)].sum() for rows in combinations(range(12), n)])
    exact = (sums >= ranks[:n].sum()).mean()
    assert tied_rank_sum(first(n, m), ranks) == pytest.approx(exact, abs=0.03)

    sizes, members = (np.bincount(rows, minlength=11)[np.unique(scores)] for rows in (scores, scores[:n]))
    assert few_valued_rank_sum(members, sizes) == pytest.approx(exact, abs=0.03)


def test_the_order_of_the_records_changes_nothing():
    rng = np.random.default_rng(0)
    scores, member = np.maximum(rng.random(3000), 0.9), rng.permutation(3000) < 40
    order = rng.permutation(3000)
    ranks = rankdata(scores)
    assert tied_rank_sum(member, ranks) == tied_rank_sum(member[order], ranks[order])


def test_few_values_keep_their_level():
    """Three values in steps of hundreds of ranks: a normal tail is up to a quarter too generous there."""
    sizes, members = np.array([211, 211, 1]), 211
    counts = np.random.default_rng(1).multivariate_hypergeometric(sizes, members, size=4000)
    distinct, times = np.unique(counts, axis=0, return_counts=True)
    p = np.array([few_valued_rank_sum(row, sizes) for row in distinct])
    for level in (0.05, 0.01):
        assert times[p <= level].sum() / 4000 <= level + 3 * np.sqrt(level / 4000)


@pytest.mark.parametrize(("u", "count"), [(5, 2), (6, 5), (4, 4)])
def test_every_set_of_distances_is_as_likely(u, count):
    distances = 2.0 ** np.arange(u)  # each sum says which were sampled
    sums = labellings._sampled_sums(distances, np.full(6000, count), np.random.default_rng(1))
    counts = Counter(sums.astype(int).tolist())
    assert all(key.bit_count() == count for key in counts)
    assert len(counts) == comb(u, count)
    assert len(counts) == 1 or chisquare(list(counts.values())).pvalue > 1e-4


def test_counts_may_differ_and_be_none():
    sums = labellings._sampled_sums(np.ones(7), np.array([0, 7, 3, 0, 1]), np.random.default_rng(0))
    assert sums.tolist() == [0, 7, 3, 0, 1]


@pytest.mark.parametrize(
    ("n", "m", "tied"), [(1000, 1000, 0.9), (2000, 20_000, 0.94), (110, 2000, 0.2), (300, 300, 0.6)]
)
@pytest.mark.parametrize("z", [0.5, 1.645, 2.5])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_closed_form_agrees_with_drawing(n, m, tied, z, sign, monkeypatch):
    """Where both can be had; the tie lies below or above the rest, so that the sum is skewed."""
    monkeypatch.setattr(labellings, "SETTLED", 1)
    ranks = rankdata(sign * np.maximum(np.random.default_rng(0).random(n + m), tied))
    distances = ranks - (ranks.min() if sign > 0 else ranks.max())
    pool = Pool(distances[distances != 0], n + m, n)
    deviation = np.sqrt(n * m / (n + m) * distances.var(ddof=1))
    total = np.round(2 * (n * distances.mean() + z * deviation)) / 2
    sampled, closed = labellings._by_drawing(pool, total), labellings._by_strata(pool, total)
    assert closed == pytest.approx(sampled, abs=4.5 * np.sqrt(sampled / labellings.DRAWS))


def test_what_is_settled_is_not_drawn_on(monkeypatch):
    """It stops early only where the p-value of all labellings would be above 5 %, too."""
    ranks = rankdata(np.maximum(np.random.default_rng(2).random(3000), 0.9))
    rng = np.random.default_rng(3)
    members = [rng.permutation(3000) < 30 for _ in range(30)]
    stopped = [tied_rank_sum(member, ranks) for member in members]
    monkeypatch.setattr(labellings, "SETTLED", 2)
    whole = [tied_rank_sum(member, ranks) for member in members]
    assert sum(a != b for a, b in zip(stopped, whole, strict=True)) > 10
    for early, late in zip(stopped, whole, strict=True):
        assert early == late or (min(early, late) > 0.05 and early == pytest.approx(late, abs=0.06))


def test_a_small_group_among_a_hundred_thousand_that_tie():
    """One of 20 above the tie of 99.5 %: the chance that any is there, not a normal tail of it."""
    ranks = rankdata(np.maximum(np.random.default_rng(0).random(105_020), 0.995))
    order = np.argsort(ranks)
    member = np.zeros(len(ranks), dtype=bool)
    member[order[:19]] = member[order[(ranks == ranks.min()).sum()]] = True
    p = tied_rank_sum(member, ranks)
    assert p == pytest.approx(1 - 0.995**20, abs=0.03)
    distance = ranks - ranks.mean()
    assert norm.sf(distance[member].sum() / np.sqrt(20 * distance.var())) < p / 2
