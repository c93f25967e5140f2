"""A bound on epsilon from one decision: by hand, and valid where it is tight."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta, binom, norm

from mlleaks.errors import InputError
from mlleaks.stats.decision_epsilon import epsilon_of_decision
from mlleaks.stats.gaussian_dp import gaussian_epsilon
from mlleaks.stats.refuting import STEP
from mlleaks.stats.tradeoff import GAUSSIAN

MEMBER = np.repeat([True, False], 200)
AUDITS = 400
MOST = binom.ppf(1 - 1e-5, AUDITS, 0.05)
"""A bound that is valid at 95 % is above the truth more often than this in one of 100,000 test runs."""


def randomized_response(rng, epsilon):
    return (MEMBER ^ (rng.random(len(MEMBER)) < 1 / (1 + math.exp(epsilon)))).astype(float)


class TestDecision:
    def test_by_hand(self):
        """No false positive among 200: the limit is 1 - 0.025 ** (1 / 200)."""
        flagged = MEMBER & (np.arange(400) % 2 == 0)
        tpr, fpr = beta.ppf(0.025, 100, 101), 1 - 0.025 ** (1 / 200)
        bound = epsilon_of_decision(MEMBER, flagged, delta=1e-3)
        assert bound.epsilon == pytest.approx(math.log((tpr - 1e-3) / fpr), abs=2 * STEP)
        gaussian = epsilon_of_decision(MEMBER, flagged, delta=1e-3, tradeoff=GAUSSIAN)
        assert gaussian.epsilon == pytest.approx(
            gaussian_epsilon(norm.ppf(tpr) - norm.ppf(fpr), 1e-3), abs=1e-3
        )

    def test_certain_nonmembers_count_alike(self):
        flagged = MEMBER & (np.arange(400) % 2 == 0)
        mirrored = epsilon_of_decision(~MEMBER, ~flagged)
        assert mirrored.epsilon == epsilon_of_decision(MEMBER, flagged).epsilon

    def test_it_is_valid_where_it_is_tight(self):
        rng = np.random.default_rng(7)
        bounds = [
            epsilon_of_decision(MEMBER, randomized_response(rng, 1.0) > 0, delta=0.0).epsilon
            for _ in range(AUDITS)
        ]
        assert sum(bound > 1.0 for bound in bounds) <= MOST

    @pytest.mark.parametrize(
        ("member", "flagged"),
        [([True, True], [True, True]), ([False], [True]), ([True, False], [True]), ([], [])],
    )
    def test_bad_input(self, member, flagged):
        with pytest.raises(InputError, match="expected members, non-members"):
            epsilon_of_decision(np.array(member, dtype=bool), np.array(flagged, dtype=bool))
