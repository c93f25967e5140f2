"""The AUC of records that count unequally."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.stats import metrics
from mlleaks.stats.weighted_auc import weighted_area


def test_whole_weights_are_repeated_records():
    rng = np.random.default_rng(0)
    member, scores = rng.random(80) < 0.5, rng.integers(0, 10, 80) * 1.0
    weights = rng.integers(1, 5, 80)
    repeated = metrics.auc(np.repeat(member, weights), np.repeat(scores, weights))
    assert weighted_area(member, scores, weights * 1.0)[0] == pytest.approx(repeated)


def test_records_without_weight_do_not_count():
    member, scores = np.array([True, True, False, False]), np.array([3.0, 0.0, 1.0, 9.0])
    assert weighted_area(member, scores, np.array([1.0, 0.0, 1.0, 0.0]))[0] == 1


def test_intervals_cover_the_weighted_truth():
    """Members are shifted by one; under weights that undo it the truth is 1/2."""
    rng, covered = np.random.default_rng(1), 0
    member = np.repeat([True, False], 200)
    for _ in range(100):
        x = rng.normal(size=400) + member
        odds = np.exp(x - 0.5)
        area, errors = weighted_area(member, x, np.where(member, 1 / (1 + odds), odds / (1 + odds)))
        covered += abs(area - 0.5) <= 1.96 * np.sqrt(errors @ errors)
    assert covered >= 90
