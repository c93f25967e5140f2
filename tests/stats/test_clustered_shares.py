"""Shares of people's records: their design effect and their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from mlleaks.stats import shares
from mlleaks.stats.clustered_shares import BY_PERSON, clustered_decisions, clustered_share, design_effect


def rows(rng, people=30, records=20, share=0.2):
    """Return which records count, and whose they are; a normal score above a threshold decides."""
    code = np.repeat(np.arange(people), records)
    score = math.sqrt(0.3) * rng.normal(size=people)[code] + math.sqrt(0.7) * rng.normal(size=len(code))
    return score > norm.isf(share), code


def few(people):
    return (t.ppf(0.975, people - 1) / norm.ppf(0.975)) ** 2


def test_people_whose_records_are_alike_count_once():
    code = np.repeat(np.arange(20), 10)
    assert design_effect(code < 8, code) == pytest.approx(few(20) * 20 / 19 * 199 / 20)


@pytest.mark.parametrize("value", [True, False])
def test_equal_values_do_not_show_how_people_differ(value):
    code = np.repeat(np.arange(20), 10)
    assert design_effect(np.full(200, value), code) == pytest.approx(10 * few(20))


def test_people_with_one_record_each_are_rows():
    values, code = rows(np.random.default_rng(0), people=400, records=1)
    plain, robust = shares.share(int(values.sum()), 400), clustered_share(values, code)
    assert robust.value == plain.value
    assert (robust.low, robust.high) == pytest.approx((plain.low, plain.high), abs=0.002)


def test_the_figures_of_a_threshold_keep_their_values_and_get_wider():
    rng = np.random.default_rng(0)
    flagged, code = rows(rng, people=60)
    member = code < 30
    counts = [int(part.sum()) for part in (flagged & member, member, flagged & ~member, ~member)]
    robust = clustered_decisions(member, flagged, code)
    recall, fpr = shares.share(*counts[:2]), shares.share(*counts[2:])
    plain = {
        "precision": shares.precision(*counts),
        "recall": recall,
        "fpr": fpr,
        "accuracy": shares.accuracy(*counts),
        "advantage": shares.difference(recall, fpr),
    }
    assert list(robust) == list(plain)
    for name, e in robust.items():
        assert e.value == pytest.approx(plain[name].value)
        assert e.high - e.low > 1.3 * (plain[name].high - plain[name].low)
        assert e.method.endswith(BY_PERSON)


def test_nobody_flagged_has_no_precision():
    code = np.repeat(np.arange(10), 4)
    robust = clustered_decisions(code < 5, np.zeros(40, bool), code)
    assert math.isnan(robust["precision"].value)
    assert robust["recall"].value == 0
    assert robust["recall"].high > shares.share(0, 20).high


@pytest.mark.slow
def test_shares_of_thirty_people_are_covered():
    rng, trials, plain, robust = np.random.default_rng(2), 800, 0, 0
    for _ in range(trials):
        values, code = rows(rng)
        e, by_row = clustered_share(values, code), shares.share(int(values.sum()), len(values))
        robust += e.low <= 0.2 <= e.high
        plain += by_row.low <= 0.2 <= by_row.high
    assert plain < 0.85 * trials
    assert 0.93 * trials <= robust
