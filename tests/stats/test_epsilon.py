"""Lower bounds on epsilon from independent scores: valid for the best of all tests, and high enough."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom

from mlleaks.errors import InputError
from mlleaks.stats.attack_choice import RankedScores
from mlleaks.stats.decision_epsilon import epsilon_of_decision
from mlleaks.stats.epsilon import _tests, epsilon_lower_bound
from mlleaks.stats.exceedance import ladder, members_above, nonmembers_below
from mlleaks.stats.gaussian_dp import gaussian_epsilon, gaussian_mu
from mlleaks.stats.refuting import STEP, largest_refuted
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN

MEMBER = np.repeat([True, False], 200)
AUDITS = 400
MOST = binom.ppf(1 - 1e-5, AUDITS, 0.05)
"""A bound that is valid at 95 % is above the truth more often than this in one of 100,000 test runs."""


def gaussian_noise(rng, mu):
    return rng.normal(size=len(MEMBER)) + mu * MEMBER


def randomized_response(rng, epsilon):
    return (MEMBER ^ (rng.random(len(MEMBER)) < 1 / (1 + math.exp(epsilon)))).astype(float)


def uncorrected(scores, tradeoff, delta):
    """Return the best bound of the same tests, each at the full error: what a correction is for."""
    order = np.argsort(np.argsort(scores))
    best = 0.0
    for count in (members_above, nonmembers_below):
        for rank in ladder(200):
            p_value = count(MEMBER, order, rank).p_value()
            best = max(
                best,
                largest_refuted(
                    lambda s, p_value=p_value: p_value(lambda u: tradeoff.highest_tpr(u, s, delta)) <= 0.05
                ),
            )
    return best


class TestValidity:
    @pytest.mark.slow
    def test_randomized_response_for_which_the_bound_is_tight(self):
        rng = np.random.default_rng(0)
        bounds = [
            epsilon_lower_bound(MEMBER, randomized_response(rng, 1.0), delta=0.0, rng=rng).epsilon
            for _ in range(AUDITS)
        ]
        assert sum(bound > 1.0 for bound in bounds) <= MOST

    @pytest.mark.slow
    def test_ties_are_not_in_the_same_order_in_each_audit(self):
        """The records stand in the same order, members first, and no generator is passed."""
        rng = np.random.default_rng(8)
        bounds = [
            epsilon_lower_bound(MEMBER, randomized_response(rng, 0.5), delta=0.0).epsilon
            for _ in range(AUDITS)
        ]
        assert sum(bound > 0.5 for bound in bounds) <= MOST

    @pytest.mark.slow
    def test_gaussian_noise_for_which_the_gaussian_bound_is_tight(self):
        rng, truth = np.random.default_rng(1), gaussian_epsilon(1.0, 1e-5)
        bounds = [
            epsilon_lower_bound(MEMBER, gaussian_noise(rng, 1.0), tradeoff=GAUSSIAN).epsilon
            for _ in range(AUDITS)
        ]
        assert sum(bound > truth for bound in bounds) <= MOST

    @pytest.mark.slow
    def test_this_simulation_detects_a_bound_without_correction(self):
        rng = np.random.default_rng(1)
        bounds = [uncorrected(gaussian_noise(rng, 1.0), GAUSSIAN, 1e-5) for _ in range(AUDITS)]
        assert sum(bound > 1.0 for bound in bounds) > MOST

    @pytest.mark.parametrize("n", [1, 2, 7, 400, 100_000])
    def test_the_tests_share_the_allowed_error(self, n):
        member = np.arange(2 * n) % 2 == 0
        records = RankedScores(member, np.arange(2 * n), "")
        errors = [error for _, error, _ in _tests(records, 0.05)]
        assert sum(errors) <= 0.05 + 1e-12
        assert min(errors) > 0

    @pytest.mark.slow
    @pytest.mark.parametrize("tradeoff", [APPROXIMATE, GAUSSIAN], ids=["approximate", "gaussian"])
    def test_no_leak_and_five_attacks(self, tradeoff):
        rng = np.random.default_rng(2)
        above = 0
        for _ in range(AUDITS):
            attacks = {str(i): rng.normal(size=400).round(i) for i in range(5)}
            above += epsilon_lower_bound(MEMBER, attacks, tradeoff=tradeoff, rng=rng).epsilon > 0
        assert above <= MOST


class TestHeight:
    def test_it_is_high_enough_to_be_of_use(self):
        """1,000 and 1,000 records of Gaussian noise at epsilon 4.38."""
        rng, member = np.random.default_rng(3), np.repeat([True, False], 1000)
        mu = gaussian_mu(4.38, 1e-5)
        audits = [rng.normal(size=2000) + mu * member for _ in range(40)]
        assert np.mean([epsilon_lower_bound(member, scores).epsilon for scores in audits]) > 1.45
        gaussian = [epsilon_lower_bound(member, scores, tradeoff=GAUSSIAN).epsilon for scores in audits]
        assert np.mean(gaussian) > 3.6

    def test_a_leak_of_few_records_is_bounded_by_its_tail(self):
        scores = np.random.default_rng(4).normal(size=400)
        scores[:40] += 10
        bound = epsilon_lower_bound(MEMBER, scores)
        assert bound.epsilon > 1.5
        assert bound.decision.startswith("members above")

    def test_nonmembers_that_are_known_for_certain_count_too(self):
        scores = np.random.default_rng(4).normal(size=400)
        scores[-40:] -= 10
        bound = epsilon_lower_bound(MEMBER, scores)
        assert bound.epsilon > 1.5
        assert bound.decision.startswith("non-members below")

    def test_perfect_separation_by_hand(self):
        """All 200 of one group lie beyond the outermost of the other; that test has a part of the error."""
        bound = epsilon_lower_bound(MEMBER, MEMBER + np.linspace(0, 0.1, 400), delta=0.0)
        error = 0.7 * 0.05 / (2 * len(ladder(200)) - 1)
        q = (np.arange(100_000) + 0.5) / 100_000
        fpr = beta.ppf(q, 1, 200)
        p = np.mean(APPROXIMATE.highest_tpr(fpr, bound.epsilon, 0.0) ** 200)
        assert p == pytest.approx(error, rel=0.02)

    def test_two_values_are_a_decision(self):
        rng = np.random.default_rng(5)
        bounds = [
            epsilon_lower_bound(MEMBER, randomized_response(rng, 3.0), rng=rng).epsilon for _ in range(20)
        ]
        assert 2.0 < np.mean(bounds) < 3.0


class TestMonotone:
    scores = np.random.default_rng(6).normal(size=400) + 1.5 * MEMBER

    @pytest.mark.parametrize("tradeoff", [APPROXIMATE, GAUSSIAN], ids=["approximate", "gaussian"])
    def test_in_level_and_delta(self, tradeoff):
        def bound(**settings):
            return epsilon_lower_bound(MEMBER, self.scores, tradeoff=tradeoff, **settings).epsilon

        levels = [bound(level=level) for level in (0.5, 0.9, 0.95, 0.999)]
        assert levels == sorted(levels, reverse=True)
        deltas = [bound(delta=delta) for delta in (0.0, 1e-5, 1e-2, 0.5)]
        assert deltas == sorted(deltas, reverse=True)

    @given(st.integers(0, 199), st.floats(0, 5))
    @settings(max_examples=20, deadline=None)
    def test_a_member_that_scores_higher_never_lowers_it(self, i, lift):
        lifted = self.scores.copy()
        lifted[i] += lift
        before, after = (epsilon_lower_bound(MEMBER, s, delta=0.0).epsilon for s in (self.scores, lifted))
        assert after >= before - STEP

    def test_only_the_order_of_the_scores_counts(self):
        assert epsilon_lower_bound(MEMBER, self.scores) == epsilon_lower_bound(MEMBER, np.exp(self.scores))

    def test_gaussian_without_delta_is_infinite(self):
        assert epsilon_lower_bound(MEMBER, self.scores, delta=0.0, tradeoff=GAUSSIAN).epsilon == math.inf


class TestWhatItSays:
    def test_attack_level_and_assumption(self):
        scores = TestMonotone.scores
        bound = epsilon_lower_bound(
            MEMBER, {"loss": scores, "random": scores[::-1]}, tradeoff=GAUSSIAN, level=0.9
        )
        assert bound.attack == "loss"
        assert (bound.delta, bound.level) == (1e-5, 0.9)
        assert "independent" in bound.assumption
        assert "Gaussian" in bound.assumption

    def test_nothing_refuted(self):
        bound = epsilon_lower_bound(MEMBER, -TestMonotone.scores)
        assert (bound.epsilon, bound.decision) == (0.0, "")


class TestBadInput:
    @pytest.mark.parametrize("bound", [epsilon_lower_bound, epsilon_of_decision])
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"delta": 1.0}, "delta"),
            ({"delta": -0.1}, "delta"),
            ({"level": 1.0}, "level"),
            ({"level": 0}, "level"),
        ],
    )
    def test_settings(self, bound, settings, message):
        with pytest.raises(InputError, match=message):
            bound(MEMBER, MEMBER, **settings)

    def test_scores(self):
        with pytest.raises(InputError, match="nan"):
            epsilon_lower_bound(MEMBER, np.where(MEMBER, 1.0, np.nan))
        with pytest.raises(InputError, match="0 members"):
            epsilon_lower_bound(np.zeros(9, dtype=bool), np.zeros(9))
