"""Figures from one sort of the records equal, to the last digit, what each formula gives by itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom, mannwhitneyu, norm, rankdata

from mlleaks.stats import auc_interval, intervals, metrics, significance
from mlleaks.stats.metrics import roc

SAMPLERS = {
    "continuous": lambda base, rng: base,
    "two decimals": lambda base, rng: base.round(2),
    "one decimal": lambda base, rng: base.round(1),
    "few values": lambda base, rng: base.round(0),
    "one value holds 45 %": lambda base, rng: np.where(rng.random(len(base)) < 0.45, -9, base),
    "one value holds 90 %, at the bottom": lambda base, rng: np.maximum(base, np.quantile(base, 0.9)),
    "one value holds 80 %, at the top": lambda base, rng: np.minimum(base, np.quantile(base, 0.2)),
    "two values": lambda base, rng: (base > 0.5).astype(float),
    "one value": lambda base, rng: np.zeros(len(base)),
    "infinite ends": lambda base, rng: np.where(abs(base) > 1.5, np.inf * np.sign(base), base),
}
SIZES = ((1, 9), (5, 7), (30, 30), (449, 449), (40, 960), (3000, 1000))


@pytest.fixture(params=SAMPLERS.values(), ids=SAMPLERS)
def samples(request):
    """Return members and scores of several sizes, with and without a leak."""
    made = []
    for i, (n, m) in enumerate(SIZES):
        for leak in (0, 0.4, 3):
            rng = np.random.default_rng([i, int(10 * leak)])
            member = rng.permutation(n + m) < n
            made.append((member, request.param(rng.normal(size=n + m) + leak * member, rng)))
    return made


def score_interval(member, scores, value, level):
    """Return the interval from three rankings: DeLong's variance with two more records, Newcombe's shape."""
    n, m = int(member.sum()), int((~member).sum())
    ranks = rankdata(scores)
    above = (ranks[member] - rankdata(scores[member])) / m
    below = (ranks[~member] - rankdata(scores[~member])) / n
    sides = [
        (side.var() * len(side) + 2 * value * (1 - value)) / (len(side) + 1) / len(side)
        for side in (above, below)
    ]
    expected = auc_interval._variance_expected(value, n, m)
    ratio = sum(sides) / expected if expected else 1.0
    return auc_interval.score_interval(value, n, m, z=norm.isf((1 - level) / 2), ratio=ratio)


@pytest.mark.parametrize("level", [0.95, 0.999])
def test_the_interval_of_the_auc(samples, level):
    for member, scores in samples:
        estimate = intervals.auc(member, scores, level)
        if len(np.unique(scores)) == 2:
            high = scores == scores.max()
            shares = (
                intervals.share(int(high[side].sum()), int(side.sum()), level) for side in (member, ~member)
            )
            gap = intervals.difference(*shares)
            assert (estimate.low, estimate.high) == ((1 + gap.low) / 2, (1 + gap.high) / 2)
            continue
        ends = score_interval(member, scores, estimate.value, level)
        assert (estimate.low, estimate.high) == pytest.approx(ends, abs=1e-9)


def test_the_ranking_test(samples):
    for member, scores in samples:
        _, sizes = np.unique(scores, return_counts=True)
        p, often = significance.ranking(roc(member, scores)), ((sizes / len(scores)) ** 2).sum()
        if len(sizes) <= 2:
            top = scores == scores.max()
            expected = hypergeom.sf((top & member).sum() - 1, len(scores), member.sum(), top.sum())
        elif len(sizes) <= significance.FEW_VALUES or often >= significance.OFTEN:
            continue  # labellings are sampled: see test_labellings
        else:
            test = mannwhitneyu(scores[member], scores[~member], alternative="greater", method="asymptotic")
            expected = test.pvalue
        assert p == expected


def test_the_tests_of_the_highest_scores(samples):
    for member, scores in samples:
        curve, n = roc(member, scores), len(scores)
        ahead = int((scores[member] > scores[~member].max()).sum())
        assert metrics.members_above_all(curve) == ahead
        assert significance.lead(curve) == hypergeom.sf(ahead - 1, n, member.sum(), ahead)
        cuts = np.unique(scores)[::-1]
        fitting = [cut for cut in cuts if (scores >= cut).sum() <= significance.TAIL * n]
        top = scores >= (fitting[-1] if fitting else cuts[0])
        assert significance.highest(curve) == ((top & member).sum(), top.sum())
        assert significance.tail(curve) == hypergeom.sf((top & member).sum() - 1, n, member.sum(), top.sum())


def test_each_record_knows_the_point_that_flags_it_first(samples):
    for member, scores in samples:
        curve = roc(member, scores)
        np.testing.assert_array_equal(curve.thresholds[curve.first_flagged], scores)
        np.testing.assert_array_equal(curve.member, member)
        np.testing.assert_array_equal(curve.flagged[1:], [(scores >= c).sum() for c in curve.thresholds[1:]])
