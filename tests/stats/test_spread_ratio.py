"""The ratio of two standard deviations: a tabulated quantile, symmetry, coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlleaks.stats.spread_ratio import spread_ratio


def test_the_known_quantile_of_fisher():
    """Of 4 and 4 degrees of freedom the 97.5 % quantile is 9.605."""
    value, low, high = spread_ratio([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
    assert value == pytest.approx(0.5)
    assert (low, high) == pytest.approx((0.5 / math.sqrt(9.6045), 0.5 * math.sqrt(9.6045)), rel=1e-4)


def test_the_other_way_round_is_the_inverse():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=4), rng.normal(size=7)
    value, low, high = spread_ratio(a, b)
    assert spread_ratio(b, a) == pytest.approx((1 / value, 1 / high, 1 / low))


def test_values_that_are_all_the_same_have_no_ratio():
    assert all(map(math.isnan, spread_ratio([1, 1, 1], [1, 2, 3])))


def test_it_covers_the_true_ratio():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        _, low, high = spread_ratio(rng.normal(0, 3, 3), rng.normal(0, 2, 3))
        covered += low <= 1.5 <= high
    assert covered == pytest.approx(1900, abs=3 * math.sqrt(2000 * 0.95 * 0.05))
