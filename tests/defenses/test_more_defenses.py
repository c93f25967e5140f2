"""Every defense does what it says, keeps numbers where it should, and composes or says why not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from torch import nn

import mlleaks
from mlleaks.defenses import (
    LabelOnly,
    MemGuard,
    Rounded,
    Temperature,
    TopK,
    distillation,
    dp_sgd,
    dropout,
    early_stopping,
    label_smoothing,
    mask_model,
    mask_trainer,
    memguard,
    mixup,
    self_distillation,
    weight_decay,
)
from mlleaks.models import CNNTrainer, MLPTrainer, ModuleTrainer, SklearnTrainer
from mlleaks.outputs.signals import maximum
from mlleaks.shadows.vectorized.dispatch import is_alone, program
from mlleaks.stats.metrics import auc
from mlleaks.types import Dataset
from tests.synthetic import images

BASE = MLPTrainer(epochs=60, hidden=64, batch=20, learning_rate=0.01, l2=0)
SHORT = replace(BASE, epochs=4)
"""For what private training does in every step: it takes long."""
NETWORKS = {
    "dropout": dropout,
    "weight decay": weight_decay,
    "label smoothing": label_smoothing,
    "mixup": mixup,
    "early stopping": early_stopping,
    "distillation": distillation,
    "self-distillation": self_distillation,
    "dp-sgd": dp_sgd,
}
SLOW = ("dp-sgd", "self-distillation")
MASKS = [TopK(1), TopK(3), Rounded(1), Rounded(3), LabelOnly(), Temperature(3.0)]


def overlapping(n=240, seed=0):
    """Three classes that overlap, in a dozen features: a network can only learn its records by heart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    X = rng.normal(size=(n, 12)).astype(np.float32)
    X[np.arange(n), y] += 1.0
    return Dataset("overlapping", X, y, 3)


@pytest.fixture(scope="module")
def data():
    return overlapping()


def trained(trainer, data, seed=0):
    return trainer(data, np.random.default_rng(seed))


@cache
def defended(name):
    """A network with one of the defenses; without any for an empty name."""
    return trained(NETWORKS[name](BASE) if name else BASE, overlapping())


def leak(model, data):
    """How well the largest posterior tells a model's records from non-members of the same kind."""
    fresh = overlapping(len(data), seed=99)
    p = np.concatenate([model.predict_proba(data.X), model.predict_proba(fresh.X)])
    return auc(np.arange(len(p)) < len(data), maximum(p))


def marked(names):
    return [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in names]


@pytest.mark.parametrize("name", marked(NETWORKS))
def test_a_defended_network_answers_posteriors_and_is_the_same_again(name, data):
    first, again = (m.predict_proba(data.X) for m in (defended(name), trained(NETWORKS[name](BASE), data)))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(first.sum(axis=1), 1, atol=1e-5)
    assert first.shape == (len(data), 3)


@pytest.mark.parametrize("name", marked(name for name in NETWORKS if name != "label smoothing"))
def test_a_defense_leaks_less_than_none(name, data):
    """Label smoothing does not: members then have posteriors of one size, and non-members do not."""
    assert leak(defended(""), data) > 0.7
    assert leak(defended(name), data) < leak(defended(""), data) - 0.03


def test_strong_weight_decay_leaks_less(data):
    strong = trained(weight_decay(BASE, strength=0.02), data)
    assert leak(strong, data) < leak(defended(""), data) - 0.05


