"""AUCs of several attacks on people's records, covered together for other people."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlleaks.stats.clustered import clustered_area
from mlleaks.stats.clustered_joint import clustered_areas
from mlleaks.stats.metrics import roc
from tests.stats.rows_of_people import rows_of_people


def attacks(rng, count, **shape):
    member, scores, person = rows_of_people(rng, **shape)
    rows = [0.9 * scores + 0.4 * rows_of_people(rng, **shape)[1] for _ in range(count)]
    return member, rows, person


def test_intervals_lie_between_those_of_one_attack_and_bonferronis():
    member, rows, person = attacks(np.random.default_rng(0), 6, people=80, rows=10)
    curves = [roc(member, row) for row in rows]
    for curve, joint in zip(curves, clustered_areas(curves, person), strict=True):
        single, bonferroni = clustered_area(curve, person), clustered_area(curve, person, 1 - 0.05 / 6)
        assert bonferroni.low <= joint.low < single.low
        assert single.high < joint.high <= bonferroni.high


def test_few_people_get_bonferronis_level():
    member, rows, person = attacks(np.random.default_rng(0), 3, people=20, rows=10)
    curves = [roc(member, row) for row in rows]
    expected = [clustered_area(curve, person, 1 - 0.05 / 3) for curve in curves]
    assert clustered_areas(curves, person) == expected


@pytest.mark.slow
def test_all_are_covered_together():
    rng, trials, covered = np.random.default_rng(1), 300, 0
    truth = norm.cdf(0.7 * 1.3 / np.sqrt(2 * (0.81 + 0.16)))
    for _ in range(trials):
        member, rows, person = attacks(rng, 4, people=60, rows=8)
        covered += all(
            e.low <= truth <= e.high for e in clustered_areas([roc(member, r) for r in rows], person)
        )
    assert 0.91 * trials <= covered
