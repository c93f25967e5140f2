"""Networks on sparse records: the numbers of dense records, in every way of training and for every query."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import nn

from mlleaks.data.membership_plan import plan_members
from mlleaks.defenses import dropout
from mlleaks.models import SGD, ConstantSchedule, ConstantThenDecay, MLPTrainer, load_model, save_model
from mlleaks.models.sparse_input import Rows
from mlleaks.models.torch import sparse_linear
from mlleaks.models.torch.keyed_dropout import KeyedDropout, uniform
from mlleaks.seeds import Seeds
from mlleaks.shadows import Processes, train_shadows
from mlleaks.shadows.tuning import StepTimings, TuningRequest, measure
from mlleaks.shadows.vectorized.dispatch import is_alone
from mlleaks.storage.fingerprint import describe
from mlleaks.types import Dataset

MLP = MLPTrainer(epochs=6, batch=50, hidden=16)


def texts(n=230, d=3000, n_words=30, n_classes=4, seed=0):
    """Word counts of which a few tell the class; some columns are never used, two records are empty."""
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n)
    rows = np.repeat(np.arange(n), n_words)
    columns = np.minimum(rng.zipf(1.3, size=n * n_words) - 1, d - 101) + 50
    columns[::6] = y[rows[::6]] * 7
    values = rng.random(n * n_words).astype(np.float32)
    values[rows < 2] = 0
    X = sparse.csr_array((values, (rows, columns)), shape=(n, d))
    X.eliminate_zeros()
    return Dataset("texts", X, y, n_classes)


def written_out(data):
    return replace(data, X=data.X.toarray())


def answers(trainer, data, X):
    return trainer(data, np.random.default_rng(3)).predict_proba(X)


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {"schedule": ConstantSchedule()},
        {"schedule": ConstantThenDecay(), "l2": 1e-3},
        {"optimizer": SGD(momentum=0.9), "learning_rate": 0.05, "l2": 1e-3},
        {"l2": 0.0},
        {"epochs": 0},
    ],
    ids=["constant", "settling", "momentum", "no decay", "untrained"],
)
def test_the_numbers_are_those_of_dense_records(center, settings, monkeypatch):
    monkeypatch.setattr(sparse_linear, "_BLOCK", 16 * 100)  # many blocks, the last one smaller
    monkeypatch.setattr(sparse_linear, "_RESTING_BLOCK", 16 * 70)
    data, other = texts(), texts(seed=1)
    trainer = replace(MLP, center=center, **settings)
    models = [trainer(d, np.random.default_rng(3)) for d in (data, written_out(data))]
    for X in (data.X, other.X):  # others have words that no training record has
        a, b = (model.predict_proba(X) for model in models)
        np.testing.assert_allclose(a, b, atol=1e-4)
    weights = [model.net[0].weight.detach().numpy() for model in models]
    np.testing.assert_allclose(weights[0].T, weights[1], atol=1e-4)
    if trainer.epochs:
        assert (models[0].predict_proba(data.X).argmax(axis=1) == data.y)[2:].mean() > 0.9


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("trained_on", [lambda d: d, written_out], ids=["sparse", "dense"])
def test_a_model_answers_records_in_any_form(center, trained_on):
    data = texts()
    model = replace(MLP, center=center)(trained_on(data), np.random.default_rng(0))
    X = data.X
    long = X.copy()
    long.indices, long.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    forms = [
        long,
        X.toarray(),
        sparse.csr_matrix(X),
        X.tocsc(),
        sparse.csc_matrix(X),
        X.astype(np.float64),
        X[:7],
    ]
    whole = model.predict_proba(X)
    assert abs(whole - 1 / 4).max() > 0.2
    for form in forms:
        np.testing.assert_allclose(model.predict_proba(form), whole[: form.shape[0]], atol=1e-5)
    nothing = sparse.csr_array((3, X.shape[1]), dtype=np.float32)
    np.testing.assert_allclose(
        model.predict_proba(nothing), model.predict_proba(nothing.toarray()), atol=1e-5
    )
    np.testing.assert_allclose(pickle.loads(pickle.dumps(model)).predict_proba(X), whole)


def test_records_of_zeros_alone_can_be_trained_on():
    data = Dataset("empty", sparse.csr_array((40, 2000), dtype=np.float32), np.arange(40) % 3 // 2, 2)
    for center in (False, True):
        trainer = replace(MLP, center=center, learning_rate=0.1)
        p = answers(trainer, data, data.X)
        np.testing.assert_allclose(p, answers(trainer, written_out(data), data.X), atol=1e-5)
        assert (p[:, 0] > p[:, 1]).all()


def test_centring_is_by_the_training_records_mean():
    data = written_out(texts())
    shifted = replace(data, X=data.X + 5)
    trainer = replace(MLP, center=True)
    np.testing.assert_allclose(
        answers(trainer, data, data.X), answers(trainer, shifted, shifted.X), atol=1e-3
    )
    centred = replace(data, X=data.X - data.X.mean(axis=0, dtype=np.float32))
    np.testing.assert_allclose(answers(trainer, data, data.X), answers(MLP, centred, centred.X), atol=1e-4)
    assert describe(trainer) != describe(MLP)


def test_narrow_or_full_records_are_written_out():
    assert isinstance(MLP.inputs(texts().X), Rows)
    assert isinstance(MLP.inputs(texts(d=900).X), np.ndarray)
    assert isinstance(MLP.inputs(sparse.csr_array(np.ones((2, 2000)))), np.ndarray)
    rows = Rows(sparse.csr_array([[0.0, 2.0]])).scaled(np.array([1.0, 0.0]), np.array([2.0, 4.0]))
    np.testing.assert_allclose(rows.scaled(np.array([0.5, 0.5]), np.array([1.0, 0.5])).mean, [1.0, 1.0])


def test_half_precision_is_for_the_other_layers():
    data = texts()
    half = replace(MLP, precision="bfloat16", center=True)
    a, b = answers(half, data, data.X), answers(replace(half, precision="float32"), data, data.X)
    np.testing.assert_allclose(a, b, atol=0.02)
    assert (a != b).any()


class Deep(MLPTrainer):
    """A perceptron behind a layer that wants whole records."""

    def network(self, shape, n_classes, rng):
        return nn.Sequential(nn.Dropout(0.2), super().network(shape, n_classes, rng))


def test_a_network_that_begins_otherwise_is_trained_on_dense_records():
    data = texts()
    trainer = Deep(epochs=6, batch=50, center=True)
    np.testing.assert_allclose(
        answers(trainer, data, data.X), answers(trainer, written_out(data), data.X), atol=1e-4
    )


@pytest.mark.parametrize(
    "backend", [None, pytest.param(Processes(2), marks=pytest.mark.slow)], ids=["here", "processes"]
)
def test_shadows_are_those_that_the_trainer_trains_alone(tmp_path, backend):
    data, trainer = texts(), replace(MLP, center=True)
    made = plan_members(len(data), 4, np.random.default_rng(0))
    shadows = train_shadows(trainer, data, made, Seeds(0), folder=tmp_path, group_size=3, backend=backend)
    assert not shadows.notes
    for i in range(4):
        alone = trainer(data.take(made.members(i)), Seeds(0).stream(f"shadow {i}"))
        np.testing.assert_allclose(shadows.answers(i), alone.predict_proba(data.X), atol=1e-6)


def test_sparse_records_leave_nothing_to_measure():
    timings = measure(MLP, texts(), TuningRequest(("cpu",), 8, 64, 10_000))
    assert timings == StepTimings({("cpu", 1): 0.0})


def test_no_gradient_is_kept():
    data = texts()
    model = MLP(data, np.random.default_rng(0))
    layer = model.net[0]
    assert layer.product is None
    assert layer.weight.grad is None
    assert layer.weight.shape == (3000, 16)
    assert torch.isfinite(layer.weight).all()


@pytest.mark.parametrize("center", [False, True])
def test_dropped_words_have_no_part_in_a_step(center):
    """One step against autograd on the records written out, with the same words dropped."""
    data, ratio = texts(n=20), 0.5
    rows = Rows(sparse.csr_array(data.X, dtype=np.float32))
    if center:
        rows = rows.scaled(np.asarray(data.X.mean(axis=0), dtype=np.float32), np.float32(1))
    net = nn.Sequential(KeyedDropout(ratio, whole_channels=False, key=7), nn.Linear(data.X.shape[1], 8))
    plain = nn.Linear(data.X.shape[1], 8)
    plain.load_state_dict(net[1].state_dict())
    trainer = MLPTrainer(l2=0.0)
    first = sparse_linear.with_sparse_input(net.train())
    narrowed = sparse_linear.ActiveColumns(first, rows, trainer)
    (net(narrowed.batch(torch.arange(20))) ** 2).sum().backward()
    narrowed.update(0.1)
    narrowed.finish()

    stays = uniform(torch.tensor(7), rows.matrix.nnz).numpy() >= ratio
    twin = sparse.csr_array(
        (rows.matrix.data * stays / (1 - ratio), rows.matrix.indices, rows.matrix.indptr), rows.shape
    )
    mean = 0 if rows.mean is None else rows.mean
    (plain(torch.from_numpy((twin.toarray() - mean).astype(np.float32))) ** 2).sum().backward()
    with torch.no_grad():
        trainer.optimizer.start([([plain.weight], 0.0)])([[plain.weight.grad]], 0.1)
    assert not stays.all()
    torch.testing.assert_close(first.weight.T, plain.weight, rtol=0, atol=1e-4)


def test_dropout_leaves_records_sparse(tmp_path):
    data = texts()
    trainer = dropout(replace(MLP, center=True))
    assert is_alone(trainer, data.X)
    model = trainer(data, np.random.default_rng(0))
    assert sparse_linear.first_layer(model.net) is model.net[1]
    p = model.predict_proba(data.X)
    np.testing.assert_array_equal(p, model.predict_proba(data.X))  # nothing is dropped in answers
    np.testing.assert_allclose(model.predict_proba(data.X.toarray()), p, atol=1e-5)
    save_model(model, tmp_path / "dropped.mlleaks")
    np.testing.assert_array_equal(load_model(tmp_path / "dropped.mlleaks").predict_proba(data.X), p)
    assert (p.argmax(axis=1) == data.y).mean() > 0.6