@pytest.mark.parametrize("name", NETWORKS)
def test_a_forest_is_refused_and_stacking_offered(name):
    with pytest.raises(mlleaks.InputError, match="Use stacking"):
        NETWORKS[name](SklearnTrainer(RandomForestClassifier()))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: dropout(BASE, inputs=1.0), r"a dropout ratio of 1.0; expected a number in \[0, 1\)"),
        (lambda: label_smoothing(BASE, smoothing=-0.1), "label smoothing of -0.1"),
        (lambda: weight_decay(BASE, strength=-1), "l2=-1"),
        (lambda: mixup(BASE, alpha=0), "alpha=0"),
        (lambda: early_stopping(BASE, share=1), "share=1"),
        (lambda: early_stopping(BASE, patience=0), "patience=0"),
        (lambda: distillation(BASE, share=0), "a teacher's share of 0"),
        (lambda: self_distillation(BASE, folds=1), "1 folds"),
        (lambda: memguard(BASE, share=0), "share=0"),
        (lambda: memguard(BASE, budget=3), "budget=3"),
        (lambda: dp_sgd(BASE, epsilon=0), "epsilon=0"),
        (lambda: dp_sgd(mixup(BASE)), "cross entropy of single records"),
        (lambda: label_smoothing(mixup(BASE)), "Put label smoothing on first"),
        (lambda: dropout(early_stopping(BASE)), "Put this defense on first, the other one second"),
        (
            lambda: distillation(early_stopping(BASE)),
            "both train in a way of their own",
        ),
        (
            lambda: dropout(mask_trainer(BASE, LabelOnly())),
            "dropout for MaskedTrainer",
        ),
        (lambda: mixup(dropout(mixup(BASE))), "MixUp of MixUp"),
        (lambda: memguard(dp_sgd(BASE)), "MemGuard around DP-SGD"),
        (lambda: TopK(1.5), "the 1.5 largest posteriors"),
        (lambda: Rounded(1.5), "1.5 digits"),
        (lambda: Temperature(float("inf")), "a temperature of inf"),
        (lambda: TopK(0), "the 0 largest posteriors"),
        (lambda: Rounded(0), "0 digits"),
        (lambda: Temperature(0), "a temperature of 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(build, message):
    with pytest.raises(mlleaks.InputError, match=message):
        build()


def test_defenses_compose(data):
    trainer = mask_trainer(early_stopping(mixup(label_smoothing(dropout(weight_decay(BASE))))), Rounded(2))
    p = trained(trainer, data).predict_proba(data.X)
    np.testing.assert_allclose(p * 100, np.round(p * 100), atol=1e-4)


def test_smoothing_and_mixup_are_trained_alone_dropout_in_groups(data):
    assert is_alone(label_smoothing(BASE), data.X)
    assert is_alone(mixup(BASE), data.X)
    assert program(dropout(BASE), data.X, 2) is not None


def test_smoothing_of_zero_and_cross_entropy_are_the_same(data):
    plain = trained(BASE, data).predict_proba(data.X)
    np.testing.assert_allclose(
        trained(label_smoothing(BASE, smoothing=0.0), data).predict_proba(data.X), plain, atol=1e-6
    )


def test_smoothed_networks_are_never_certain(data):
    p = trained(label_smoothing(BASE, smoothing=0.3), data).predict_proba(data.X)
    certain = trained(BASE, data).predict_proba(data.X)
    assert np.median(p.max(axis=1)) < 0.9 < np.median(certain.max(axis=1))


def test_early_stopping_keeps_the_best_epoch(data):
    """With more patience than epochs it still answers non-members no worse than the last epoch does."""
    fresh = overlapping(300, seed=7)

    def loss(trainer):
        p = trained(trainer, data).predict_proba(fresh.X)
        return -np.log(p[np.arange(300), fresh.y]).mean()

    assert loss(early_stopping(BASE, patience=1000)) < loss(BASE)


@pytest.mark.slow
def test_sparse_records_are_taken(data):
    rare = Dataset("rare", sparse.csr_array(np.where(data.X > 1, data.X, 0)), data.y, 3)
    for defense in NETWORKS.values():
        assert trained(defense(MLPTrainer(epochs=2)), rare).predict_proba(rare.X).shape == (len(rare), 3)


@pytest.mark.slow
def test_images_are_taken():
    pictures = images(60)
    for defense in NETWORKS.values():
        assert trained(defense(CNNTrainer(epochs=1)), pictures).predict_proba(pictures.X).shape == (
            60,
            pictures.n_classes,
        )


def test_a_student_sees_neither_labels_nor_the_teachers_records(data):
    parts = []

    def teacher(part, rng):
        parts.append(part)
        return trained(SklearnTrainer(DecisionTreeClassifier(max_depth=2)), part)

    fooled = Dataset("wrong", data.X, data.y, 3)
    trainer = distillation(MLPTrainer(epochs=60, batch=20), teacher=teacher)
    model = trained(trainer, fooled)
    [part] = parts
    assert len(part) == pytest.approx(len(data) / 2, abs=3)
    agreed = teacher(part, None).predict_proba(data.X).argmax(axis=1) == model.predict_proba(data.X).argmax(
        axis=1
    )
    assert agreed.mean() > 0.8


def test_the_model_states_the_privacy_that_was_spent(data):
    model = trained(dp_sgd(SHORT, epsilon=3.0, delta=1e-4), data)
    assert 2.5 < model.epsilon <= 3.0 + 1e-6
    assert model.delta == 1e-4


@pytest.mark.slow
def test_less_privacy_budget_is_less_accuracy_on_members(data):
    def right(epsilon):
        p = trained(dp_sgd(replace(BASE, epochs=20), epsilon=epsilon), data).predict_proba(data.X)
        return (p.argmax(axis=1) == data.y).mean()

    assert right(0.2) < right(1000.0)


def test_steps_without_a_record_are_steps_of_noise():
    few = overlapping(12)
    model = trained(dp_sgd(MLPTrainer(epochs=4, batch=1), epsilon=5.0), few)  # a third of steps draws none
    assert np.isfinite(model.predict_proba(few.X)).all()


def test_a_layer_that_mixes_records_is_named(data):
    def build(shape, n_classes):
        return nn.Sequential(nn.Linear(shape[0], 8), nn.BatchNorm1d(8), nn.Linear(8, n_classes))

    with pytest.raises(mlleaks.InputError, match=r"the layer 1 \(BatchNorm1d\).*GroupNorm"):
        trained(dp_sgd(ModuleTrainer(build=build, epochs=1)), data)


def test_opacus_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(import_module("mlleaks.defenses.dp_sgd"), "find_spec", lambda name: None)
    with pytest.raises(mlleaks.MissingExtra, match=r"mlleaks\[dp\]"):
        dp_sgd(BASE)


@pytest.mark.slow
def test_a_private_model_keeps_nothing_that_the_noise_should_hide(data):
    net = trained(dp_sgd(SHORT), data).net
    assert [name for p in net.parameters() for name in vars(p)] == []
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.slow
def test_dropout_draws_new_masks_in_private_training(data):
    keys = []
    for epochs in (0, 1):
        net = trained(dp_sgd(dropout(replace(BASE, epochs=epochs))), data).net
        keys.append([int(value) for name, value in net.state_dict().items() if name.endswith("key")])
    assert len(keys[0]) == 2
    assert keys[0] != keys[1]


def test_no_training_spends_nothing(data):
    assert trained(dp_sgd(replace(BASE, epochs=0)), data).epsilon == 0.0


@pytest.mark.parametrize(
    ("trainer", "message"),
    [
        (lambda: dp_sgd(BASE, epsilon=1e-4), "an epsilon that some noise can reach"),
        (lambda: dp_sgd(replace(BASE, precision="bfloat16")), "DP-SGD in bfloat16"),
        (lambda: dp_sgd(ModuleTrainer(build=Own, epochs=1)), "the weights weight, which belong to no layer"),
    ],
)
def test_private_training_that_cannot_be_is_explained(trainer, message, data):
    with pytest.raises(mlleaks.MLLeaksError, match=message):
        trained(trainer(), data)


class Own(nn.Module):
    """A network whose weights are its own, not a layer's."""

    def __init__(self, shape, n_classes):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape[0], n_classes))

    def forward(self, x):
        return x @ self.weight


