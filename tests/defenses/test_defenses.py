"""Defenses protect for the reason that the paper gives, and say where they do not fit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import mlleaks
from mlleaks.data.splits import disjoint
from mlleaks.defenses import REGISTRY, StackedDefense, dense_dropout, dropout, stacking
from mlleaks.models import ModuleTrainer, SklearnTrainer
from mlleaks.outputs.signals import maximum
from mlleaks.shadows.vectorized.dispatch import program
from mlleaks.stats.metrics import auc
from tests.synthetic import images

FIRST = [("tree", DecisionTreeClassifier()), ("line", LogisticRegression())]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([StackedDefense(FIRST, random_state=0)])
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([StackedDefense(random_state=0)])
def test_is_a_scikit_learn_estimator_with_its_defaults(estimator, check):
    check(estimator)


def noisy(n=1200, seed=0):
    """Records whose class is a coin beside a weak sign: a model that fits them has learned them by heart."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 12))
    y = (X[:, 0] + 2 * rng.normal(size=n) > 0).astype(int)
    return X, y


def leak(model, X, y, half):
    """The AUC of the posterior of the true class: what a leaking model cannot hide."""
    p = model.fit(X[:half], y[:half]).predict_proba(X)
    return auc(np.arange(len(X)) < half, p[np.arange(len(X)), y])


@pytest.mark.slow
def test_disjoint_parts_are_what_protects():
    X, y = noisy()
    first = [
        ("forest", RandomForestClassifier(random_state=0)),
        ("tree", DecisionTreeClassifier(random_state=0)),
    ]
    defended = leak(StackedDefense(first, LogisticRegression(), random_state=0), X, y, 600)
    prefit_on_all = leak(StackingClassifier(first, LogisticRegression(), cv=3), X, y, 600)
    alone = leak(RandomForestClassifier(random_state=0), X, y, 600)
    assert alone > 0.95
    assert prefit_on_all > 0.9  # cross-validation fits the first layer on all records in the end
    assert defended < 0.75


def test_no_estimator_sees_a_record_of_another():
    X, y = noisy(300)
    model = StackedDefense(FIRST, random_state=0).fit(X, y)
    joined = np.concatenate(model.parts_)
    assert len(joined) == len(set(joined.tolist())) == 300
    assert all(set(y[part]) == {0, 1} for part in model.parts_)


def test_no_model_of_the_trainer_is_queried_on_anothers_records():
    ids = []

    def spying(data, rng):
        ids.append(data.ids.tolist())
        return SklearnTrainer(DecisionTreeClassifier())(data, rng)

    data = mlleaks.load_dataset("digits").take(np.arange(300))
    stacking(spying, second=spying)(data, np.random.default_rng(0))
    first, second = map(set, ids)
    assert first
    assert second
    assert not first & second
    assert len(first | second) == 200


@pytest.mark.parametrize(
    ("settings", "shared"),
    [
        ({"parts": "disjoint"}, [[0], [1], [2]]),
        ({"parts": "layers"}, [[0, 1], [2]]),
        ({"parts": "layers", "shares": (2, 1)}, [[0, 1], [2]]),
        ({"parts": "same"}, [[0, 1, 2]]),
    ],
)
def test_parts_say_which_models_of_a_stack_share_their_records(settings, shared):
    ids = []

    def spying(data, rng):
        ids.append(frozenset(data.ids.tolist()))
        return SklearnTrainer(DecisionTreeClassifier())(data, rng)

    data = mlleaks.load_dataset("digits").take(np.arange(300))
    stacking(spying, second=spying, final=spying, **settings)(data, np.random.default_rng(0))
    assert [[i for i in range(3) if ids[i] == part] for part in dict.fromkeys(ids)] == shared
    assert sorted(i for part in dict.fromkeys(ids) for i in part) == sorted(data.ids.tolist())
    share = {None: 1 / len(shared), (2, 1): 2 / 3}[settings.get("shares")]
    assert len(ids[0]) == 300 * share


