"""Intervals: closed forms, slow references, degenerate cases, and coverage.

Coverage is summed exactly where the outcomes can be listed, else simulated with a fixed seed and
held against a binomial bound.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, bootstrap, norm

from mlleaks.stats import intervals, metrics
from mlleaks.stats.estimate import Estimate

SIMULATIONS = 1500

share = cache(intervals.share)


def fewest_hits(n, coverage=0.95):
    """Return how often of ``n`` times an interval must cover: a right one misses this once in 1e5."""
    return int(binom.ppf(1e-5, n, coverage))


def test_the_bound_on_coverage_tells_95_from_90_percent():
    limit = fewest_hits(SIMULATIONS)
    assert binom.cdf(limit - 1, SIMULATIONS, 0.95) < 1e-5
    assert binom.sf(limit - 1, SIMULATIONS, 0.90) < 0.01


def bounds(e):
    return e.low, e.high


def is_undefined(e):
    return all(math.isnan(x) for x in (e.value, e.low, e.high)) and e.method == intervals.UNDEFINED


def groups(n, m):
    return np.repeat([True, False], [n, m])


@st.composite
def labelled_scores(draw, values=4):
    members, nonmembers = (draw(st.lists(st.integers(0, values), min_size=1, max_size=25)) for _ in range(2))
    return groups(len(members), len(nonmembers)), np.array([*members, *nonmembers], dtype=float)


class TestShare:
    @given(st.integers(1, 2000), st.data(), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
    def test_limits_are_exact_for_few_and_mid_p_for_more(self, n, data, level):
        k = data.draw(st.integers(0, n))
        e = intervals.share(k, n, level)
        tail = (1 - level) / 2
        if min(k, n - k) <= 4:
            assert e.low == pytest.approx(beta.ppf(tail, k, n - k + 1) if k else 0, abs=1e-9)
            assert e.high == pytest.approx(beta.isf(tail, k + 1, n - k) if k < n else 1, abs=1e-9)
        else:
            assert binom.sf(k, n, e.low) + binom.pmf(k, n, e.low) / 2 == pytest.approx(tail)
            assert binom.cdf(k - 1, n, e.high) + binom.pmf(k, n, e.high) / 2 == pytest.approx(tail)
        assert (e.value, e.method) == (k / n, intervals.SHARE)

    def test_without_trials_it_is_undefined(self):
        assert is_undefined(intervals.share(0, 0))

    @pytest.mark.parametrize("n", [1, 20, 1000])
    def test_none_and_all_have_one_sided_closed_forms(self, n):
        assert bounds(intervals.share(0, n)) == pytest.approx((0, 1 - 0.025 ** (1 / n)))
        assert bounds(intervals.share(n, n)) == pytest.approx((0.025 ** (1 / n), 1))

    @pytest.mark.parametrize("n", [1, 7, 20, 60, 200])
    def test_it_covers_about_93_percent_at_worst_and_95_on_average(self, n):
        limits = np.array([bounds(share(k, n)) for k in range(n + 1)])
        rates = np.linspace(0, 1, 1001)[:, None]
        covers = (limits[:, 0] <= rates + 1e-12) & (rates - 1e-12 <= limits[:, 1])
        coverage = (binom.pmf(np.arange(n + 1), n, rates) * covers).sum(axis=1)
        assert coverage.min() >= 0.929
        assert 0.95 <= coverage.mean() <= (0.965 if n >= 60 else 1)


RATES = np.array(
    [0, 0.002, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.998, 1]
)


def exact_coverage(n, m, estimate, truth):
    """Return the coverage at each pair of RATES, given that the figure is defined."""
    table = [[estimate(i, j) for j in range(m + 1)] for i in range(n + 1)]
    low, high = (np.array([[getattr(e, end) for e in row] for row in table]) for end in ("low", "high"))
    hits, alarms = (binom.pmf(np.arange(k + 1), k, RATES[:, None]) for k in (n, m))
    coverage = np.full((len(RATES), len(RATES)), np.nan)
    for a, p in enumerate(RATES):
        for b, q in enumerate(RATES):
            weight = np.outer(hits[a], alarms[b]) * ~np.isnan(low)
            if weight.sum() > 0:
                value = truth(p, q)
                coverage[a, b] = weight[(low <= value + 1e-9) & (value - 1e-9 <= high)].sum() / weight.sum()
    return coverage


@pytest.mark.parametrize(("n", "m"), [(20, 20), (20, 80), (60, 30)])
class TestFiguresOfADecision:
    def test_accuracy_is_covered(self, n, m):
        coverage = exact_coverage(
            n, m, lambda i, j: intervals.accuracy(i, n, j, m), lambda p, q: (n * p + m * (1 - q)) / (n + m)
        )
        assert coverage.min() >= 0.93

    def test_precision_is_covered(self, n, m):
        coverage = exact_coverage(
            n, m, lambda i, j: intervals.precision(i, n, j, m), lambda p, q: n * p / (n * p + m * q or 1)
        )
        assert np.nanmin(coverage) >= 0.93

    def test_difference_is_covered(self, n, m):
        coverage = exact_coverage(
            n, m, lambda i, j: intervals.difference(share(i, n), share(j, m)), lambda p, q: p - q
        )
        assert coverage.min() >= 0.93


class TestAccuracyAndPrecision:
    @given(st.integers(1, 60), st.integers(1, 60), st.data())
    def test_they_hold_their_value_and_stay_in_range(self, n, m, data):
        hits, alarms = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
        e, p = (f(hits, n, alarms, m) for f in (intervals.accuracy, intervals.precision))
        assert e.value == pytest.approx((hits + m - alarms) / (n + m))
        assert -1e-12 <= e.low <= e.value <= e.high <= 1 + 1e-12
        if hits + alarms == 0:
            assert is_undefined(p)
        else:
            assert p.value == hits / (hits + alarms)
            assert 0 <= p.low <= p.value <= p.high <= 1

    def test_accuracy_of_equal_sides_is_half_one_plus_the_advantage(self):
        e, gap = intervals.accuracy(40, 70, 20, 70), intervals.difference(share(40, 70), share(20, 70))
        assert (e.value, *bounds(e)) == pytest.approx([(1 + x) / 2 for x in (gap.value, *bounds(gap))])

    def test_precision_mirrors_where_the_sides_change_places(self):
        e, mirrored = intervals.precision(30, 50, 12, 200), intervals.precision(12, 200, 30, 50)
        assert bounds(e) == pytest.approx((1 - mirrored.high, 1 - mirrored.low))

    def test_they_are_shorter_than_the_interval_of_one_sample(self):
        n, hits, alarms = 200, 180, 160
        for e, (k, trials) in (
            (intervals.accuracy(hits, n, alarms, n), (hits + n - alarms, 2 * n)),
            (intervals.precision(hits, n, alarms, n), (hits, hits + alarms)),
        ):
            pooled = share(k, trials)
            assert e.high - e.low < 0.95 * (pooled.high - pooled.low)


class TestDifference:
    def test_hand_computed(self):
        a, b = Estimate(0.7, 0.6, 0.75, "x"), Estimate(0.4, 0.36, 0.52, "x")
        e = intervals.difference(a, b)
        expected = (0.3, 0.3 - math.hypot(0.1, 0.12), 0.3 + math.hypot(0.05, 0.04))
        assert (e.value, e.low, e.high) == pytest.approx(expected)
        assert e.method == intervals.DIFFERENCE

    @given(st.integers(1, 60), st.integers(1, 60), st.data())
    def test_it_stays_in_range_holds_its_value_and_is_antisymmetric(self, n, m, data):
        a = share(data.draw(st.integers(0, n)), n)
        b = share(data.draw(st.integers(0, m)), m)
        e, mirrored = intervals.difference(a, b), intervals.difference(b, a)
        assert -1 - 1e-12 <= e.low <= e.value <= e.high <= 1 + 1e-12
        assert (e.low, e.high) == pytest.approx((-mirrored.high, -mirrored.low))

    @given(st.integers(1, 60), st.integers(0, 60))
    def test_against_a_share_known_exactly_it_is_the_interval_of_the_other(self, n, k):
        a = share(min(k, n), n)
        e = intervals.difference(a, Estimate(0.25, 0.25, 0.25, "known"))
        assert bounds(e) == pytest.approx((a.low - 0.25, a.high - 0.25))

    @pytest.mark.parametrize("trials", [(0, 9), (9, 0), (0, 0)])
    def test_without_trials_it_is_undefined(self, trials):
        assert is_undefined(intervals.difference(*(intervals.share(0, n) for n in trials)))


def slow_score_interval(member, scores, level=0.95):
    """Return value and all AUCs near it, from all n * m comparisons and a million candidates.

    Variance: Newcombe 2006, method 5, times how much larger DeLong's (1988, eq. 4-6) is at the value.
    """
    kernel = (1 + np.sign(scores[member][:, None] - scores[~member][None, :])) / 2
    theta, n, m = kernel.mean(), *kernel.shape
    most = theta * (1 - theta)
    observed = sum(
        (((side - theta) ** 2).sum() + 2 * most) / (len(side) + 1) / len(side)
        for side in (kernel.mean(axis=1), kernel.mean(axis=0))
    )
    return theta, *slow_newcombe(theta, n, m, level, observed)


def slow_newcombe(value, n, m, level=0.95, observed=None):
    """Return the ends of all AUCs within z standard errors of ``value`` (Newcombe 2006, method 5)."""

    def variance(a):
        size = (n + m) / 2 - 1
        return a * (1 - a) * (1 + size * (1 - a) / (2 - a) + size * a / (1 + a)) / (n * m)

    a = np.linspace(0, 1, 1_000_001)
    ratio = observed / variance(value) if observed else 1
    near = a[(a - value) ** 2 <= norm.isf((1 - level) / 2) ** 2 * ratio * variance(a) + 1e-15]
    return near.min(), near.max()


def three_values(members, nonmembers):
    """Return a sampler of scores 0, 1, 2 with these shares, and its AUC."""
    members, nonmembers = np.array(members), np.array(nonmembers)
    below = np.cumsum(nonmembers) - nonmembers
    truth = float(members @ (below + nonmembers / 2))
    cuts = [np.cumsum(side)[:2] for side in (members, nonmembers)]
    return lambda rng, n, m: np.concatenate(
        [np.searchsorted(cut, rng.random(k), side="right") for cut, k in zip(cuts, (n, m), strict=True)]
    ).astype(float), truth


def normal(truth, *, decimals=9):
    gap = math.sqrt(2) * norm.ppf(truth)
    return lambda rng, n, m: np.concatenate([rng.normal(gap, 1, n), rng.normal(0, 1, m)]).round(
        decimals
    ), truth


def misses(sampler, n, m, *, simulations=SIMULATIONS):
    """Return how often the AUC's interval lies above and below the truth."""
    draw, truth = sampler
    rng, member = np.random.default_rng(20), groups(n, m)
    coverage = np.array([bounds(intervals.auc(member, draw(rng, n, m))) for _ in range(simulations)])
    return int((coverage[:, 0] > truth + 1e-12).sum()), int((coverage[:, 1] < truth - 1e-12).sum())