def rows(k=4):
    values = st.lists(st.integers(0, 1000), min_size=k, max_size=k).filter(any)
    return st.lists(values, min_size=1, max_size=8).map(
        lambda v: np.array(v) / np.sum(v, axis=1, keepdims=True)
    )


@hypothesis.given(rows(), st.sampled_from(MASKS))
def test_masks_keep_the_class_and_sum_to_one(p, mask):
    answers = mask(p)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-9)
    assert answers.min() >= 0
    best = p.argmax(axis=1)
    np.testing.assert_array_equal(answers.argmax(axis=1), best)
    small = mask(p.astype(np.float32))
    np.testing.assert_array_equal(small.argmax(axis=1), p.astype(np.float32).argmax(axis=1))


def test_the_other_classes_share_the_rest_equally():
    p = np.array([[0.5, 0.3, 0.15, 0.05]], dtype=np.float32)
    np.testing.assert_allclose(TopK(2)(p), [[0.5, 0.3, 0.1, 0.1]], atol=1e-7)
    assert TopK(2)(p).dtype == np.float32
    np.testing.assert_array_equal(TopK(9)(p), p)


def test_a_masked_model_is_still_a_classifier(data):
    forest = RandomForestClassifier(random_state=0).fit(data.X, data.y)
    model = mask_model(forest, LabelOnly())
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    assert not hasattr(mask_model(trained(BASE, data), LabelOnly()), "classes_")
    assert set(np.unique(model.predict_proba(data.X))) == {0.0, 1.0}
    half = len(data) // 2
    report = mlleaks.audit(
        model, members=(data.X[:half], data.y[:half]), nonmembers=(data.X[half:], data.y[half:])
    )
    assert report.verdict("adversary-3-maximum").estimates["auc"].value == 0.5


