"""Intervals of means over seeds: closed forms, coverage of a known truth, and never a width of 0."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from mlleaks.stats import shares
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.over_seeds import (
    MOST,
    SeedDifference,
    SeedMean,
    difference_over_seeds,
    mean_over_seeds,
)

LEVELS = st.sampled_from([0.9, 0.95, 0.99])
REACH = st.floats(0.001, 0.2)


@given(st.floats(0, 0.2), st.integers(3, 20), REACH, LEVELS)
def test_it_is_never_narrower_than_its_parts(spread, seeds, own, level):
    mean = SeedMean(0.5, spread, seeds, own, own)
    scaled = own * norm.ppf((1 + level) / 2) / norm.ppf(0.975)
    half = mean.half_width(level)
    assert half >= t.ppf((1 + level) / 2, seeds - 1) * spread / math.sqrt(seeds) - 1e-12
    assert half >= scaled * math.sqrt(0.25 + 0.75 / seeds) - 1e-12
    assert half > 0


@given(st.floats(0, 0.2), st.integers(3, 20), REACH, LEVELS)
def test_a_difference_is_between_students_interval_and_that_of_a_figure(spread, seeds, own, level):
    alone, paired = (kind(0.5, spread, seeds, own, own) for kind in (SeedMean, SeedDifference))
    assert t.ppf((1 + level) / 2, seeds - 1) * spread / math.sqrt(seeds) - 1e-12 <= paired.half_width(level)
    assert paired.half_width(level) <= alone.half_width(level) + 1e-12
    assert paired.half_width(level) > 0


@pytest.mark.parametrize("seeds", [1, 2])
def test_with_few_seeds_it_is_that_of_one_run(seeds):
    mean = SeedMean(0.5, 0.0, seeds, 0.1, 0.2)
    assert mean.interval() == pytest.approx((0.4, 0.7))
    assert not mean.has_spread
    assert mean.seeds_for(0.1) is None


@given(st.floats(0.0, 0.1), st.floats(0.0, 0.03), st.sampled_from([SeedMean, SeedDifference]), LEVELS)
def test_seeds_needed_are_the_fewest_that_are_narrow_enough(spread, own, kind, level):
    mean, wanted = kind(0.5, spread, 4, own, own), 0.02
    needed = mean.seeds_for(wanted, level)

    def half(seeds):
        return kind(0.5, spread, seeds, own, own).half_width(level)

    if needed is None:
        assert half(MOST) >= wanted
    else:
        assert half(needed) < wanted
        assert needed == 3 or half(needed - 1) >= wanted


def test_what_does_not_vary_between_seeds_is_added_in_squares():
    bare, fixed = (SeedMean(0.5, 0.01, 3, 0.02, 0.02, fixed=f) for f in (0.0, 0.03))
    assert fixed.half_width() == pytest.approx(math.hypot(bare.half_width(), 0.03))


def test_undefined_runs_do_not_count():
    nan = math.nan
    assert mean_over_seeds([nan, 0.4, nan, 0.6], [nan, 0.3, nan, 0.5], [nan, 0.5, nan, 0.8]).seeds == 2
    none = mean_over_seeds([nan], [nan], [nan])
    assert none.seeds == 0
    assert all(map(math.isnan, none.interval()))


def test_unknown_ends_count_as_the_value():
    mean = mean_over_seeds([0.4, 0.5, 0.6], [math.nan] * 3, [math.nan] * 3)
    assert mean.interval() == pytest.approx((0.5 - 4.302653 * 0.1 / math.sqrt(3), 0.5 + 0.2484138), abs=1e-6)


def accuracy_over_seeds(rng, n, seeds, spread):
    """The accuracy on quarters of the same 4 n records, of trainings that differ."""
    own = rng.random(4 * n)
    runs = []
    for shift in rng.normal(0, spread, seeds):
        cut = own[rng.permutation(4 * n)[:n]]
        runs.append(shares.share(int((cut < 0.7 + shift).sum()), n))
    return mean_over_seeds([r.value for r in runs], [r.low for r in runs], [r.high for r in runs])


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.02, 0.06])
@pytest.mark.parametrize("seeds", [3, 10])
def test_it_covers_the_truth_where_students_interval_does_not(spread, seeds):
    """Of 400 comparisons 93 % or more, less three standard errors; Student's *t* covers less."""
    rng = np.random.default_rng([seeds, round(1000 * spread)])
    covered = students = 0
    for _ in range(400):
        mean = accuracy_over_seeds(rng, 200, seeds, spread)
        low, high = mean.interval()
        covered += low <= 0.7 <= high
        half = t.ppf(0.975, seeds - 1) * mean.spread / math.sqrt(seeds)
        students += abs(mean.value - 0.7) <= half
    assert covered >= 400 * (0.93 - 3 * math.sqrt(0.93 * 0.07 / 400))
    assert covered >= students
    if spread == 0.0 and seeds == 10:
        assert students < 400 * 0.8


@pytest.mark.slow
def test_a_difference_of_one_training_from_another_like_it_is_seldom_decided():
    """Two trainings of one kind on the same cuts: 5 % of the intervals may exclude 0."""
    rng = np.random.default_rng(0)
    decided = 0
    for _ in range(400):
        runs = []
        for _ in range(5):
            a, b = (shares.share(rng.binomial(100, 0.7 + rng.normal(0, 0.05)), 100) for _ in "ab")
            runs.append(shares.difference(a, b))
        low, high = difference_over_seeds(runs).interval()
        decided += low > 0 or high < 0
    assert decided <= 400 * (0.05 + 3 * math.sqrt(0.05 * 0.95 / 400))


def test_a_difference_on_which_all_seeds_agree_has_a_width():
    runs = [Estimate(0.1, 0.06, 0.14, "")] * 3
    low, high = difference_over_seeds(runs).interval()
    half = 0.04 * math.sqrt(0.5)
    assert (low, high) == pytest.approx((0.1 - half, 0.1 + half))
