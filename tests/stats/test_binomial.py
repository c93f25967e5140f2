"""Limits of a share: against their definitions, and how often each side misses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from mlleaks.stats.binomial import exact_high, exact_low, midp_high, midp_low

ERRORS = st.sampled_from([0.5, 0.3, 0.025, 0.001, 1e-5])


@given(st.integers(1, 3000), st.data(), ERRORS)
def test_exact_limits_are_beta_quantiles(n, data, error):
    k = data.draw(st.integers(0, n))
    assert float(exact_low(k, n, error)) == pytest.approx(beta.ppf(error, k, n - k + 1) if k else 0)
    assert float(exact_high(k, n, error)) == pytest.approx(beta.isf(error, k + 1, n - k) if k < n else 1)


@given(st.integers(1, 3000), st.data(), ERRORS)
def test_mid_p_limits_solve_their_equation_and_lie_inside_the_exact_ones(n, data, error):
    k = data.draw(st.integers(0, n))
    low, high = float(midp_low(k, n, error)), float(midp_high(k, n, error))
    if k:
        assert binom.sf(k, n, low) + binom.pmf(k, n, low) / 2 == pytest.approx(error, rel=1e-6)
    else:
        assert low == 0
    assert high == pytest.approx(1 - float(midp_low(n - k, n, error)))
    assert exact_low(k, n, error) - 1e-12 <= low
    assert high <= exact_high(k, n, error) + 1e-12


def test_they_take_arrays_and_halves():
    counts, errors = np.array([0, 0.5, 3, 3.5, 20]), np.array([0.1, 0.025, 0.025, 0.025, 0.025])
    limits = midp_low(counts, 20, errors)
    assert limits == pytest.approx([float(midp_low(x, 20, e)) for x, e in zip(counts, errors, strict=True)])
    assert (np.diff(limits) > 0).all()


@pytest.mark.parametrize("n", [100, 400])
def test_mid_p_limits_miss_as_often_as_they_may_on_average(n):
    k, rates = np.arange(n + 1), np.linspace(0.1, 0.9, 801)[:, None]
    missed = (binom.pmf(k, n, rates) * (midp_low(k, n, 0.025) > rates)).sum(axis=1)
    exact = (binom.pmf(k, n, rates) * (exact_low(k, n, 0.025) > rates)).sum(axis=1)
    assert exact.max() <= 0.025
    assert exact.mean() < missed.mean() - 0.001
    assert 0.022 < missed.mean() < 0.027