@pytest.mark.slow
def test_noise_leaves_the_defenders_own_attack_undecided(data):
    trainer = memguard(BASE)
    model = trained(trainer, data)
    plain = model.model.predict_proba(data.X)
    answers = model.predict_proba(data.X)
    np.testing.assert_array_equal(answers.argmax(axis=1), plain.argmax(axis=1))
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    alone = np.concatenate([model.predict_proba(data.X[i : i + 1]) for i in range(len(data))])
    assert (np.abs(alone - answers).max(axis=1) < 0.01).mean() > 0.98  # asking otherwise hardly tells more

    def away(p):
        return np.abs(model.mask._score(p.astype(float)) - 0.5).mean()

    assert away(answers) < 0.5 * away(plain)


def test_noise_stays_within_its_budget(data):
    free = trained(memguard(BASE), data)
    plain = free.model.predict_proba(data.X)
    np.testing.assert_array_equal(MemGuard(free.mask.attack, budget=0.0)(plain), plain)
    spent = [
        np.abs(MemGuard(free.mask.attack, budget=b)(plain) - plain).sum(axis=1).mean() for b in (0.05, 2.0)
    ]
    assert spent[0] < 0.08
    assert spent[0] < spent[1]


@pytest.mark.slow
def test_a_private_model_answers_without_opacus(data, tmp_path, monkeypatch):
    model = trained(dp_sgd(MLPTrainer(epochs=1)), data)
    mlleaks.save_model(model, tmp_path / "private.mlleaks")
    monkeypatch.setattr(import_module("mlleaks.defenses.dp_sgd"), "find_spec", lambda name: None)
    again = mlleaks.load_model(tmp_path / "private.mlleaks")
    np.testing.assert_array_equal(again.predict_proba(data.X), model.predict_proba(data.X))
    with pytest.raises(mlleaks.MissingExtra, match=r"mlleaks\[dp\]"):
        again.trainer(data, np.random.default_rng(0))
