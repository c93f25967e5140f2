"""An attack on the target beside the same attack on models that saw none of the records."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlleaks.stats import metrics
from mlleaks.stats.contrasted import BEYOND
from mlleaks.stats.contrasts import contrast, contrast_all

N = 150
MEMBER = np.repeat([True, False], N)
ROWS = np.arange(2 * N)


def shifted(rng, shift, leak=0.0, attacks=3):
    """Return attacks' scores against a target and a placebo; both see the shift, only the target leaks."""
    position = rng.normal(size=2 * N) + shift * MEMBER
    target, placebo = ([position + rng.normal(size=2 * N) for _ in range(attacks)] for _ in range(2))
    return {
        str(i): contrast(MEMBER, t + leak * MEMBER, [(ROWS, p)])
        for i, (t, p) in enumerate(zip(target, placebo, strict=True))
    }


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_a_shift_alone_exceeds_no_placebo(shift):
    rng = np.random.default_rng(0)
    runs = [contrast_all(shifted(rng, shift))[0] for _ in range(120)]
    false = sum(min(c.p_value for c in attacks.values()) <= 0.05 for attacks in runs)
    assert false <= 13  # a binomial of 0.05 exceeds this in one of 200 cases


def test_a_leak_exceeds_the_placebo_under_a_shift():
    rng = np.random.default_rng(1)
    runs = [contrast_all(shifted(rng, 1.0, leak=0.8))[0] for _ in range(20)]
    assert sum(min(c.p_value for c in attacks.values()) <= 0.05 for attacks in runs) >= 17


def test_the_placebo_sees_the_shift_and_nothing_where_there_is_none():
    rng = np.random.default_rng(2)
    assert contrast_all(shifted(rng, 1.0))[1] < 0.001
    alarms = [contrast_all(shifted(rng, 0.0))[1] <= 0.05 for _ in range(120)]
    assert sum(alarms) <= 13


def test_a_shift_in_the_other_direction_is_seen():
    assert contrast_all(shifted(np.random.default_rng(3), -1.0))[1] < 0.001


def test_without_weights_the_areas_are_aucs():
    rng = np.random.default_rng(4)
    target, placebo = rng.normal(size=(2, 2 * N)).round(1)
    both = contrast(MEMBER, target, [(ROWS, placebo)])
    assert both.target[0] == pytest.approx(metrics.auc(MEMBER, target))
    assert both.placebo[0] == pytest.approx(metrics.auc(MEMBER, placebo))
    same = contrast(MEMBER, target, [(ROWS, placebo)], weights=np.full(2 * N, 3.0))
    assert same.target == pytest.approx(both.target)
    assert same.influence == pytest.approx(both.influence)


def test_models_count_by_their_records():
    scores = np.random.default_rng(5).normal(size=2 * N) + MEMBER
    first, rest = np.r_[0:20, N : N + 20], np.r_[20:N, N + 20 : 2 * N]
    parts = [(rows, scores[rows]) for rows in (first, rest)]
    areas = [metrics.auc(MEMBER[rows], scores[rows]) for rows in (first, rest)]
    both = contrast(MEMBER, scores, parts)
    assert both.placebo[0] == pytest.approx(np.average(areas, weights=[20, N - 20]))


def test_models_without_members_do_not_count():
    scores = np.random.default_rng(6).normal(size=2 * N)
    assert contrast(MEMBER, scores, [(ROWS[N:], scores[N:])]) is None
    assert contrast(MEMBER, scores, []) is None


def test_weights_undo_a_shift():
    rng = np.random.default_rng(7)
    position = rng.normal(size=2 * N) + MEMBER
    odds = np.exp(position - 0.5)
    weights = np.where(MEMBER, 1 / (1 + odds), odds / (1 + odds))
    both = contrast(MEMBER, position, [(ROWS, position)], weights=weights)
    assert abs(both.target[0] - 0.5) < 0.08
    assert metrics.auc(MEMBER, position) > 0.7


