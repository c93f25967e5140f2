"""Lower bounds on epsilon from the scores of one run: valid also where the scores depend on each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from mlleaks.errors import InputError
from mlleaks.stats.canaries import _tests, fewest_canaries, highest_one_run_bound, one_run_lower_bound
from mlleaks.stats.gaussian_dp import gaussian_epsilon, gaussian_mu
from mlleaks.stats.guess_methods import BINOMIAL, F_DP, f_dp
from mlleaks.stats.tradeoff import APPROXIMATE

AUDITS, N = 300, 400
MOST = binom.ppf(1 - 1e-5, AUDITS, 0.05)
methods = pytest.mark.parametrize("method", [BINOMIAL, F_DP], ids=["binomial", "f-DP"])


def coins(rng):
    return rng.random(N) < 0.5


class TestValidity:
    def test_randomized_response_for_which_the_bound_is_tight(self):
        rng, above = np.random.default_rng(0), 0
        for _ in range(AUDITS):
            member = coins(rng)
            scores = (member ^ (rng.random(N) < 1 / (1 + math.e))).astype(float)
            bound = one_run_lower_bound(member, scores, delta=0.0, method=BINOMIAL, rng=rng)
            above += bound.epsilon > 1.0
        assert above <= MOST

    @methods
    def test_noise_that_all_records_share(self, method):
        """Half of the noise is common, so the scores depend on each other; each coin has noise of its own."""
        rng, mu, above = np.random.default_rng(1), 0.7, 0
        truth = gaussian_epsilon(mu, 1e-5)
        for _ in range(AUDITS):
            member = coins(rng)
            scores = rng.normal(size=N) + rng.normal() + mu * member
            above += one_run_lower_bound(member, scores, method=method).epsilon > truth
        assert above <= MOST

    @pytest.mark.parametrize("n", [1, 2, 15, 16, 40, 400, 100_000])
    def test_the_tests_share_the_allowed_error(self, n):
        tests = list(_tests(n, 0.05))
        assert sum(error for _, _, error in tests) <= 0.05 + 1e-12
        assert all(top + bottom <= n for top, bottom, _ in tests)

    @methods
    def test_no_leak_and_five_attacks(self, method):
        rng, above = np.random.default_rng(2), 0
        for _ in range(AUDITS):
            attacks = {str(i): rng.normal(size=N).round(i) for i in range(5)}
            above += one_run_lower_bound(coins(rng), attacks, method=method, rng=rng).epsilon > 0
        assert above <= MOST

    def test_this_simulation_detects_the_best_of_five_attacks_without_correction(self):
        rng, above = np.random.default_rng(2), 0
        for _ in range(AUDITS):
            member = coins(rng)
            attacks = [rng.normal(size=N) for _ in range(5)]
            above += max(one_run_lower_bound(member, s, method=BINOMIAL).epsilon for s in attacks) > 0
        assert above > MOST


class TestHeight:
    def test_it_is_high_enough_to_be_of_use(self):
        """2,000 canaries of Gaussian noise at epsilon 4.38."""
        rng, bounds = np.random.default_rng(3), []
        for _ in range(30):
            member = rng.random(2000) < 0.5
            scores = rng.normal(size=2000) + gaussian_mu(4.38, 1e-5) * member
            bounds.append(
                [one_run_lower_bound(member, scores, method=method).epsilon for method in (BINOMIAL, F_DP)]
            )
        assert (np.mean(bounds, axis=0) > [1.5, 2.1]).all()

    def test_one_end_alone(self):
        rng = np.random.default_rng(4)
        member = coins(rng)
        scores = rng.normal(size=N)
        scores[np.flatnonzero(member)[:30]] += 10
        bound = one_run_lower_bound(member, scores, method=BINOMIAL)
        assert bound.epsilon > 1
        assert "the 0 lowest" in bound.decision
        mirrored = one_run_lower_bound(~member, -scores, method=BINOMIAL)
        assert mirrored.epsilon == bound.epsilon
        assert "the 0 highest" in mirrored.decision

    @pytest.mark.parametrize("n", [2, 3, 5, 20])
    def test_few_canaries(self, n):
        member = np.arange(n) % 2 == 0
        bound = one_run_lower_bound(member, member * 1.0, method=BINOMIAL)
        assert 0 <= bound.epsilon < 3

    def test_few_canaries_and_several_attacks(self):
        member = np.array([True, True, False, False])
        assert one_run_lower_bound(member, {"a": member * 1.0, "b": member * 0.5}).epsilon == 0


class TestWhatItSays:
    def test_attack_method_and_assumption(self):
        rng = np.random.default_rng(5)
        member = coins(rng)
        method = f_dp(APPROXIMATE)
        bound = one_run_lower_bound(
            member, {"random": rng.normal(size=N), "loss": member * 1.0}, method=method
        )
        assert bound.attack == "loss"
        assert bound.epsilon > 2
        assert "f-DP" in bound.method
        assert "coin" in bound.assumption
        assert "(epsilon, delta)-DP" in bound.assumption
        assert "Gaussian" in one_run_lower_bound(member, member * 1.0, method=F_DP).assumption

    def test_levels(self):
        rng = np.random.default_rng(6)
        member = coins(rng)
        scores = rng.normal(size=N) + 2 * member
        bounds = [
            one_run_lower_bound(member, scores, level=level).epsilon for level in (0.5, 0.9, 0.95, 0.999)
        ]
        assert bounds == sorted(bounds, reverse=True)
        assert bounds[0] > bounds[-1] > 0


class TestBadInput:
    def test_numbers_that_fair_coins_do_not_show(self):
        with pytest.raises(InputError, match="20 members among 400 records; expected about half"):
            one_run_lower_bound(np.arange(400) < 20, np.zeros(400))

    @pytest.mark.parametrize("setting", [{"delta": 1.0}, {"delta": -1}, {"level": 0.0}, {"level": 1.0}])
    def test_settings(self, setting):
        with pytest.raises(InputError, match=next(iter(setting))):
            one_run_lower_bound(np.array([True, False]), np.zeros(2), **setting)

    def test_scores(self):
        with pytest.raises(InputError, match="nan"):
            one_run_lower_bound(np.array([True, False]), np.array([0.0, np.nan]))
        with pytest.raises(InputError, match="0 members"):
            one_run_lower_bound(np.zeros(3, dtype=bool), np.zeros(3))


@pytest.mark.parametrize("attacks", [1, 6])
@pytest.mark.parametrize("method", [BINOMIAL, F_DP])
def test_no_scores_give_a_higher_bound_than_perfect_ones(attacks, method):
    member = np.arange(400) % 2 == 0
    scores = {f"attack {i}": member.astype(float) for i in range(attacks)}
    highest = highest_one_run_bound(400, attacks=attacks, method=method)
    bounds = [
        one_run_lower_bound(member, scores, method=method, rng=np.random.default_rng(seed)).epsilon
        for seed in range(5)
    ]
    assert bounds == pytest.approx([highest] * 5, abs=1e-4)


def test_the_fewest_canaries_are_the_first_that_bound_anything():
    for attacks in (1, 6):
        n = fewest_canaries(attacks=attacks)
        assert highest_one_run_bound(n, attacks=attacks) > 0
        assert not any(highest_one_run_bound(k, attacks=attacks) for k in range(n))
    assert fewest_canaries(delta=0.3) is None
    assert fewest_canaries(level=0.5) < fewest_canaries(level=0.999)


@pytest.mark.parametrize(("delta", "level"), [(1.0, 0.95), (1e-5, 1.0)])
def test_the_highest_bound_needs_settings_in_range(delta, level):
    with pytest.raises(InputError, match="expected a number in"):
        highest_one_run_bound(100, delta=delta, level=level)
