"""Bounds from guesses: closed forms, slow references, mechanisms for which they are tight."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import binom, norm

from mlleaks.errors import InputError
from mlleaks.stats.f_dp_one_run import f_dp_one_run_epsilon, f_dp_refutes
from mlleaks.stats.gaussian_dp import gaussian_epsilon
from mlleaks.stats.one_run import one_run_epsilon, one_run_p_value
from mlleaks.stats.refuting import STEP
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN

AUDITS = 500
MOST = binom.ppf(1 - 1e-5, AUDITS, 0.05)


@st.composite
def counts(draw, largest=60):
    canaries = draw(st.integers(1, largest))
    guesses = draw(st.integers(0, canaries))
    return draw(st.integers(0, guesses)), guesses, canaries


class TestPValue:
    @given(counts(), st.floats(0, 4), st.sampled_from([0.0, 1e-5, 1e-2]))
    def test_slow_reference(self, counts, epsilon, delta):
        """Term by term, with the chance of each number of correct guesses."""
        correct, guesses, canaries = counts
        q = math.exp(epsilon) / (1 + math.exp(epsilon))
        chance = [math.comb(guesses, k) * q**k * (1 - q) ** (guesses - k) for k in range(guesses + 1)]
        most = max((sum(chance[correct - i : correct]) / i for i in range(1, correct + 1)), default=0.0)
        slow = min(1.0, sum(chance[correct:]) + 2 * canaries * delta * most)
        assert one_run_p_value(*counts, epsilon=epsilon, delta=delta) == pytest.approx(slow, abs=1e-9)

    def test_a_mechanism_that_fails_with_probability_delta(self):
        """If it fails, it publishes all coins. It is (epsilon, delta)-DP, so the p-value covers it."""
        m, epsilon, delta = 20, 1.0, 0.004
        q = math.exp(epsilon) / (1 + math.exp(epsilon))
        for v in range(m + 1):
            chance = delta + (1 - delta) * binom.sf(v - 1, m, q)
            assert one_run_p_value(v, m, m, epsilon=epsilon, delta=delta) >= chance

    @given(counts(), st.floats(0, 3), st.floats(0, 3))
    def test_it_rises_with_epsilon(self, counts, a, b):
        low, high = (one_run_p_value(*counts, epsilon=e, delta=0.0) for e in sorted([a, b]))
        assert low <= high + 1e-12


class TestOneRunEpsilon:
    def test_all_correct_by_hand(self):
        """``q ** 100 = 0.05`` for ``q = 1 / (1 + exp(-epsilon))``."""
        q = 0.05 ** (1 / 100)
        assert one_run_epsilon(100, 100, 100, delta=0.0) == pytest.approx(math.log(q / (1 - q)), abs=2 * STEP)

    @given(counts())
    @settings(max_examples=30, deadline=None)
    def test_it_is_the_edge_of_what_is_refuted(self, counts):
        epsilon = one_run_epsilon(*counts)
        if epsilon > 0:
            assert one_run_p_value(*counts, epsilon=epsilon) <= 0.05 + 1e-12
        assert one_run_p_value(*counts, epsilon=epsilon + 2 * STEP) > 0.05

    def test_it_is_valid_where_it_is_tight(self):
        """Randomized response: in near 5 % of the runs, and no more, the bound is too high."""
        q = 1 / (1 + math.exp(-1.5))
        correct = np.random.default_rng(0).binomial(300, q, AUDITS)
        above = sum(one_run_epsilon(int(v), 300, 300, delta=0.0) > 1.5 for v in correct)
        assert binom.ppf(1e-5, AUDITS, 0.035) <= above <= MOST


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


class TestBadInput:
    @pytest.mark.parametrize("counts", [(3, 2, 10), (1, 11, 10), (-1, 5, 10)])
    @pytest.mark.parametrize("bound", [one_run_epsilon, f_dp_one_run_epsilon])
    def test_counts(self, bound, counts):
        with pytest.raises(InputError, match="expected 0 <= correct <= guesses <= canaries"):
            bound(*counts)

    @pytest.mark.parametrize("bound", [one_run_epsilon, f_dp_one_run_epsilon])
    @pytest.mark.parametrize("setting", [{"delta": 1.0}, {"delta": -1}, {"level": 0.0}, {"level": 1.0}])
    def test_settings(self, bound, setting):
        with pytest.raises(InputError, match=next(iter(setting))):
            bound(5, 5, 10, **setting)

    def test_p_value(self):
        with pytest.raises(InputError, match="guesses"):
            one_run_p_value(3, 2, 10, epsilon=1.0)
        with pytest.raises(InputError, match="epsilon"):
            one_run_p_value(2, 2, 10, epsilon=-1.0)
        with pytest.raises(InputError, match="delta"):
            one_run_p_value(2, 2, 10, epsilon=1.0, delta=1.0)