class TestAuc:
    @given(labelled_scores(values=6))
    def test_the_value_is_the_exact_one_and_lies_inside(self, sample):
        e = intervals.auc(*sample)
        assert e.value == pytest.approx(metrics.auc(*sample), abs=1e-12)
        assert 0 <= e.low <= e.value + 1e-12
        assert e.value - 1e-12 <= e.high <= 1

    @given(labelled_scores(values=6))
    def test_reversed_scores_mirror_the_interval(self, sample):
        member, scores = sample
        e, mirrored = intervals.auc(member, scores), intervals.auc(member, -scores)
        assert bounds(e) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-9)
        assert e.method == mirrored.method

    @given(labelled_scores(values=6))
    def test_only_the_order_of_the_scores_matters(self, sample):
        member, scores = sample
        e, other = intervals.auc(member, scores), intervals.auc(member, np.exp(scores) - 9)
        assert (e.value, e.low, e.high) == (other.value, other.low, other.high)

    @pytest.mark.parametrize(("n", "m", "decimals"), [(20, 30, 0), (120, 180, 1), (200, 40, 3)])
    @pytest.mark.parametrize("shift", [0, 1, 3])
    def test_it_agrees_with_all_comparisons_and_all_candidates(self, n, m, decimals, shift):
        member = groups(n, m)
        scores = np.random.default_rng(n).normal(shift * member, 1).round(decimals)
        e = intervals.auc(member, scores)
        assert e.method == intervals.AUC
        assert (e.value, e.low, e.high) == pytest.approx(slow_score_interval(member, scores), abs=3e-6)

    @pytest.mark.parametrize("decimals", [0, 3])
    def test_it_agrees_with_the_bootstrap(self, decimals):
        rng = np.random.default_rng(1)
        ours, theirs = rng.normal(0.8, 1, 150).round(decimals), rng.normal(0, 1, 100).round(decimals)
        e = intervals.auc(groups(150, 100), np.concatenate([ours, theirs]))
        resampled = bootstrap(
            (ours, theirs),
            lambda x, y, axis: ((1 + np.sign(x[..., :, None] - y[..., None, :])) / 2).mean(axis=(-2, -1)),
            n_resamples=1500,
            batch=100,
            method="percentile",
            rng=np.random.default_rng(2),
        ).confidence_interval
        assert bounds(e) == pytest.approx(bounds(resampled), abs=0.015)

    @pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
    def test_the_level_is_kept(self, level):
        member, scores = groups(60, 60), np.concatenate([np.arange(60.0) + 20.5, np.arange(60.0)])
        e = intervals.auc(member, scores, level)
        assert (e.value, e.low, e.high) == pytest.approx(slow_score_interval(member, scores, level), abs=3e-6)

    @pytest.mark.parametrize(("n", "m"), [(20, 20), (20, 500), (500, 25)])
    def test_perfect_separation_is_never_certain(self, n, m):
        scores = np.concatenate([np.arange(n) + 1e6, np.arange(m)])
        right, wrong = intervals.auc(groups(n, m), scores), intervals.auc(groups(n, m), -scores)
        low, _ = slow_newcombe(1.0, n, m)
        assert (right.value, *bounds(right)) == pytest.approx((1, low, 1), abs=3e-6)
        assert (wrong.value, *bounds(wrong)) == pytest.approx((0, 0, 1 - low), abs=3e-6)
        assert low < 1 - 1 / (2 * max(n, m))

    @pytest.mark.parametrize("n", [20, 21, 23, 101])
    def test_one_single_score_is_a_guess_with_a_symmetric_interval(self, n):
        e = intervals.auc(groups(n, 200), np.full(n + 200, 7.0))
        assert e.value == 0.5
        assert e.low + e.high == pytest.approx(1)
        two_records = sum(2 / 4 / (side + 1) / side for side in (n, 200))
        assert e.high - e.low == pytest.approx(2 * 1.96 * math.sqrt(two_records), rel=0.05)

    @given(st.integers(1, 40), st.integers(1, 40), st.data())
    def test_two_values_are_a_decision(self, n, m, data):
        hits, alarms = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
        flagged = np.concatenate([np.arange(n) < hits, np.arange(m) < alarms])
        if flagged.all() or not flagged.any():
            return
        e = intervals.auc(groups(n, m), np.where(flagged, 0.9, -4.0))
        gap = intervals.difference(share(hits, n), share(alarms, m))
        assert (e.value, e.low, e.high) == pytest.approx(
            [(1 + x) / 2 for x in (gap.value, gap.low, gap.high)]
        )
        assert e.method == intervals.DIFFERENCE

    @pytest.mark.parametrize(("n", "m"), [(1, 30), (30, 1)])
    def test_a_single_record_says_little(self, n, m):
        rng = np.random.default_rng(0)
        e = intervals.auc(groups(n, m), rng.random(n + m))
        assert e.high - e.low > 0.6

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("n", "m", "sampler"),
        [
            (20, 20, normal(0.5)),
            (20, 20, normal(0.8)),
            (50, 50, normal(0.7)),
            (200, 200, normal(0.97)),
            (300, 100, normal(0.6, decimals=0)),
            (100, 100, three_values((0.1, 0.2, 0.7), (0.3, 0.3, 0.4))),
            (100, 100, three_values((0.1, 0.0, 0.9), (0.4, 0.0, 0.6))),
            (30, 30, normal(0.9999)),
        ],
    )
    def test_it_covers(self, n, m, sampler):
        above, below = misses(sampler, n, m)
        assert above + below <= SIMULATIONS - fewest_hits(SIMULATIONS)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("n", "m", "sampler"),
        [
            (20, 200, normal(0.9)),
            (20, 200, normal(0.97)),
            (200, 20, normal(0.97)),
            (200, 200, normal(0.999)),
            (20, 200, three_values((0.05, 0.05, 0.9), (0.3, 0.1, 0.6))),
            (20, 200, three_values((0.98, 0.01, 0.01), (0.98, 0.01, 0.01))),
        ],
    )
    def test_it_covers_also_where_the_smaller_group_shows_little_variance(self, n, m, sampler):
        above, below = misses(sampler, n, m)
        assert above + below <= SIMULATIONS - fewest_hits(SIMULATIONS)
