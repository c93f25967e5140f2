"""Precision averaged over members and non-members."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import classification_report

from mlleaks.stats.both_classes import precision_of_both


@pytest.mark.parametrize(("hits", "n", "alarms", "m"), [(90, 100, 60, 100), (3, 20, 1, 50), (20, 20, 1, 50)])
def test_it_is_the_last_line_of_the_report_of_scikit_learn(hits, n, alarms, m):
    member = np.repeat([1, 0], [n, m])
    flagged = np.r_[np.arange(n) < hits, np.arange(m) < alarms].astype(int)
    line = classification_report(member, flagged, output_dict=True)["weighted avg"]
    estimate = precision_of_both(hits, n, alarms, m)
    assert estimate.value == pytest.approx(line["precision"])
    assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize(("hits", "alarms"), [(0, 0), (10, 20)])
def test_it_is_undefined_where_a_class_is_never_predicted(hits, alarms):
    assert math.isnan(precision_of_both(hits, 10, alarms, 20).value)


@pytest.mark.parametrize(("n", "m"), [(100, 100), (500, 500), (200, 1000)])
@pytest.mark.parametrize(("tpr", "fpr"), [(0.98, 0.2), (0.6, 0.5), (0.9, 0.05), (0.5, 0.5)])
def test_it_covers(n, m, tpr, fpr):
    rng, runs = np.random.default_rng(0), 1500
    truth = precision_of_both(n * tpr, n, m * fpr, m).value
    counts = zip(rng.binomial(n, tpr, runs), rng.binomial(m, fpr, runs), strict=True)
    estimates = [precision_of_both(hits, n, alarms, m) for hits, alarms in counts]
    covered = sum(e.low <= truth <= e.high for e in estimates)
    assert covered >= binom.ppf(1e-5, runs, 0.945)
