"""Bounds from guesses: closed forms, slow references, mechanisms for which they are tight."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from mlleaks.errors import InputError
from mlleaks.stats.f_dp_one_run import f_dp_one_run_epsilon
from mlleaks.stats.one_run import one_run_epsilon, one_run_p_value
from mlleaks.stats.refuting import STEP

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
