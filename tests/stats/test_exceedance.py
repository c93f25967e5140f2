"""How many members lie beyond order statistics: closed forms, a slow integral, a simulated mechanism."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, binom, nhypergeom, norm

from mlleaks.stats.exceedance import Exceedance, ladder, members_above, nonmembers_below
from mlleaks.stats.tradeoff import APPROXIMATE, GAUSSIAN


@st.composite
def exceedances(draw, largest=40):
    group, reference = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    return Exceedance(draw(st.integers(0, group)), group, draw(st.integers(1, reference)), reference)


class TestPValue:
    @given(exceedances())
    def test_without_a_leak_it_is_negative_hypergeometric(self, counts):
        """How many of the group come before the ``rank``-th of the reference in a random order?"""
        total = counts.group + counts.reference
        exact = nhypergeom.sf(counts.beyond - 1, total, counts.group, counts.rank)
        assert counts.p_value()(lambda fpr: fpr) == pytest.approx(exact, rel=0.02, abs=1e-6)

    @pytest.mark.parametrize(
        ("family", "strength"), [(GAUSSIAN, 0.7), (GAUSSIAN, 2.5), (APPROXIMATE, 1.0), (APPROXIMATE, 3.0)]
    )
    @settings(max_examples=20, deadline=None)
    @given(counts=exceedances())
    def test_with_a_leak_it_is_the_integral_over_the_false_positive_rate(self, family, strength, counts):
        fprs = beta(counts.rank, counts.reference - counts.rank + 1)

        def integrand(u):
            tpr = family.highest_tpr(u, strength, 1e-5)
            return fprs.pdf(u) * binom.sf(counts.beyond - 1, counts.group, tpr)

        slow = quad(integrand, 0, 1, points=[1 / (1 + math.exp(strength))], limit=500)[0]
        fast = counts.p_value()(lambda fpr: family.highest_tpr(fpr, strength, 1e-5))
        assert fast == pytest.approx(slow, rel=0.02, abs=1e-6)

    @pytest.mark.parametrize("rank", [1, 5, 50])
    def test_gaussian_noise_reaches_each_level(self, rank):
        """With the true mu the p-value is at most 5 % in about 5 % of the audits, not in fewer or more."""
        rng, member, mu, audits = np.random.default_rng(rank), np.repeat([True, False], 200), 1.0, 1000
        p = np.array(
            [
                members_above(member, rng.normal(size=400) + mu * member, rank).p_value()(
                    lambda fpr: norm.cdf(norm.ppf(fpr) + mu)
                )
                for _ in range(audits)
            ]
        )
        below = int((p <= 0.05).sum())
        assert below <= binom.ppf(1 - 1e-5, audits, 0.05)
        assert below >= binom.ppf(1e-5, audits, 0.035)  # counts are discrete, so a little less than 5 %

    @given(exceedances(), st.floats(0, 3), st.floats(0, 3))
    def test_it_rises_with_the_strength(self, counts, a, b):
        p_value, (low, high) = counts.p_value(), sorted([a, b])
        weak, strong = (p_value(lambda u, s=s: GAUSSIAN.highest_tpr(u, s, 0)) for s in (low, high))
        assert weak <= strong + 1e-12

    def test_it_falls_with_the_count(self):
        p = [Exceedance(k, 30, 3, 50).p_value()(np.sqrt) for k in range(31)]
        assert p[0] == 1
        assert (np.diff(p) < 0).all()


class TestCounts:
    @given(st.lists(st.booleans(), min_size=2, max_size=30).filter(lambda m: 0 < sum(m) < len(m)), st.data())
    def test_slow_reference(self, member, data):
        member, n = np.array(member), len(member)
        order = np.array(data.draw(st.permutations(range(n))))
        rank = data.draw(st.integers(1, int((~member).sum())))
        threshold = sorted(order[~member], reverse=True)[rank - 1]
        above = sum(1 for i in range(n) if member[i] and order[i] > threshold)
        assert members_above(member, order, rank).beyond == above

    def test_the_other_direction_mirrors_it(self):
        member, order = np.array([True, False, False, True]), np.array([1, 0, 2, 3])
        assert nonmembers_below(member, order, 1) == Exceedance(1, 2, 1, 2)
        assert nonmembers_below(member, order, 2) == Exceedance(2, 2, 2, 2)


@given(st.integers(1, 10**7))
def test_the_ladder_falls_from_a_quarter_to_one(size):
    ranks = ladder(size)
    assert ranks[0] == max(1, size // 4)
    assert ranks[-1] == 1
    assert all(high > low >= high // 4 for high, low in pairwise(ranks))
