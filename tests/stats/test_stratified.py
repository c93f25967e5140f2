"""AUCs within strata, and permutation tests: against plain formulas, enumeration and simulation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom, norm

from mlleaks.stats import intervals, permutation, stratified


def test_one_stratum_is_the_plain_interval():
    rng = np.random.default_rng(0)
    member, scores = np.tile([True, False], 60), rng.normal(size=120)
    plain, own = intervals.auc(member, scores), stratified.auc(member, scores, np.zeros(120, int))
    assert (own.value, own.low, own.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_strata_of_other_scales_are_not_mixed():
    member = np.tile([True, False], 20)
    strata = np.repeat([0, 1], 20)
    scores = member + np.where(strata == 1, 100.0, 0.0)
    assert stratified.auc(member, scores, strata).value == 1
    assert stratified.auc(member, -scores, strata).value == 0


def test_records_weigh_the_same_in_strata_of_any_size():
    member = np.array([True, False] * 2 + [True, False] * 6)
    strata = np.repeat([0, 1], [4, 12])
    scores = np.where(strata == 0, member, ~member).astype(float)
    assert stratified.auc(member, scores, strata).value == pytest.approx(4 / 16)


@pytest.mark.parametrize(("size", "gap"), [(10, 0.0), (40, 0.0), (40, 1.0), (200, 0.5)])
def test_the_interval_covers(size, gap):
    rng = np.random.default_rng([size, round(10 * gap)])
    member, strata = np.tile([True, False], 4 * size // 2), np.repeat(np.arange(4), size)
    truth, runs = norm.cdf(gap / np.sqrt(2)), 600
    covered = 0
    for _ in range(runs):
        estimate = stratified.auc(member, rng.normal(size=4 * size) + gap * member, strata)
        covered += estimate.low <= truth <= estimate.high
    assert covered >= binom.ppf(1e-4, runs, 0.95)


def test_standardized_ranks_have_one_variance_however_many_tie():
    rng = np.random.default_rng(0)
    strata = np.repeat([0, 1, 2], 50)
    scores = np.where(strata == 0, rng.normal(size=150), np.where(strata == 1, rng.integers(2, size=150), 3))
    ranks = stratified.standardized_ranks(scores, strata)
    for stratum, variance in ((0, 1), (1, 1), (2, 0)):
        assert ranks[strata == stratum].mean() == pytest.approx(0)
        assert ranks[strata == stratum].var() == pytest.approx(variance)


def test_random_labellings_are_all_labellings_of_the_strata():
    member = np.array([True, False, False, True, True, False, False])
    strata = np.array([0, 0, 0, 1, 1, 1, 1])
    values = 2.0 ** np.arange(7)[:, None]
    observed, random = permutation.labelled_sums(member, values, strata, np.random.default_rng(0), draws=5000)
    first = [2**i for i in range(3)]
    second = [2**i + 2**j for i, j in combinations(range(3, 7), 2)]
    sums, counts = np.unique(random, return_counts=True)
    assert sums.tolist() == sorted(a + b for a in first for b in second)
    assert counts.min() > binom.ppf(1e-6, 5000, 1 / 18)
    assert observed.tolist() == [1 + 8 + 16]


def test_labellings_are_drawn_in_parts(monkeypatch):
    monkeypatch.setattr(permutation, "AT_ONCE", 30)
    member, values = np.tile([True, False], 5), np.arange(20.0).reshape(10, 2)
    _, random = permutation.labelled_sums(
        member, values, np.zeros(10, int), np.random.default_rng(0), draws=100
    )
    assert random.shape == (100, 2)
    assert random.mean(axis=0) == pytest.approx([45, 50], abs=3)


def test_p_values_count_the_observed_value_and_ties():
    random = np.array([0.0, 1.0, 1.0, 2.0])
    assert permutation.at_least(np.array([3.0, 2.0, 1.0, -1.0]), random).tolist() == [0.2, 0.4, 0.8, 1.0]


def test_rounding_breaks_no_tie():
    """A sum of many single-precision values, in two orders, is one sum."""
    rng = np.random.default_rng(0)
    column = rng.choice([-1.3, 0.7], size=4000)
    member = np.tile([True, False], 2000)
    observed, random = permutation.labelled_sums(member, column[:, None], np.zeros(4000, int), rng, draws=200)
    exact = column[member].sum()
    ties = np.isclose(random[:, 0], exact, atol=0.5)
    larger = random[:, 0] > exact + 0.5
    p = permutation.at_least(observed, random[:, 0])
    assert p[0] == pytest.approx((ties.sum() + larger.sum() + 1) / 201)
