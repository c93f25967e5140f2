"""Intervals of several attacks that hold together: joint coverage, width, and where Bonferroni takes over."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from mlleaks.stats import intervals
from mlleaks.stats.metrics import roc
from mlleaks.stats.simultaneous import critical_levels, simultaneous_auc

from .test_intervals import fewest_hits, groups


def attacks(count, n, shift, correlation, rng):
    """Return the scores of ``count`` attacks on ``n`` members and ``n`` non-members."""
    common, own = rng.normal(size=2 * n), rng.normal(size=(count, 2 * n))
    return math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own + shift * groups(n, n)


def test_one_attack_has_its_own_interval():
    member, scores = groups(80, 60), np.random.default_rng(0).normal(size=140)
    assert simultaneous_auc(member, scores[None]) == [intervals.auc(member, scores)]


def test_equal_attacks_need_no_correction():
    rng, member = np.random.default_rng(1), groups(100, 100)
    row = rng.normal(member, 1)
    levels = critical_levels([roc(member, row)] * 8)
    assert levels == pytest.approx([0.95] * 8, abs=0.002)


def test_independent_attacks_need_that_of_sidak():
    rng, n = np.random.default_rng(2), 20_000
    member = groups(n, n)
    levels = critical_levels([roc(member, rng.normal(size=2 * n)) for _ in range(5)])
    assert levels == pytest.approx([0.95 ** (1 / 5)] * 5, abs=0.002)


def test_never_wider_than_bonferroni_nor_shorter_than_one_by_one():
    rng, member = np.random.default_rng(3), groups(150, 150)
    scores = attacks(6, 150, 1.0, 0.8, rng)
    for row, joint in zip(scores, simultaneous_auc(member, scores), strict=True):
        alone, corrected = intervals.auc(member, row), intervals.auc(member, row, 1 - 0.05 / 6)
        assert corrected.low <= joint.low < alone.low
        assert alone.high < joint.high <= corrected.high


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_the_level_is_kept(level):
    rng, member = np.random.default_rng(4), groups(100, 100)
    levels = critical_levels([roc(member, row) for row in attacks(4, 100, 0.5, 0.5, rng)], level)
    assert all(level < each <= 1 - (1 - level) / 4 for each in levels)


def test_few_records_and_aucs_near_the_ends_get_bonferroni():
    rng = np.random.default_rng(5)
    few = [roc(groups(15, 100), rng.normal(size=115)) for _ in range(3)]
    assert critical_levels(few) == pytest.approx([1 - 0.05 / 3] * 3)
    member = groups(100, 100)
    usual = attacks(2, 100, 0.5, 0.9, rng)
    perfect, constant = member + 0.1 * rng.random(200), np.ones(200)
    levels = critical_levels([roc(member, row) for row in (*usual, perfect, constant)])
    assert levels[2:] == pytest.approx([1 - 0.05 / 4] * 2)
    assert max(levels[:2]) < 1 - 0.05 / 4


def test_the_same_scores_give_the_same_intervals():
    rng, member = np.random.default_rng(6), groups(60, 60)
    scores = attacks(5, 60, 1.0, 0.9, rng)
    assert simultaneous_auc(member, scores) == simultaneous_auc(member, scores)


@pytest.mark.slow
def test_all_are_covered_at_once_as_often_as_promised_and_one_by_one_they_are_not():
    rng, n, shift, simulations = np.random.default_rng(7), 150, 1.0, 400
    member, truth, joint, alone = groups(n, n), norm.cdf(shift / math.sqrt(2)), 0, 0
    for _ in range(simulations):
        scores = attacks(8, n, shift, 0.8, rng)
        joint += all(e.low <= truth <= e.high for e in simultaneous_auc(member, scores))
        alone += all(e.low <= truth <= e.high for e in (intervals.auc(member, row) for row in scores))
    assert joint >= fewest_hits(simulations)
    assert joint <= binom.isf(1e-5, simulations, 0.97)
    assert alone < fewest_hits(simulations)
