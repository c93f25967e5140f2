"""What n records can show: simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm

from mlleaks.stats import intervals
from mlleaks.stats.metrics import roc
from mlleaks.stats.power import records_to_exclude, smallest_auc, smallest_margin, smallest_share
from mlleaks.stats.significance import tail

MEMBER = np.repeat([True, False], 200)


def test_the_smallest_auc_is_detected_in_four_of_five_audits():
    rng, level = np.random.default_rng(0), 0.01
    shift = math.sqrt(2) * norm.ppf(smallest_auc(200, 200, level))
    scores = rng.normal(size=(300, 400)) + shift * MEMBER
    p = mannwhitneyu(scores[:, MEMBER], scores[:, ~MEMBER], axis=1, alternative="greater").pvalue
    assert 0.72 <= (p <= level).mean() <= 0.88


def test_the_smallest_share_is_detected_in_four_of_five_audits_and_one_record_less_in_fewer():
    rng, level = np.random.default_rng(1), 0.01
    exposed = round(smallest_share(200, 200, level) * 200)
    rates = []
    for count in (exposed, exposed - 1):
        scores = rng.normal(size=(300, 400))
        scores[:, :count] += 100
        rates.append(np.mean([tail(roc(MEMBER, row)) <= level for row in scores]))
    assert rates[0] >= 0.75
    assert rates[1] < 0.85


def test_few_records_detect_no_share():
    assert math.isnan(smallest_share(20, 20, 1e-6))


def test_so_many_records_exclude_a_leak_if_there_is_none():
    rng, n = np.random.default_rng(2), int(records_to_exclude(0.55, 0.5, 0.05))
    member = np.repeat([True, False], n)
    upper = [intervals.area(roc(member, rng.normal(size=2 * n)), 0.9).high for _ in range(200)]
    assert 0.7 <= np.mean(np.array(upper) < 0.55) <= 0.9
    assert smallest_margin(n, n, 0.05) == pytest.approx(0.55, abs=0.001)


def test_the_tpr_takes_more_records_than_the_auc():
    rng, n = np.random.default_rng(3), int(records_to_exclude(0.55, 0.02, 0.05))
    assert n > records_to_exclude(0.55, 0.5, 0.05)
    member = np.repeat([True, False], n)
    upper = [intervals.tpr_at_fpr(roc(member, rng.normal(size=2 * n)), 0.01, 0.9).high for _ in range(150)]
    assert 0.65 <= np.mean(np.array(upper) < 0.02) <= 0.93


def test_more_different_attacks_take_more_records():
    assert records_to_exclude(0.55, 0.02, 0.002) > records_to_exclude(0.55, 0.02, 0.05)


def test_a_margin_that_nothing_resolves_takes_infinitely_many():
    assert math.isinf(records_to_exclude(0.50001, 0.02, 0.01))


def test_of_few_false_alarms_as_many_records_are_enough_as_is_said():
    rng, n = np.random.default_rng(4), int(records_to_exclude(0.6, 0.05, 0.05))
    member = np.repeat([True, False], n)
    upper = [intervals.tpr_at_fpr(roc(member, rng.normal(size=2 * n)), 0.01, 0.9).high for _ in range(150)]
    assert np.mean(np.array(upper) < 0.05) >= 0.7
