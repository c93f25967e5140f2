"""The paper's networks and schedules: shapes, starts, endings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mlleaks
from mlleaks.models.torch import architectures, loop
from mlleaks.types import Dataset
from tests.synthetic import images


def test_the_cnn_is_the_papers():
    net = architectures.convolutional((3, 32, 32), 128, 10, np.random.default_rng(0), gain=1.0)
    shapes = [tuple(p.shape) for p in net.parameters() if p.ndim > 1]
    assert shapes == [(32, 3, 5, 5), (32, 32, 5, 5), (128, 32 * 6 * 6), (10, 128)]
    assert net(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_weights_start_glorot_uniform_and_biases_at_zero():
    net = architectures.perceptron(446, 128, 30, np.random.default_rng(0))
    bound = np.sqrt(6 / (446 + 128))
    weights = net[0].weight.detach().numpy()
    assert abs(weights).max() <= bound
    assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert (net[0].bias == 0).all()


def test_convolutions_start_wider_by_their_gain():
    net = mlleaks.CNNTrainer().network((3, 32, 32), 10, np.random.default_rng(0))
    plain = mlleaks.CNNTrainer(gain=1.0).network((3, 32, 32), 10, np.random.default_rng(0))
    for layer, wider in ((0, np.sqrt(2)), (3, np.sqrt(2)), (7, 1.0), (9, 1.0)):
        torch.testing.assert_close(net[layer].weight, wider * plain[layer].weight)
    bound = np.sqrt(2) * np.sqrt(6 / (3 * 25 + 32 * 25))
    assert 0.99 * bound < net[0].weight.abs().max() <= bound
    with pytest.raises(mlleaks.InputError, match="gain=0"):
        mlleaks.CNNTrainer(gain=0)


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_the_cnn_learns_images(channels):
    data = images(channels=channels)
    model = mlleaks.CNNTrainer(epochs=12, batch=20)(data, np.random.default_rng(0))
    p = model.predict_proba(data.X)
    assert p.shape == (80, 2)
    assert (p.argmax(axis=1) == data.y).mean() > 0.95
    fresh = images(seed=1, channels=channels)
    assert (model.predict_proba(fresh.X).argmax(axis=1) == fresh.y).mean() > 0.9


def test_pixels_are_standardised_with_the_training_images():
    trainer = mlleaks.CNNTrainer()
    X = trainer.inputs(images().X)
    pixels = trainer.scale(X)(X)
    np.testing.assert_allclose(pixels.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(pixels.std(axis=0), 1, atol=1e-4)
    flat = np.full_like(X, 7)
    assert (trainer.scale(flat)(flat) == 0).all()


@pytest.mark.parametrize("shape", [(30, 64), (30, 11, 20), (30, 2, 14, 14, 3)])
def test_what_is_no_image_is_refused(shape):
    data = Dataset("no image", np.zeros(shape), np.zeros(30, int), 2)
    with pytest.raises(mlleaks.InputError, match="Use MLPTrainer"):
        mlleaks.CNNTrainer()(data, np.random.default_rng(0))


@pytest.mark.slow
def test_the_constant_schedule_is_plain_adam():
    """The loop against the plainest one that PyTorch's own optimizer allows, on the same batches."""
    data = mlleaks.load_dataset("digits").take(np.arange(250))
    trainer = mlleaks.MLPTrainer(epochs=3, schedule=mlleaks.ConstantSchedule())
    ours = trainer(data, np.random.default_rng(5)).predict_proba(data.X)
    rng = np.random.default_rng(5)
    net = architectures.perceptron(64, 128, 10, rng)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001, fused=False)
    X, y = torch.from_numpy(trainer.inputs(data.X)), torch.from_numpy(data.y)
    for _ in range(3):
        order = rng.permutation(250)
        for start in range(0, 250, 100):
            rows = order[start : start + 100]
            loss = torch.nn.functional.cross_entropy(net(X[rows]), y[rows])
            loss = loss + 1e-7 * sum((p**2).sum() for p in net.parameters() if p.ndim > 1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    np.testing.assert_allclose(ours, loop.softmax(net, X.numpy()), atol=1e-5)


def test_a_settling_rate_ends_at_nothing():
    rates = [mlleaks.ConstantThenDecay(last=0.25)(x) for x in np.linspace(0, 1, 9)]
    assert rates[:7] == [1.0] * 7
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0)
    assert mlleaks.ConstantThenDecay(last=0)(1.0) == 1.0


def test_many_records_are_answered_in_batches(monkeypatch):
    data = images()
    model = mlleaks.CNNTrainer(epochs=1)(data, np.random.default_rng(0))
    whole = model.predict_proba(data.X)
    monkeypatch.setattr(loop, "_ANSWER_BATCH", 7)
    np.testing.assert_allclose(model.predict_proba(data.X), whole, atol=1e-6)
