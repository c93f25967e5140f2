"""Rank sums of random labellings: against enumeration, against the closed form, in both extremes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom, norm, rankdata

from mlleaks.stats import labellings
from mlleaks.stats.labellings import rank_sum, rank_sum_by_drawing


def counted(member, scores):
    """Return how many members, and how many records, there are of each value."""
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    return np.bincount(group, weights=member, minlength=len(sizes)).astype(int), sizes


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
    for p in (rank_sum, rank_sum_by_drawing):
        assert p(*counted(np.arange(12) < n, scores)) == pytest.approx(exact, abs=0.03)


def test_few_values_keep_their_level():
    """Three values in steps of hundreds of ranks: a normal tail is up to a quarter too generous there."""
    sizes, members = np.array([211, 211, 1]), 211
    counts = np.random.default_rng(1).multivariate_hypergeometric(sizes, members, size=4000)
    distinct, times = np.unique(counts, axis=0, return_counts=True)
    p = np.array([rank_sum_by_drawing(row, sizes) for row in distinct])
    for level in (0.05, 0.01):
        assert times[p <= level].sum() / 4000 <= level + 3 * np.sqrt(level / 4000)


@pytest.mark.parametrize(("n", "circles"), [(7, 3), (8, 1), (1009, 2)])
def test_each_sum_is_of_one_turn(n, circles):
    rng = np.random.default_rng(n)
    rank, label = rng.integers(-40, 400, size=n).astype(float), (rng.random(n) < 0.3).astype(float)
    sums = labellings._turned_sums(rank, label, circles, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    order = rng.permutation(n)
    ranks = rng.permuted(np.tile(rank, (circles, 1)), axis=1)
    labels = rng.permuted(np.tile(label, (circles, 1)), axis=1)
    ranks[0], labels[0] = rank[order], label[order]
    for i in range(circles):
        assert sums[i].tolist() == [ranks[i] @ np.roll(labels[i], turn) for turn in range(n)]
    assert sums[0, 0] == rank @ label


@pytest.mark.parametrize("draws", [20, 200])
@pytest.mark.parametrize("size", [3, 7])
def test_it_is_exactly_valid_however_few_labellings_are_drawn(draws, size, monkeypatch):
    """Over labellings and seeds: the observed one is as likely at any place among those drawn."""
    monkeypatch.setattr(labellings, "DRAWS", draws)
    rng, p = np.random.default_rng(5), []
    monkeypatch.setattr(labellings.np.random, "default_rng", lambda _: rng)
    scores = np.array([0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3])
    for _ in range(4000):
        member = rng.permutation(len(scores)) < size
        p.append(rank_sum_by_drawing(*counted(member, scores)))
    for level in (0.05, 0.1, 0.3):
        assert (np.array(p) <= level + 1e-9).sum() <= binom.isf(1e-5, len(p), level)


@pytest.mark.parametrize(("n", "size", "values"), [(60, 30, 5), (1000, 100, 3), (1000, 500, 40)])
def test_it_is_as_precise_as_independent_labellings(n, size, values, monkeypatch):
    rng = np.random.default_rng(2)
    scores = np.maximum(rng.integers(values + 20, size=n), 20)
    member = rng.permutation(n) < size
    default_rng, p = np.random.default_rng, []
    for seed in range(60):
        monkeypatch.setattr(labellings.np.random, "default_rng", lambda _, seed=seed: default_rng(seed))
        p.append(rank_sum_by_drawing(*counted(member, scores)))
    independent = np.mean(p) * (1 - np.mean(p)) / labellings.DRAWS
    assert 0 < np.mean(p) < 1
    assert np.var(p) < 1.5 * independent


@pytest.mark.parametrize(
    ("n", "m", "tied"), [(1000, 1000, 0.9), (2000, 20_000, 0.94), (110, 2000, 0.2), (300, 300, 0.6)]
)
@pytest.mark.parametrize("z", [0.5, 1.645, 2.5])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_closed_form_agrees_with_drawing(n, m, tied, z, sign, monkeypatch):
    """Where both can be had; the tie lies below or above the rest, so that the sum is skewed."""
    rng = np.random.default_rng(0)
    scores = sign * np.maximum(rng.random(n + m), tied)
    ranks = rankdata(scores)
    deviation = np.sqrt(n * m / (n + m) * ranks.var(ddof=1))
    member = rng.permutation(n + m) < n
    while ranks[member].sum() < n * ranks.mean() + z * deviation:  # give members better places
        worst, best = rng.choice(np.flatnonzero(member), 20), rng.choice(np.flatnonzero(~member), 20)
        out, into = worst[ranks[worst].argmin()], best[ranks[best].argmax()]
        member[out], member[into] = False, True
    sampled = rank_sum_by_drawing(*counted(member, scores))
    monkeypatch.setattr(labellings, "FEW", 0)
    closed = rank_sum(*counted(member, scores))
    assert closed != sampled
    assert closed == pytest.approx(sampled, abs=4.5 * np.sqrt(sampled / labellings.DRAWS))


@pytest.mark.parametrize("top", [True, False])
def test_a_small_group_among_a_hundred_thousand_that_tie(top):
    """One of 20 outside the tie of 99.5 %: the chance that any is there, not a normal tail of it."""
    scores = np.maximum(np.random.default_rng(0).random(105_020), 0.995)
    order = np.argsort(scores)
    member = np.zeros(len(scores), dtype=bool)
    member[order[:19]] = member[order[(scores == scores.min()).sum()]] = True
    p = rank_sum(*(counted(member, scores) if top else counted(~member, -scores)))
    assert p == pytest.approx(1 - 0.995**20, abs=0.03)
    distance = rankdata(scores) - rankdata(scores).mean()
    assert norm.sf(distance[member].sum() / np.sqrt(20 * distance.var())) < p / 2
