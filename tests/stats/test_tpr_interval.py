"""The interval of the TPR at a false-positive rate: a slow reference, degenerate cases, and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import beta, binom, norm

from mlleaks.stats import intervals, metrics

from .test_intervals import bounds, fewest_hits, groups, is_undefined, labelled_scores


def slow_interval(ours, theirs, fpr, level):
    """Return the ends over every number of false alarms, from its tail and the room that it leaves."""
    m, error, ranked = len(theirs), (1 - level) / 2, np.append(np.sort(theirs)[::-1], -np.inf)
    first, last = binom.ppf([error, 1 - error], m, fpr).astype(int)
    z, ks = norm.isf(error), np.arange(first, last + 1)
    above = np.array([(ours > ranked[k - 1]).sum() if k else 0 for k in [*ks, ks[-1] + 1]])
    near = ranked[max(ks[0] - 1, 0) : ks[-1] + 1]
    tied = len(np.unique(near)) < len(near) or np.isin(near, ours).any()
    rough = m * fpr < 5 or tied or np.diff(above).max() > np.diff(above).sum() / 2
    low, high = [], []
    for i, k in enumerate(ks):
        half = 0 if rough else binom.pmf(k, m, fpr) / 2
        few, many = (above[i], above[i + 1]) if rough else ((above[i] + above[i + 1]) / 2,) * 2
        z_few, z_many = norm.isf(binom.cdf(k, m, fpr) - half), norm.isf(binom.sf(k - 1, m, fpr) - half)
        low += (
            [slow_limit(few, len(ours), norm.sf(math.sqrt(z**2 - max(z_few, 0) ** 2)))] if z_few <= z else []
        )
        room = math.sqrt(max(z**2 - max(z_many, 0) ** 2, 0))
        high += [1 - slow_limit(len(ours) - many, len(ours), norm.sf(room))] if z_many <= z else []
    return min(low), max(high)


def slow_limit(x, n, error):
    """Return the lower mid-P limit, also of halves of successes."""
    if x == 0:
        return 0.0

    def excess(p):
        return (beta.cdf(p, x, n - x + 1) + (beta.cdf(p, x + 1, n - x) if x < n else 0)) / 2 - error

    return brentq(excess, 0, 1)


def best_cut(members, nonmembers, fpr):
    """Return the population's TPR at ``fpr`` for scores on 0..k-1 with these shares."""
    tpr, rate = (np.append(np.cumsum(np.array(side)[::-1]), 1.0) for side in (members, nonmembers))
    allowed = tpr[rate <= fpr + 1e-12]
    return float(allowed[-1]) if len(allowed) else 0.0


