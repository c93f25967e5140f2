"""Checks that every trainer must pass."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from torch import nn

import mlleaks
from mlleaks.defenses import REGISTRY, dp_sgd, stacking
from mlleaks.models import ModuleTrainer, SklearnTrainer, as_trainer, trainer_like
from mlleaks.types import Dataset


def convolutions(shape, k):
    """A small convolutional network that takes the digits' pixels in a row."""
    first = [nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*first, nn.Linear(8 * 36, 64), nn.Tanh(), nn.Linear(64, k))


def base_of(spec):
    """A trainer that a defense fits: an MLP, or a network with convolutions for those that need them."""
    if issubclass(mlleaks.MLPTrainer, spec.trainers):
        return mlleaks.MLPTrainer(epochs=60)
    return ModuleTrainer(build=convolutions, epochs=60)


TRAINERS = {
    "mlp": mlleaks.MLPTrainer(epochs=30),
    "forest": SklearnTrainer(RandomForestClassifier(n_estimators=20)),
    "tree": SklearnTrainer(DecisionTreeClassifier()),
    "pipeline": SklearnTrainer(make_pipeline(StandardScaler(), LogisticRegression())),
    "stacking, unequal": stacking(mlleaks.MLPTrainer(epochs=60), shares=(2, 1, 1)),
    "stacking, a part per layer": stacking(mlleaks.MLPTrainer(epochs=60), parts="layers"),
    "bayes": SklearnTrainer(GaussianNB(var_smoothing=1e-2)),
    **{name: spec.apply(base_of(spec)) for name, spec in REGISTRY.items()},
    "dp-sgd": dp_sgd(mlleaks.MLPTrainer(epochs=60), epsilon=50),  # so few records leave little to learn at 8
}
SLOW = ("dp-sgd", "self-distillation")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(trainer, id=name, marks=[pytest.mark.slow] * (name in SLOW))
        for name, trainer in TRAINERS.items()
    ],
)
def trainer(request):
    return request.param


@pytest.fixture(scope="module")
def data():
    return mlleaks.load_dataset("digits").take(np.arange(400))


@pytest.fixture(scope="module")
def answered(trainer, data):
    return answers(trainer, data)


def answers(trainer, data, seed=0):
    return trainer(data, np.random.default_rng(seed)).predict_proba(data.X)


def test_answers_are_posteriors_for_all_classes(answered):
    assert answered.shape == (400, 10)
    np.testing.assert_allclose(answered.sum(axis=1), 1, atol=1e-5)


def test_learns(answered, data):
    assert (answered.argmax(axis=1) == data.y).mean() > 0.8


def test_same_seed_same_model_and_the_data_as_they_were(trainer, answered, data):
    X, y = data.X.copy(), data.y.copy()
    np.testing.assert_allclose(answers(trainer, data), answered, atol=1e-6)
    np.testing.assert_array_equal(X, data.X)
    np.testing.assert_array_equal(y, data.y)


def test_a_class_without_records_is_answered_with_little(trainer, data):
    some = data.take(np.flatnonzero(data.y != 3))
    p = trainer(some, np.random.default_rng(0)).predict_proba(data.X)
    assert p.shape == (400, 10)
    assert (p.argmax(axis=1) != 3).all()


@pytest.mark.parametrize("name", ["mlp", "forest"])
def test_another_seed_another_model(name, data):
    assert (answers(TRAINERS[name], data, 1) != answers(TRAINERS[name], data, 2)).any()


def test_the_estimator_passed_is_never_fitted(data):
    estimator = LogisticRegression(max_iter=10000)
    as_trainer(estimator)(data, np.random.default_rng(0))
    assert not hasattr(estimator, "classes_")


def test_a_fit_that_fails_is_explained():
    one = Dataset("one", np.ones((30, 2)), np.zeros(30, int), 2)
    with pytest.raises(mlleaks.ModelError, match="while training LogisticRegression"):
        SklearnTrainer(LogisticRegression())(one, np.random.default_rng(0))


def test_text_is_refused_by_the_network():
    texts = Dataset("words", np.array([["a"], ["b"]], dtype=object), np.array([0, 1]), 2)
    with pytest.raises(mlleaks.InputError, match="numeric features for a neural network"):
        mlleaks.MLPTrainer()(texts, np.random.default_rng(0))


def test_anything_else_is_no_trainer():
    with pytest.raises(mlleaks.InputError, match="a trainer of type str"):
        as_trainer("forest")


def test_a_model_with_a_frozen_part_is_not_cloned(data):
    from sklearn.frozen import FrozenEstimator

    fitted = LogisticRegression(max_iter=10000).fit(data.X, data.y)
    assert trainer_like(fitted) == SklearnTrainer(fitted, tuple(range(10)))
    assert trainer_like(FrozenEstimator(fitted)) == mlleaks.MLPTrainer()


def test_plain_functions_are_trainers(data):
    def train(data, rng):
        return RandomForestClassifier(n_estimators=5, random_state=0).fit(data.X, data.y)

    assert as_trainer(train) is train


def test_a_saved_scikit_learn_model_is_shadowed_by_its_like(data, tmp_path):
    tree = DecisionTreeClassifier(max_depth=3)
    model = SklearnTrainer(tree)(data, np.random.default_rng(0))
    loaded = mlleaks.load_model(mlleaks.save_model(model, tmp_path / "tree.mlleaks"))
    shadow = trainer_like(loaded)(data, np.random.default_rng(1))
    assert type(shadow.estimator) is DecisionTreeClassifier
    assert shadow.estimator.get_depth() == 3
