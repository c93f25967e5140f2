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
from scipy.stats import beta, binom, bootstrap, norm, t

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
    def test_limits_are_beta_quantiles(self, n, data, level):
        k = data.draw(st.integers(0, n))
        e = intervals.share(k, n, level)
        tail = (1 - level) / 2
        assert e.low == pytest.approx(beta.ppf(tail, k, n - k + 1) if k else 0, abs=1e-9)
        assert e.high == pytest.approx(beta.isf(tail, k + 1, n - k) if k < n else 1, abs=1e-9)
        assert (e.value, e.method) == (k / n, intervals.EXACT)

    def test_without_trials_it_is_undefined(self):
        assert is_undefined(intervals.share(0, 0))

    @pytest.mark.parametrize("n", [1, 20, 1000])
    def test_none_and_all_have_one_sided_closed_forms(self, n):
        assert bounds(intervals.share(0, n)) == pytest.approx((0, 1 - 0.025 ** (1 / n)))
        assert bounds(intervals.share(n, n)) == pytest.approx((0.025 ** (1 / n), 1))

    @pytest.mark.parametrize("n", [1, 7, 20, 60])
    def test_it_never_covers_less_than_95_percent(self, n):
        limits = np.array([bounds(share(k, n)) for k in range(n + 1)])
        for p in np.linspace(0, 1, 301):
            covers = (limits[:, 0] <= p + 1e-12) & (p - 1e-12 <= limits[:, 1])
            assert binom.pmf(np.arange(n + 1), n, p)[covers].sum() >= 0.95 - 1e-9


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
            n, m, lambda i, j: share(i + m - j, n + m), lambda p, q: (n * p + m * (1 - q)) / (n + m)
        )
        assert coverage.min() >= 0.95

    def test_precision_is_covered(self, n, m):
        coverage = exact_coverage(
            n, m, lambda i, j: share(i, i + j), lambda p, q: n * p / (n * p + m * q or 1)
        )
        assert np.nanmin(coverage) >= 0.95

    def test_difference_is_covered_except_a_little_less_at_the_corners(self, n, m):
        coverage = exact_coverage(
            n, m, lambda i, j: intervals.difference(share(i, n), share(j, m)), lambda p, q: p - q
        )
        far = np.abs(RATES[:, None] - RATES) > 0.9
        assert coverage[~far].min() >= 0.95
        assert coverage.min() >= 0.92


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


def slow_delong(member, scores, level=0.95):
    """Return value and limits from all n * m comparisons (DeLong et al. 1988, eq. 4-6; logit scale)."""
    kernel = (1 + np.sign(scores[member][:, None] - scores[~member][None, :])) / 2
    v10, v01 = kernel.mean(axis=1), kernel.mean(axis=0)
    theta = kernel.mean()
    s10 = ((v10 - theta) ** 2).sum() / (len(v10) - 1)
    s01 = ((v01 - theta) ** 2).sum() / (len(v01) - 1)
    error = math.sqrt(s10 / len(v10) + s01 / len(v01)) / (theta * (1 - theta))
    z = t.isf((1 - level) / 2, min(len(v10), len(v01)) - 1)
    centre = math.log(theta / (1 - theta))
    return theta, *(1 / (1 + math.exp(-(centre + sign * z * error))) for sign in (-1, 1))


def slow_newcombe(value, n, m, level=0.95):
    """Return the ends of all AUCs within z standard errors of ``value`` (Newcombe 2006, method 5)."""
    a = np.linspace(0, 1, 1_000_001)
    size = (n + m) / 2 - 1
    variance = a * (1 - a) * (1 + size * (1 - a) / (2 - a) + size * a / (1 + a)) / (n * m)
    near = a[(a - value) ** 2 <= norm.isf((1 - level) / 2) ** 2 * variance + 1e-15]
    return near.min(), near.max()


def slow_hull(member, scores, level=0.95):
    """Return the value and the wider of both intervals at each end."""
    value, *delong = slow_delong(member, scores, level)
    newcombe = slow_newcombe(value, int(member.sum()), int((~member).sum()), level)
    return value, min(delong[0], newcombe[0]), max(delong[1], newcombe[1])


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
        assert (e.value, e.low, e.high) == pytest.approx(slow_hull(member, scores), abs=3e-6)

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
        assert (e.value, e.low, e.high) == pytest.approx(slow_hull(member, scores, level), abs=3e-6)

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
        assert e.high - e.low == pytest.approx(2 * 1.96 * math.sqrt((n + 201) / (12 * n * 200)), rel=0.1)

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
            assert e.method == intervals.ORDER

    def test_closed_form(self):
        n, m, fpr, error = 300, 400, 0.05, 0.0125
        member = groups(n, m)
        scores = np.concatenate([np.arange(n) * 2.0 + 1, np.arange(m) * 2.0])
        e = intervals.tpr_at_fpr(metrics.roc(member, scores), fpr)
        fewest, most = binom.ppf([error, 1 - error], m, fpr).astype(int)
        ours, theirs = scores[member], np.sort(scores[~member])[::-1]
        lower, upper = ((ours > theirs[k - 1]).sum() for k in (fewest, most + 1))
        assert e.low == pytest.approx(beta.ppf(error, lower, n - lower + 1) if lower else 0)
        assert e.high == pytest.approx(beta.isf(error, upper + 1, n - upper))

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
