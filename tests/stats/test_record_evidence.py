"""What is known of each record: intervals over models, rare classes, and what does not fit."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import binom, t

from mlleaks.errors import InputError
from mlleaks.stats.record_evidence import RecordEvidence


def test_without_evidence_there_are_no_columns():
    assert RecordEvidence(attacks={"x": [1, 2]}).columns(2) == {}


class TestOverModels:
    def test_the_interval_is_students_prediction(self):
        over = np.array([[1.0, np.nan, 5], [2, np.nan, 5], [6, 1, 5], [np.nan, 2, 5]])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            columns = RecordEvidence(over_models=over).columns(3)
        half = t.ppf(0.975, 2) * np.std([1, 2, 6], ddof=1) * np.sqrt(1 + 1 / 3)
        assert columns["score_low"].tolist() == pytest.approx([3 - half, np.nan, 5], nan_ok=True)
        assert columns["score_high"].tolist() == pytest.approx([3 + half, np.nan, 5], nan_ok=True)

    @pytest.mark.parametrize("k", [3, 8, 40])
    def test_a_further_model_falls_into_it(self, k):
        rng, n = np.random.default_rng(k), 2000
        scores = rng.normal(rng.normal(size=n), rng.uniform(0.5, 2, n), (k + 1, n))
        columns = RecordEvidence(over_models=scores[:-1]).columns(n)
        inside = (columns["score_low"] <= scores[-1]) & (scores[-1] <= columns["score_high"])
        assert binom.ppf(1e-4, n, 0.95) <= inside.sum() <= binom.isf(1e-4, n, 0.95)


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        (
            RecordEvidence(over_models=np.zeros(3)),
            r"over models of shape \(3,\), .*expected shape \(models, 3\)",
        ),
        (RecordEvidence(over_models=[[1, 2, np.inf]]), "1 of them infinite"),
        (RecordEvidence(labels=[1]), "1 labels for 3 records"),
        (RecordEvidence(outlier_rank=[0, 1, 2]), "3 values of outlier_rank from 0 to 2"),
        (RecordEvidence(posterior_without=[0.5]), "1 values of posterior_without .* for 3 records"),
    ],
)
def test_what_does_not_fit_is_refused(evidence, message):
    with pytest.raises(InputError, match=message):
        evidence.columns(3)
