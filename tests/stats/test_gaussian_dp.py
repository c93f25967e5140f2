"""Gaussian differential privacy: the closed forms against an integral, their inverses, bad settings."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from mlleaks.errors import InputError
from mlleaks.stats.gaussian_dp import check_delta, check_level, gaussian_delta, gaussian_epsilon, gaussian_mu
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN

shares = st.floats(0.001, 0.999)
families = pytest.mark.parametrize("family", [APPROXIMATE, GAUSSIAN], ids=["approximate", "gaussian"])


class TestGaussian:
    @settings(max_examples=30, deadline=None)
    @given(st.floats(0.05, 4), st.floats(0, 10))
    def test_delta_is_the_integral_of_what_exceeds_the_ratio(self, mu, epsilon):
        """Hockey-stick divergence of two normal distributions: (p - e^epsilon q)+ over the outcomes."""

        def excess(x):
            return math.exp(-((x - mu) ** 2) / 2) - math.exp(epsilon - x**2 / 2)

        crossing = epsilon / mu + mu / 2
        integral = quad(excess, crossing, crossing + 12, epsabs=1e-13)[0] / math.sqrt(2 * math.pi)
        assert gaussian_delta(mu, epsilon) == pytest.approx(integral, rel=1e-5, abs=1e-12)

    @given(st.floats(0.01, 20), st.floats(1e-12, 0.3))
    def test_epsilon_solves_delta(self, mu, delta):
        epsilon = gaussian_epsilon(mu, delta)
        if epsilon > 0:
            assert gaussian_delta(mu, epsilon) == pytest.approx(delta, rel=1e-6)
        else:
            assert gaussian_delta(mu, 0) <= delta

    @given(st.floats(0.01, 30), st.floats(1e-9, 0.3))
    def test_mu_inverts_epsilon(self, epsilon, delta):
        assert gaussian_epsilon(gaussian_mu(epsilon, delta), delta) == pytest.approx(epsilon, rel=1e-6)

    def test_at_epsilon_zero_delta_is_the_advantage(self):
        assert gaussian_delta(1.3, 0) == pytest.approx(2 * norm.cdf(0.65) - 1)

    def test_extremes(self):
        assert gaussian_epsilon(0.5, 0) == math.inf
        assert gaussian_epsilon(0, 0) == gaussian_delta(0, 0) == 0
        assert gaussian_epsilon(40, 1e-5) == pytest.approx(40**2 / 2 + 40 * norm.isf(1e-5), rel=0.01)

    @given(st.floats(0.01, 5), st.floats(0.01, 5))
    def test_more_mu_is_more_epsilon(self, a, b):
        low, high = sorted([a, b])
        assert gaussian_epsilon(low, 1e-5) <= gaussian_epsilon(high, 1e-5) + 1e-9


class TestBadInput:
    @pytest.mark.parametrize("delta", [-1e-9, 1.0, 2.0, math.nan])
    def test_delta(self, delta):
        with pytest.raises(InputError, match=r"delta = .*\[0, 1\)"):
            check_delta(delta)
        with pytest.raises(InputError, match="delta"):
            gaussian_epsilon(1.0, delta)
        with pytest.raises(InputError, match="delta"):
            gaussian_mu(1.0, delta)

    @pytest.mark.parametrize("level", [0.0, 1.0, -0.5, math.nan])
    def test_level(self, level):
        with pytest.raises(InputError, match=r"level = .*\(0, 1\)"):
            check_level(level)

    @pytest.mark.parametrize("value", [-0.1, math.nan])
    def test_mu_and_epsilon(self, value):
        with pytest.raises(InputError, match="mu"):
            gaussian_epsilon(value, 1e-5)
        with pytest.raises(InputError, match="epsilon"):
            gaussian_mu(value, 1e-5)