def test_disjoint_parts_are_the_default():
    data = mlleaks.load_dataset("digits").take(np.arange(300))
    tree = DecisionTreeClassifier()
    models = [
        stacking(tree, second=tree, **setting)(data, np.random.default_rng(0))
        for setting in ({}, {"parts": "disjoint"}, {"parts": "layers"})
    ]
    plain, disjoint_parts, layers = (model.predict_proba(data.X) for model in models)
    np.testing.assert_array_equal(plain, disjoint_parts)
    assert (plain != layers).any()


@pytest.mark.slow
def test_a_stack_leaks_where_its_models_see_the_same_records():
    X, y = noisy()
    data = mlleaks.Dataset("noisy", X, y, 2)
    members = np.arange(1200) < 600
    forest = RandomForestClassifier(random_state=0)
    leaks = {}
    for parts in ("disjoint", "layers", "same"):
        trainer = stacking(DecisionTreeClassifier(random_state=0), second=forest, parts=parts)
        p = trainer(data.take(np.flatnonzero(members)), np.random.default_rng(0)).predict_proba(X)
        leaks[parts] = auc(members, p[np.arange(1200), y])
    assert leaks["same"] > 0.95
    assert max(leaks["disjoint"], leaks["layers"]) < 0.85


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"parts": "halves"}, "got parts='halves'; expected one of disjoint, layers, same"),
        ({"parts": "same", "shares": (1, 1, 1)}, "with parts='same'; expected no shares"),
        ({"parts": "same", "shares": (1,)}, "with parts='same'; expected no shares"),
        ({"parts": "layers", "shares": (1, 1, 1)}, "expected 2 numbers above 0, one for each part"),
        ({"parts": "layers", "shares": (1, 0)}, "expected 2 numbers above 0, one for each part"),
    ],
)
def test_parts_and_shares_that_do_not_fit_are_refused(settings, match):
    with pytest.raises(mlleaks.InputError, match=match):
        stacking(DecisionTreeClassifier(), **settings)


def test_shares_say_how_large_the_parts_are():
    parts = disjoint(np.repeat(np.arange(4), 50), (2, 1, 1), np.random.default_rng(0))
    assert [len(part) for part in parts] == [100, 50, 50]


def test_too_few_records_of_a_class_are_named():
    with pytest.raises(mlleaks.InputError, match="2 records of class 1; expected at least 3 of each class"):
        StackedDefense(FIRST).fit(np.arange(12.0)[:, None], np.repeat([0, 1], [10, 2]))


def test_bad_shares_are_refused():
    with pytest.raises(mlleaks.InputError, match="above 0"):
        disjoint(np.zeros(9, dtype=int), (1, 0, 1), np.random.default_rng(0))


@pytest.mark.parametrize(
    "shares", [(1, 1), (1, 1, 1, 1), (1, 1, np.inf), (1, np.nan, 1), np.array([1, -1, 1])]
)
def test_there_are_as_many_shares_as_parts(shares):
    with pytest.raises(mlleaks.InputError, match="3 numbers above 0, one for each part"):
        StackedDefense(FIRST, shares=shares).fit(*noisy(60))
    with pytest.raises(mlleaks.InputError, match="3 numbers above 0, one for each part"):
        stacking(SklearnTrainer(DecisionTreeClassifier()), shares=shares)


def test_a_stack_of_estimators():
    """What is offered where dropout does not fit: the forest itself, not wrapped."""
    data = mlleaks.load_dataset("digits").take(np.arange(300))
    stack = stacking(RandomForestClassifier(5), second=DecisionTreeClassifier(), final=GaussianNB())
    model = stack(data, np.random.default_rng(0))
    assert model.predict_proba(data.X).shape == (300, 10)


@pytest.mark.parametrize("ratio", [-0.1, 1.0, 2.0])
def test_a_ratio_outside_is_refused(ratio):
    with pytest.raises(mlleaks.InputError, match=r"dropout ratio of .*; expected a number in \[0, 1\)"):
        dropout(mlleaks.MLPTrainer(), hidden=ratio)


def test_dropout_does_not_fit_a_forest():
    with pytest.raises(mlleaks.InputError, match="Use stacking"):
        dropout(SklearnTrainer(RandomForestClassifier()))


