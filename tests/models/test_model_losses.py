"""Losses of models and of boosting stages."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from mlleaks.errors import InputError, ModelError
from mlleaks.models.model_losses import model_losses, spaced_stages, staged_losses

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["one", "two", "three"])[Y]


def test_losses_are_those_of_scikit_learn_record_by_record():
    model = LogisticRegression(max_iter=500).fit(X, NAMES)
    p = model.predict_proba(X)
    slow = [log_loss([name], [row], labels=model.classes_) for name, row in zip(NAMES, p, strict=True)]
    np.testing.assert_allclose(model_losses(model, X, NAMES), slow, atol=1e-9)


def test_losses_are_exact_where_the_posterior_rounds_to_one():
    class Confident:
        def predict_proba(self, X):
            return np.tile([1.0, 1e-30], (len(X), 1))

    assert model_losses(Confident(), X[:1], [0])[0] == pytest.approx(1e-30)


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingClassifier(max_iter=12),
        GradientBoostingClassifier(n_estimators=12, max_depth=2),
        AdaBoostClassifier(n_estimators=12),
    ],
    ids=lambda model: type(model).__name__,
)
def test_the_last_stage_is_the_model_and_earlier_ones_are_smaller_models(model):
    model.fit(X, NAMES)
    staged = list(staged_losses(model, X, NAMES, stages=(12, 3)))
    np.testing.assert_allclose(staged[1], model_losses(model, X, NAMES), rtol=1e-6)
    third = list(model.staged_predict_proba(X))[2]
    np.testing.assert_allclose(np.exp(-staged[0]), third[np.arange(150), model.classes_.searchsorted(NAMES)])


def test_stages_are_spaced_from_the_first_to_the_last():
    for last in (1, 2, 7, 100, 1000):
        stages = spaced_stages(last)
        assert stages[0] == 1
        assert stages[-1] == last
        assert len(stages) <= 10


@pytest.mark.parametrize("stages", [(0, 1), (4,), ()])
def test_a_stage_that_is_not_there_is_refused(stages):
    model = HistGradientBoostingClassifier(max_iter=3).fit(X, Y)
    with pytest.raises(InputError, match=r"stages .*; expected some of 1\.\.3"):
        list(staged_losses(model, X, Y, stages=stages))


@pytest.mark.parametrize("model", [LogisticRegression(max_iter=500), HistGradientBoostingClassifier()])
def test_a_model_without_stages_is_refused(model):
    model = model.fit(X, Y) if isinstance(model, LogisticRegression) else model
    with pytest.raises(ModelError, match="without stages"):
        list(staged_losses(model, X, Y))


def test_unknown_classes_are_counted():
    model = LogisticRegression(max_iter=500).fit(X, NAMES)
    with pytest.raises(InputError, match="150 classes for 150 records, 50 of them unknown"):
        model_losses(model, X, np.where(NAMES == "one", "four", NAMES))


def test_as_many_classes_as_records_are_needed():
    model = LogisticRegression(max_iter=500).fit(X, NAMES)
    with pytest.raises(InputError, match="7 classes for 9 records"):
        model_losses(model, X[:9], NAMES[:7])