class TestTprAtFpr:
    @given(labelled_scores(values=6), st.sampled_from([0.04, 0.1, 0.3, 0.5, 1.0]))
    def test_the_value_is_the_exact_one_and_lies_inside(self, sample, fpr):
        e = intervals.tpr_at_fpr(metrics.roc(*sample), fpr)
        value = metrics.tpr_at_fpr(metrics.roc(*sample), fpr)
        if math.isnan(value):
            assert is_undefined(e)
        else:
            assert e.value == value
            assert 0 <= e.low <= e.value <= e.high <= 1
            assert e.method == intervals.TPR

    @pytest.mark.parametrize(("n", "m", "fpr"), [(300, 400, 0.05), (60, 3000, 0.01), (900, 300, 0.02)])
    @pytest.mark.parametrize("decimals", [0, 1, 9])
    @pytest.mark.parametrize("level", [0.95, 0.995])
    def test_it_agrees_with_all_numbers_of_false_alarms(self, n, m, fpr, decimals, level):
        member = groups(n, m)
        scores = np.random.default_rng([n, decimals]).normal(1.2 * member, 1).round(decimals)
        e = intervals.tpr_at_fpr(metrics.roc(member, scores), fpr, level)
        assert bounds(e) == pytest.approx(
            slow_interval(scores[member], scores[~member], fpr, level), abs=2e-4
        )

    def test_it_is_much_shorter_than_four_limits_at_a_quarter_of_the_error(self):
        n = m = 1000
        member, fpr, error = groups(n, m), 0.1, 0.0125
        scores = np.random.default_rng(0).normal(member, 1)
        e = intervals.tpr_at_fpr(metrics.roc(member, scores), fpr)
        ours, theirs = scores[member], np.sort(scores[~member])[::-1]
        fewest, most = binom.ppf([error, 1 - error], m, fpr).astype(int)
        lower, upper = ((ours > theirs[k - 1]).sum() for k in (fewest, most + 1))
        bracket = beta.ppf(error, lower, n - lower + 1), beta.isf(error, upper + 1, n - upper)
        assert bracket[0] < e.low < e.value < e.high < bracket[1]
        assert e.high - e.low < 0.75 * (bracket[1] - bracket[0])

    def test_below_one_false_alarm_it_is_undefined(self):
        curve = metrics.roc(groups(50, 99), np.arange(149.0))
        assert is_undefined(intervals.tpr_at_fpr(curve, 0.01))
        assert not is_undefined(intervals.tpr_at_fpr(curve, 1 / 99))

    def test_one_expected_false_alarm_leaves_no_lower_limit(self):
        curve = metrics.roc(groups(50, 100), np.arange(150.0)[::-1])
        e = intervals.tpr_at_fpr(curve, 0.01)
        assert (e.value, e.low, e.high) == (1, 0, 1)

    def test_all_tied_finds_nobody_but_excludes_nothing(self):
        e = intervals.tpr_at_fpr(metrics.roc(groups(50, 200), np.zeros(250)), 0.1)
        assert e.value == e.low == 0
        assert 0 < e.high < 0.1

    @pytest.mark.parametrize(
        ("n", "m", "fpr"), [(20, 20, 0.1), (50, 100, 0.01), (200, 300, 0.01), (400, 400, 0.1)]
    )
    @pytest.mark.parametrize("gap", [0.0, 1.0, 3.0])
    def test_it_covers_and_neither_end_misses_too_often(self, n, m, fpr, gap):
        truth = norm.sf(norm.isf(fpr) - gap)
        rng, member = np.random.default_rng(5), groups(n, m)
        low, high = self.limits(
            lambda: np.concatenate([rng.normal(gap, 1, n), rng.normal(0, 1, m)]), member, fpr
        )
        self.assert_ends((low > truth + 1e-12).sum(), (high < truth - 1e-12).sum(), len(low))

    @pytest.mark.parametrize(("n", "m", "fpr"), [(20, 20, 0.1), (100, 300, 0.01), (300, 200, 0.1)])
    @pytest.mark.parametrize(
        ("members", "nonmembers"),
        [
            ((0.5, 0.2, 0.2, 0.1), (0.5, 0.35, 0.1, 0.05)),
            ((0.2, 0.1, 0.7, 0.0), (0.6, 0.295, 0.1, 0.005)),
            ((0.3, 0.0, 0.0, 0.7), (0.8, 0.0, 0.0, 0.2)),
        ],
    )
    def test_tied_scores_are_covered_too(self, n, m, fpr, members, nonmembers):
        truth = best_cut(members, nonmembers, fpr)
        rng, member = np.random.default_rng(6), groups(n, m)
        low, high = self.limits(
            lambda: np.concatenate([rng.choice(4, n, p=members), rng.choice(4, m, p=nonmembers)]), member, fpr
        )
        self.assert_ends((low > truth + 1e-12).sum(), (high < truth - 1e-12).sum(), len(low))

    @pytest.mark.parametrize(("n", "m", "fpr"), [(200, 200, 0.1), (300, 1000, 0.01)])
    def test_a_jump_at_the_very_threshold_is_covered(self, n, m, fpr):
        rng, member = np.random.default_rng(8), groups(n, m)

        def draw():
            ours = np.array([60.0, 20.0, 0.0])[rng.choice(3, n, p=(0.3, 0.3, 0.4))]
            theirs = np.where(rng.random(m) < fpr, 40.0, 0.0)
            return np.concatenate([ours, theirs]) + rng.normal(size=n + m)

        low, high = self.limits(draw, member, fpr)
        missed = (low > 0.3 + 1e-12).sum() + (high < 0.3 - 1e-12).sum()
        assert missed <= binom.isf(1e-5, len(low), 0.07)

    def test_the_bounds_tell_a_broken_interval(self):
        """A binomial interval at the estimated threshold ignores that the threshold is estimated."""
        rng, member, fpr, truth = np.random.default_rng(9), groups(400, 400), 0.1, norm.sf(norm.isf(0.1) - 1)
        curves = [metrics.roc(member, rng.normal(member, 1)) for _ in range(400)]
        ends = [bounds(intervals.share(metrics.members_above(curve, 41), 400)) for curve in curves]
        assert sum(low <= truth <= high for low, high in ends) < fewest_hits(400)
        good = [bounds(intervals.tpr_at_fpr(curve, fpr)) for curve in curves]
        assert sum(low <= truth <= high for low, high in good) >= fewest_hits(400)

    @staticmethod
    def limits(draw, member, fpr, simulations=400):
        curves = (metrics.roc(member, draw()) for _ in range(simulations))
        return np.array([bounds(intervals.tpr_at_fpr(curve, fpr)) for curve in curves]).T

    @staticmethod
    def assert_ends(too_high, too_low, n):
        allowed = binom.isf(1e-5, n, 0.025)
        assert too_high <= allowed
        assert too_low <= allowed
        assert too_high + too_low <= n - fewest_hits(n)