def test_dropout_wants_a_chain_of_layers():
    class Net(nn.Module):
        def __init__(self, width, k):
            super().__init__()
            self.layer = nn.Linear(width, k)

        def forward(self, x):
            return self.layer(x)

    trainer = dropout(ModuleTrainer(build=lambda shape, k: Net(shape[0], k), epochs=1))
    data = mlleaks.load_dataset("digits").take(np.arange(20))
    with pytest.raises(mlleaks.InputError, match="torch.nn.Dropout layers where you want them"):
        trainer(data, np.random.default_rng(0))


@pytest.mark.parametrize("kind", [mlleaks.MLPTrainer, mlleaks.CNNTrainer])
def test_dropout_drops_in_training_and_not_in_answers(kind):
    data = images()
    trainer = dropout(kind(epochs=2))
    model = trainer(data, np.random.default_rng(0))
    layers = [layer for layer in model.net.modules() if type(layer).__name__ == "KeyedDropout"]
    assert [layer.p for layer in layers] == [0.5, 0.5]
    np.testing.assert_array_equal(model.predict_proba(data.X), model.predict_proba(data.X))
    x = torch.ones(4, *trainer.inputs(data.X).shape[1:])
    model.net.train()
    assert (layers[0](x) == 0).float().mean() > 0.3


def test_without_ratios_dropout_changes_nothing():
    data, base = images(), mlleaks.MLPTrainer(epochs=2)
    plain, same = (t(data, np.random.default_rng(0)) for t in (base, dropout(base, inputs=0, hidden=0)))
    np.testing.assert_array_equal(plain.predict_proba(data.X), same.predict_proba(data.X))


def test_dropout_is_trained_in_groups_as_modules_are():
    assert program(dropout(mlleaks.MLPTrainer()), images(), 4).__name__ == "train_modules"


@pytest.mark.slow
def test_dropout_lowers_overfitting():
    data = mlleaks.load_dataset("digits")
    random_labels = np.random.default_rng(0).integers(10, size=200)
    some = mlleaks.Dataset("noise", data.X[:200], random_labels, 10)
    base = mlleaks.MLPTrainer(epochs=300, learning_rate=0.005)
    plain, dropped = (
        maximum(t(some, np.random.default_rng(0)).predict_proba(some.X)).mean() for t in (base, dropout(base))
    )
    assert plain > 0.85
    assert dropped < 0.7


def test_dense_dropout_sits_between_convolutions_and_dense_layers():
    trainer = dense_dropout(mlleaks.CNNTrainer(), dense=0.3, hidden=0.2)
    layers = list(trainer.network((1, 16, 16), 3, np.random.default_rng(0)))
    kinds = [type(layer).__name__ for layer in layers]
    first = kinds.index("Linear")
    assert kinds[first - 2 : first] == ["Flatten", "Dropout"]
    assert [layer.p for layer in layers if type(layer).__name__ == "Dropout"] == [0.3, 0.2]


def test_dense_dropout_lowers_overfitting_on_images():
    data, base = images(), mlleaks.CNNTrainer(epochs=30)
    some = data.take(np.arange(60))
    confidence = [
        maximum(t(some, np.random.default_rng(0)).predict_proba(some.X)).mean()
        for t in (base, dense_dropout(base))
    ]
    assert confidence[1] < confidence[0]


@pytest.mark.parametrize("trainer", [mlleaks.MLPTrainer(), SklearnTrainer(RandomForestClassifier())])
def test_dense_dropout_wants_convolutions(trainer):
    with pytest.raises(mlleaks.InputError, match="dense dropout for"):
        dense_dropout(trainer)


def test_dense_dropout_of_a_module_that_begins_with_a_dense_layer_is_refused():
    trainer = dense_dropout(ModuleTrainer(build=dense_module, epochs=1))
    with pytest.raises(mlleaks.InputError, match="of a network that begins with them"):
        trainer(images(), np.random.default_rng(0))


def dense_module(shape, k):
    return nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), 8), nn.Tanh(), nn.Linear(8, k))


def test_it_is_tried_on_convolutional_networks_by_default():
    spec = REGISTRY["dense-dropout"]
    assert spec.is_usual_for(mlleaks.CNNTrainer())
    assert not spec.is_usual_for(mlleaks.MLPTrainer())
    assert not spec.is_usual_for(RandomForestClassifier())
