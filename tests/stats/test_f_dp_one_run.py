"""Bounds from guesses and trade-off functions, against linear programs and simulated noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import binom, norm

from mlleaks.stats.f_dp_one_run import f_dp_one_run_epsilon, f_dp_refutes
from mlleaks.stats.gaussian_dp import gaussian_epsilon
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN

AUDITS = 500
MOST = binom.ppf(1 - 1e-5, AUDITS, 0.05)


@st.composite
def counts(draw, largest=60):
    canaries = draw(st.integers(1, largest))
    guesses = draw(st.integers(0, canaries))
    return draw(st.integers(0, guesses)), guesses, canaries


def most_probable(v, guesses, canaries, lines):
    """Return the largest probability of v or more correct guesses, by linear programming.

    ``lines`` are slopes and intercepts of tangents below the trade-off function's ``lowest_fpr``.
    """
    k, rows, limits = np.arange(guesses + 1), [], []
    for i in range(1, guesses + 1):
        r, h = k * (k >= i) / canaries, (guesses - k) * (k >= i - 1) / canaries
        for slope, intercept in lines:
            rows.append(slope * r - h)
            limits.append(-intercept)
    best = linprog(
        -(k >= v).astype(float),
        A_ub=np.array(rows),
        b_ub=limits,
        A_eq=np.ones((1, guesses + 1)),
        b_eq=[1],
        bounds=(0, 1),
    )
    return -best.fun


def largest_allowed(v, guesses, canaries, lowest_fpr):
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        refuted = f_dp_refutes(lowest_fpr, v, guesses, canaries, error=middle)
        low, high = (low, middle) if refuted else (middle, high)
    return low


class TestTradeOff:
    @pytest.mark.parametrize(
        ("v", "guesses", "canaries"), [(9, 10, 10), (10, 10, 30), (7, 10, 12), (14, 15, 40)]
    )
    @pytest.mark.parametrize("mu", [0.5, 1.0, 2.0])
    def test_gaussian_is_what_a_linear_program_allows(self, v, guesses, canaries, mu):
        z = np.linspace(-6, 6, 300)
        slopes = np.exp(norm.logpdf(z - mu) - norm.logpdf(z))
        lines = zip(slopes, norm.cdf(z - mu) - slopes * norm.cdf(z), strict=True)
        slow = most_probable(v, guesses, canaries, list(lines))
        fast = largest_allowed(v, guesses, canaries, lambda tpr: float(GAUSSIAN.lowest_fpr(tpr, mu, 0)))
        assert fast == pytest.approx(slow, rel=2e-3)

    @pytest.mark.parametrize(("v", "guesses", "canaries"), [(9, 10, 10), (10, 10, 30), (14, 15, 40)])
    @pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 0.0), (1.0, 0.01), (2.0, 1e-5)])
    def test_approximate_is_what_a_linear_program_allows(self, v, guesses, canaries, epsilon, delta):
        e = math.exp(epsilon)
        slow = most_probable(v, guesses, canaries, [(1 / e, -delta / e), (e, 1 - delta - e)])
        fast = largest_allowed(
            v, guesses, canaries, lambda tpr: float(APPROXIMATE.lowest_fpr(tpr, epsilon, delta))
        )
        assert fast == pytest.approx(slow, rel=1e-6)

    @given(counts(), st.sampled_from([0.3, 1.0, 2.5]))
    def test_independent_guesses_are_allowed(self, counts, mu):
        """Gaussian noise on each coin: guesses that are correct with Phi(mu / 2) are not refuted."""
        correct, guesses, canaries = counts
        chance = binom.sf(correct - 1, guesses, norm.cdf(mu / 2)) if guesses == canaries else 0.0
        if 1e-6 < chance < 1:
            assert not f_dp_refutes(
                lambda tpr: float(GAUSSIAN.lowest_fpr(tpr, mu, 0)), *counts, error=chance * (1 - 1e-9)
            )

    def test_gaussian_noise_on_all_coins(self):
        rng, truth = np.random.default_rng(1), gaussian_epsilon(1.0, 1e-5)
        correct = rng.binomial(200, norm.cdf(0.5), AUDITS)
        bounds = {v: f_dp_one_run_epsilon(int(v), 200, 200) for v in set(correct.tolist())}
        assert sum(bounds[v] > truth for v in correct.tolist()) <= MOST
        assert np.mean([bounds[v] for v in correct.tolist()]) > 1

    @pytest.mark.parametrize("tradeoff", [GAUSSIAN, APPROXIMATE], ids=["gaussian", "approximate"])
    def test_monotone(self, tradeoff):
        def bound(correct, **settings):
            return f_dp_one_run_epsilon(correct, 100, 400, tradeoff=tradeoff, **settings)

        rising = [bound(v) for v in range(60, 101, 5)]
        assert rising == sorted(rising)
        assert rising[-1] > rising[3] > 0
        assert bound(90, level=0.9) >= bound(90) >= bound(90, level=0.99)
        assert bound(90, delta=1e-7) >= bound(90) >= bound(90, delta=0.01)

    def test_no_better_than_coins(self):
        assert f_dp_one_run_epsilon(50, 100, 100) == 0
        assert f_dp_one_run_epsilon(0, 0, 100) == 0