def test_intervals_cover_the_difference():
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(120):
        position = rng.normal(size=2 * N)
        target, placebo = position + rng.normal(size=2 * N) + MEMBER, position + rng.normal(size=2 * N)
        difference = contrast_all({"a": contrast(MEMBER, target, [(ROWS, placebo)])})[0]["a"].difference
        covered += difference.low <= norm.cdf(0.5) - 0.5 <= difference.high
    assert covered >= 105


def test_a_few_records_of_another_kind_are_a_shift():
    """They hardly move an AUC, and are the lowest scores: the verdict's tests find them, so this has to."""
    rng, member = np.random.default_rng(5), np.repeat([True, False], 500)
    shown = 0
    for _ in range(20):
        odd = rng.normal(size=1000) - 4 * (~member & (rng.random(1000) < 0.05))
        target, placebo = (odd + rng.normal(size=1000) for _ in range(2))
        shown += contrast_all({"a": contrast(member, target, [(np.arange(1000), placebo)])})[1] <= 0.05
    assert shown >= 15


def alike(rng, n, leak=0.0, ease=0.9):
    """Return scores of ``n`` and ``n`` records that are mostly as easy for the target as for its placebo."""
    member = np.repeat([True, False], n)
    shared, own = np.sqrt(ease), np.sqrt(1 - ease)
    easy = rng.normal(size=2 * n)
    target, placebo = (shared * easy + own * rng.normal(size=2 * n) for _ in range(2))
    return member, contrast(member, target + leak * member, [(np.arange(2 * n), placebo)])


def test_where_records_are_alike_for_both_the_level_is_kept_and_used():
    """At 60 a side, too: the variance for small samples shrinks with that of the difference."""
    rng, runs = np.random.default_rng(8), 300
    p_values = [contrast_all({"a": alike(rng, 60)[1]})[0]["a"].p_value for _ in range(runs)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert np.mean(np.array(p_values) <= 0.25) >= 0.1


def test_a_detectable_difference_is_detected_in_four_of_five():
    rng, runs = np.random.default_rng(9), 150
    typical = contrast_all({"a": alike(rng, 300)[1]})[0]["a"]
    leak = np.sqrt(2) * norm.ppf(0.5 + typical.detectable)
    detected = [contrast_all({"a": alike(rng, 300, leak)[1]})[0]["a"].p_value <= BEYOND for _ in range(runs)]
    assert 0.65 <= np.mean(detected) <= 0.95


def test_a_detectable_share_of_members_on_top_is_detected_in_four_of_five():
    rng, runs, n = np.random.default_rng(10), 150, 1500
    typical = contrast_all({"a": alike(rng, n, ease=0.2)[1]})[0]["a"]
    assert typical.detectable_share < 0.04
    detected = []
    for _ in range(runs):
        member, scores, placebo = np.repeat([True, False], n), *rng.normal(size=(2, 2 * n))
        scores[: round(typical.detectable_share * n)] = 9
        both = contrast(member, scores, [(np.arange(2 * n), placebo)])
        detected.append(contrast_all({"a": both})[0]["a"].p_value <= BEYOND)
    assert 0.6 <= np.mean(detected) <= 0.97


def test_few_people_raise_no_more_false_alarms():
    """Of four and four people with 40 records each, which differ from person to person."""
    rng, runs, records = np.random.default_rng(11), 200, 40
    persons = np.repeat(np.arange(8), records)
    member, rows = persons < 4, np.arange(8 * records)
    leaking = differing = 0
    for _ in range(runs):
        target, placebo = (rng.normal(size=8)[persons] + rng.normal(size=8 * records) for _ in range(2))
        attacks, shift = contrast_all({"a": contrast(member, target, [(rows, placebo)])}, persons)
        leaking += attacks["a"].p_value <= 0.05
        differing += shift <= 0.05
    assert max(leaking, differing) <= runs * 0.05 + 3 * np.sqrt(runs * 0.05 * 0.95)
