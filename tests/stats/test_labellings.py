"""Random labellings: each is one turn of a circle, and the observed one is as likely as any other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom, norm, rankdata

from mlleaks.stats.labellings import LABELLINGS, Labellings
from mlleaks.stats.metrics import roc


def generator(seed=0):
    return np.random.default_rng(seed)


def all_labels(labellings):
    """Return every labelling as a row ``(b, n)``: which records are members."""
    n = labellings.places.shape[1]
    rows = [labellings.sums(np.eye(n)[record]) for record in range(n)]
    return np.array(rows).T.astype(bool)


def rank_sum_p(member, scores, *, count=LABELLINGS, seed=0):
    sums = Labellings.draw(member, seed=seed, count=count).sums(roc(member, scores).ranks)
    return float((sums >= sums[0]).mean())


@pytest.mark.parametrize(("n", "size", "count"), [(7, 3, 20), (40, 20, 100), (150, 5, 60)])
def test_the_first_labelling_is_the_observed_one_and_all_have_as_many_members(n, size, count):
    member = generator(1).permutation(n) < size
    labellings = Labellings.draw(member, count=count)
    labels = all_labels(labellings)
    assert count <= len(labels) < count + n
    np.testing.assert_array_equal(labels[0], member)
    assert (labels.sum(axis=1) == size).all()


def test_labellings_of_a_circle_are_turns_and_none_comes_twice():
    member = generator(1).permutation(53) < 20
    labellings = Labellings.draw(member, count=100)
    for place, labels in zip(labellings.places, np.split(all_labels(labellings), 2), strict=True):
        around = np.empty_like(labels)
        around[:, place] = labels
        turns = {np.roll(around[0], turn).tobytes() for turn in range(53)}
        assert {row.tobytes() for row in around} == turns


@pytest.mark.parametrize("seed", range(3))
def test_labels_that_were_permuted_by_a_common_generator_are_no_pattern(seed):
    member = generator(seed).permutation(900) % 2 == 0
    labels = all_labels(Labellings.draw(member, seed=seed, count=900))
    assert np.abs(labels.astype(float) @ (2.0 * member - 1))[1:].max() < 100  # 450 for the same labelling


def test_sums_are_exact_for_large_numbers():
    member = generator(1).permutation(30_000) < 11_000
    values = generator(2).integers(-60_000, 60_000, size=30_000)
    assert Labellings.draw(member).sums(values)[0] == values[member].sum()


def test_the_first_nonmember_of_a_list():
    member = generator(1).permutation(31) < 27
    labellings = Labellings.draw(member, count=70)
    records = generator(2).permutation(31)[:6]
    labels = all_labels(labellings)[:, records]
    expected = [row.argmin() if not row.all() else len(row) for row in labels]
    assert labellings.first_nonmember(records).tolist() == expected


@pytest.mark.parametrize(("n", "m"), [(3, 9), (9, 3), (6, 6)])
@pytest.mark.parametrize(
    "scores",
    [
        [5, 0, 3, 0, 0, 0, 0, 0, 0, 7, 1, 0],
        [5, 9, 3, 9, 9, 9, 9, 9, 9, 7, 1, 9],
        [1, 2, 2, 1, 0, 2, 1, 3, 2, 1, 3, 0],
    ],
)
def test_the_rank_sum_is_compared_with_all_labellings(scores, n, m):
    ranks, scores = rankdata(scores), np.array(scores, dtype=float)
    sums = np.array([ranks[list(rows)].sum() for rows in combinations(range(12), n)])
    exact = (sums >= ranks[:n].sum()).mean()
    assert rank_sum_p(np.arange(12) < n, scores) == pytest.approx(exact, abs=0.03)


@pytest.mark.parametrize("count", [20, 200])
@pytest.mark.parametrize("size", [3, 7])
def test_it_is_exactly_valid_however_few_labellings_are_drawn(count, size):
    """Over labellings and seeds: the observed one is as likely at any place among those drawn."""
    scores, rng = np.array([0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3.0]), generator(5)
    p = [
        rank_sum_p(rng.permutation(len(scores)) < size, scores, count=count, seed=seed)
        for seed in range(4000)
    ]
    for level in (0.05, 0.1, 0.3):
        assert (np.array(p) <= level + 1e-9).sum() <= binom.isf(1e-5, len(p), level)


@pytest.mark.parametrize(("n", "size", "values"), [(60, 30, 5), (1000, 100, 3), (1000, 500, 40)])
def test_it_is_as_precise_as_independent_labellings(n, size, values):
    scores = np.maximum(generator(2).integers(values + 20, size=n), 20).astype(float)
    member = generator(3).permutation(n) < size
    p = [rank_sum_p(member, scores, seed=seed) for seed in range(60)]
    independent = np.mean(p) * (1 - np.mean(p)) / LABELLINGS
    assert 0 < np.mean(p) < 1
    assert np.var(p) < 1.5 * independent


@pytest.mark.parametrize("top", [True, False])
def test_a_small_group_among_a_hundred_thousand_that_tie(top):
    """One of 20 outside the tie of 99.5 %: the chance that any is there, not a normal tail of it."""
    scores = np.maximum(generator().random(105_020), 0.995)
    order = np.argsort(scores)
    member = np.zeros(len(scores), dtype=bool)
    member[order[:19]] = member[order[(scores == scores.min()).sum()]] = True
    p = rank_sum_p(member, scores) if top else rank_sum_p(~member, -scores)
    assert p == pytest.approx(1 - 0.995**20, abs=0.03)
    distance = rankdata(scores) - rankdata(scores).mean()
    assert norm.sf(distance[member].sum() / np.sqrt(20 * distance.var())) < p / 2
