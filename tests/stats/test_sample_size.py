"""How many runs a comparison takes, against a search from below and tabulated quantiles."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from mlleaks.stats.sample_size import runs_needed


@given(
    st.floats(0.001, 1), st.floats(0.05, 1), st.sampled_from([0.95, 0.975, 0.99, 0.995]), st.integers(2, 5)
)
def test_it_is_the_smallest_number_that_is_narrow_enough(spread, half_width, quantile, least):
    n = least
    while t.ppf(quantile, n - 1) * spread / math.sqrt(n) >= half_width:
        n += 1
    assert runs_needed(spread, half_width, quantile, least=least) == n


def test_the_known_quantiles_of_student():
    """Of 2 and 3 degrees of freedom 4.3027 and 3.1824, over the roots of 3 and 4: 2.484 and 1.591."""
    assert runs_needed(1, 2.485, 0.975) == 3
    assert runs_needed(1, 2.484, 0.975) == 4
    assert runs_needed(1, 1.592, 0.975) == 4
    assert runs_needed(1, 1.591, 0.975) == 5


def test_large_numbers_are_those_of_the_normal_distribution():
    assert runs_needed(1, 0.01, 0.975) == pytest.approx((1.959964 / 0.01) ** 2, rel=1e-3)
