"""Models that answer a class alone, as models with posteriors of 0 and 1."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from mlleaks.errors import InputError, ModelError
from mlleaks.models import as_trainer, train_model, trainer_like
from mlleaks.models.label_only import LabelOnlyTrainer
from mlleaks.outputs.interface import class_names, require_model
from mlleaks.outputs.label_only import LabelOnlyModel
from mlleaks.outputs.query import query
from mlleaks.types import Dataset

X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.array(["cat", "dog", "eel"])[X.argmax(axis=1)]


@pytest.mark.parametrize("estimator", [LinearSVC(), LogisticRegression()])
def test_the_answers_are_the_models_classes_under_its_own_names(estimator):
    model = LabelOnlyModel(estimator.fit(X, Y))
    require_model(model)
    assert class_names(model) == ["cat", "dog", "eel"]
    answers = query(model, X)
    assert set(np.unique(answers)) == {0, 1}
    np.testing.assert_array_equal(model.classes_[answers.argmax(axis=1)], estimator.predict(X))


def test_further_answers_of_the_model_are_hidden():
    model = LabelOnlyModel(LogisticRegression().fit(X, Y))
    for name in ("decision_function", "predict", "predict_log_proba"):
        assert not hasattr(model, name)


class Numbers:
    """Answers a class per record, and does not name its classes."""

    def predict(self, X):
        return (X[:, 0] > 0).astype(int) * 2


def test_classes_can_be_named_and_must_be():
    assert LabelOnlyModel(Numbers(), classes=[0, 1, 2]).predict_proba(X).shape == (60, 3)
    with pytest.raises(
        InputError,
        match=r"a model \(Numbers\) that has predict, but not .* Set it, for example model.classes_",
    ):
        LabelOnlyModel(Numbers())
    with pytest.raises(ModelError, match="the class 2 from predict"):
        query(LabelOnlyModel(Numbers(), classes=[0, 1]), X)


@pytest.mark.parametrize("thing", [None, object(), LinearSVC])
def test_what_is_no_trained_model_is_refused(thing):
    with pytest.raises(ModelError, match="as the model; expected a trained object with predict"):
        LabelOnlyModel(thing)


class Odd:
    """Answers what is no table of posteriors."""

    classes_ = np.arange(2)

    def __init__(self, answer):
        self.answer = answer

    def predict_proba(self, X):
        return self.answer(len(X))


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (np.ones, "shape"),
        (lambda n: np.full((n, 2), np.nan), "nan|finite|missing"),
        (lambda n: np.array([["a", "b"]] * n), "not numbers"),
    ],
)
def test_malformed_answers_are_refused_as_they_are(answer, match):
    with pytest.raises((InputError, ModelError), match=match):
        query(LabelOnlyModel(Odd(answer)), X)


def test_a_trainer_of_models_without_posteriors_can_be_used_for_shadows():
    data = Dataset("made", X, X.argmax(axis=1), 4)
    with pytest.raises(ModelError, match="predict_proba"):
        query(train_model(as_trainer(LinearSVC()), data, np.random.default_rng(0)), X)
    model = train_model(LabelOnlyTrainer(as_trainer(LinearSVC())), data, np.random.default_rng(0))
    assert query(model, X, n_classes=4).sum(axis=0)[3] == 0


def test_the_shadow_of_a_wrapped_model_is_its_clone_behind_the_same_wrapper():
    trainer = trainer_like(LabelOnlyModel(LinearSVC(C=0.5).fit(X, Y)))
    assert isinstance(trainer, LabelOnlyTrainer)
    assert trainer.base.estimator.C == 0.5
    model = trainer(Dataset("made", X, X.argmax(axis=1), 3), np.random.default_rng(0))
    assert class_names(model) == ["cat", "dog", "eel"]


def test_posteriors_of_another_model_become_one_class():
    model = LabelOnlyModel(DummyClassifier(strategy="prior").fit([[0], [0], [0]], [0, 1, 1]))
    np.testing.assert_array_equal(model.predict_proba([[0]]), [[0, 1]])
