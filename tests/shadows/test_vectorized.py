"""Groups trained as one program: every model gets the numbers that it would get alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

import mlleaks
from mlleaks.data.membership_plan import plan_members
from mlleaks.models import SGD, CNNTrainer, ConstantSchedule, ConstantThenDecay, MLPTrainer, ModuleTrainer
from mlleaks.models.torch.keyed_dropout import KeyedDropout, keyed, uniform
from mlleaks.seeds import Seeds
from mlleaks.shadows import Processes, train_shadows
from mlleaks.shadows.tuning import StepTimings, fastest
from mlleaks.shadows.vectorized.batches import Batches
from mlleaks.shadows.vectorized.dispatch import split_into_groups
from mlleaks.shadows.vectorized.perceptrons import train_perceptrons
from mlleaks.shadows.vectorized.vmapped import train_modules, why_alone
from mlleaks.types import Dataset
from tests.synthetic import images

MEMBERS = [np.arange(0, 300, 2), np.arange(1, 300, 2), np.arange(130), np.arange(150)[::-1] * 2]
"""Overlapping parts of 150, 150, 130 and 150 records: three steps of 50 each."""


@pytest.fixture(scope="module")
def digits():
    data = mlleaks.load_dataset("digits")
    return data.take(np.arange(300))


def dropping(shape, n_classes):
    return nn.Sequential(
        nn.Dropout(0.2), nn.Linear(*shape, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, n_classes)
    )


def channels(shape, n_classes):
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 6, 3),
        nn.Dropout2d(0.3),
        nn.GroupNorm(2, 6),
        nn.Flatten(),
        nn.Linear(216, n_classes),
    )


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return x


def check(program, trainer, data, *, atol=2e-5):
    rngs = [np.random.default_rng(i) for i in range(len(MEMBERS))]
    group = program(trainer, data, MEMBERS, rngs)
    untrained = 1 / data.n_classes
    for i, in_group in enumerate(group.posteriors(data.X)):
        model = trainer(data.take(MEMBERS[i]), np.random.default_rng(i))
        alone = model.predict_proba(data.X)
        np.testing.assert_allclose(in_group, alone, atol=atol)
        assert abs(alone - untrained).max() > 0.2  # it has learnt something that could differ


@pytest.mark.parametrize("program", [train_perceptrons, train_modules])
@pytest.mark.parametrize(
    "settings",
    [
        {"schedule": ConstantSchedule()},
        {"schedule": ConstantThenDecay(), "l2": 1e-3},
        {"optimizer": SGD(momentum=0.9), "learning_rate": 0.01},
        {"optimizer": SGD(momentum=0.0), "learning_rate": 0.1, "l2": 1e-2},
        {"center": True},
    ],
    ids=["constant", "settling", "momentum", "sgd", "centred"],
)
def test_perceptrons(digits, program, settings):
    check(program, MLPTrainer(epochs=10, batch=50, **settings), digits)


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("program", [train_perceptrons, train_modules])
def test_perceptrons_with_products_of_half_precision(digits, program, center):
    trainer = MLPTrainer(epochs=10, batch=50, precision="bfloat16", center=center)
    check(program, trainer, digits, atol=0.01)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("n_channels", [None, 3])
def test_convolutional_networks(precision, n_channels):
    data = images(n=300, channels=n_channels)
    atol = 2e-5 if precision == "float32" else 0.02
    check(train_modules, CNNTrainer(epochs=3, batch=50, precision=precision), data, atol=atol)


@pytest.mark.parametrize("build", [dropping, channels])
def test_modules_with_dropout(digits, build):
    trainer = ModuleTrainer(build=build, epochs=10, batch=50, learning_rate=0.01)
    check(train_modules, trainer, digits)


def test_masks_differ_between_models_layers_and_steps():
    layer = KeyedDropout(0.5, whole_channels=False, key=1)
    other = KeyedDropout(0.5, whole_channels=False, key=2)
    x = torch.ones(1000)
    a, b = layer(x), other(x)
    assert 0.4 < (a > 0).float().mean() < 0.6
    assert a.max() == 2
    assert 0.4 < (a == b).float().mean() < 0.6
    assert (layer.eval()(x) == x).all()


def test_dropped_numbers_follow_the_generator_they_name():
    """The first outputs of SplitMix64 with seed 1234567, as its reference implementation gives them."""
    reference = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    expected = [value >> 40 for value in reference]
    assert (uniform(torch.tensor(1234567), 3) * 2**24).long().tolist() == expected


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (lambda: nn.BatchNorm1d(8), "BatchNorm1d mixes the records of a batch"),
        (lambda: nn.AlphaDropout(0.5), "torch.func cannot vectorize it"),
        (Counting, "keeps state over batches"),
    ],
    ids=["batch norm", "other randomness", "state"],
)
def test_what_a_group_would_change_is_trained_alone_and_said(digits, tmp_path, caplog, layer, why):
    def build(shape, n_classes):
        return nn.Sequential(nn.Linear(*shape, 8), layer(), nn.Linear(8, n_classes))

    trainer = ModuleTrainer(build=build, epochs=2, batch=50)
    assert why in why_alone(trainer, digits.take(np.arange(4)))
    caplog.set_level(logging.WARNING)
    made = plan_members(300, 3, np.random.default_rng(0))
    shadows = train_shadows(trainer, digits, made, Seeds(0), folder=tmp_path, group_size=3)
    assert why in shadows.notes[0]
    alone = trainer(digits.take(made.members(1)), Seeds(0).stream("shadow 1")).predict_proba(digits.X)
    np.testing.assert_allclose(shadows.answers(1), alone, atol=1e-6)


@pytest.mark.slow
def test_modules_are_trained_in_groups_in_processes(digits, tmp_path):
    trainer = ModuleTrainer(build=dropping, epochs=3, batch=50)
    made = plan_members(300, 4, np.random.default_rng(0))
    shadows = train_shadows(
        trainer, digits, made, Seeds(0), folder=tmp_path, group_size=2, backend=Processes(2)
    )
    for i in range(4):
        model = trainer(digits.take(made.members(i)), Seeds(0).stream(f"shadow {i}"))
        np.testing.assert_allclose(shadows.answers(i), model.predict_proba(digits.X), atol=1e-5)
    assert not shadows.notes


def test_models_with_other_numbers_of_steps_are_in_different_groups(digits):
    made = plan_members(301, 4, np.random.default_rng(0))  # 150 and 151 records per model
    assert split_into_groups(MLPTrainer(batch=50), made, range(4), 4) == [[0, 2], [1, 3]]
    assert split_into_groups(MLPTrainer(batch=100), made, range(4), 3) == [[0, 1, 2], [3]]
    with pytest.raises(mlleaks.InputError, match="models that make 3 to 4 steps an epoch"):
        Batches([made.members(0), made.members(1)], 50)


def test_filled_up_batches_count_each_record_once():
    batches = Batches([np.arange(10, 17), np.arange(20, 26)], 4)
    labels = torch.arange(100)
    rows, classes, shares = zip(
        *batches.epoch(labels, [np.random.default_rng(i) for i in range(2)]), strict=True
    )
    rows, classes, shares = (torch.cat(part, dim=1).numpy() for part in (rows, classes, shares))
    assert batches.sizes == [4, 3]
    np.testing.assert_array_equal(rows, classes)
    assert sorted(rows[0]) == list(range(10, 17))
    assert sorted(rows[1][shares[1] > 0]) == list(range(20, 26))
    np.testing.assert_allclose(shares, [[1 / 4] * 4 + [1 / 3] * 3, [1 / 4] * 4 + [1 / 2, 1 / 2, 0]])


def test_the_case_that_all_workers_tried_and_found_fastest_wins():
    timings = [
        StepTimings({("cpu", 2): 3.0, ("cpu", 4): 1.0, ("cpu", 8): 0.1}),
        StepTimings({("cpu", 2): 1.0, ("cpu", 4): 2.0}),
    ]
    assert fastest(timings) == ("cpu", 4)


@dataclass(frozen=True, kw_only=True)
class Noisy(MLPTrainer):
    """A trainer that does more than the program of a group would."""

    def __call__(self, data, rng):
        shift = rng.normal(size=data.X.shape).astype(np.float32)
        return super().__call__(Dataset(data.name, data.X + shift, data.y, data.n_classes), rng)


def test_a_trainer_with_its_own_way_of_training_is_never_bypassed(digits, tmp_path):
    trainer, made = Noisy(epochs=3, batch=50), plan_members(300, 2, np.random.default_rng(0))
    trained = train_shadows(trainer, digits, made, Seeds(0), folder=tmp_path, group_size=2)
    alone = trainer(digits.take(made.members(1)), Seeds(0).stream("shadow 1"))
    np.testing.assert_allclose(trained.answers(1), alone.predict_proba(digits.X), atol=1e-6)


class Twice(nn.Module):
    def __init__(self, width, n_classes):
        super().__init__()
        self.drop, self.last = nn.Dropout(0.5), nn.Linear(width, n_classes)
        self.again = self.drop

    def forward(self, x):
        return self.last(self.again(self.drop(x) + self.drop(x)))


def test_a_dropout_layer_that_is_used_again_has_another_mask():
    class Uses(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            return torch.stack([self.drop(x), self.drop(x)])

    net = keyed(Uses(), np.random.default_rng(0)).train()
    first, again = net(torch.ones(20, 200))
    assert 0.4 < (first == again).float().mean() < 0.6
    torch.testing.assert_close(net(torch.ones(20, 200))[0], first)  # the key alone says which


def test_a_dropout_layer_that_is_used_again_has_the_same_numbers_in_a_group(digits):
    trainer = ModuleTrainer(build=lambda shape, k: Twice(shape[0], k), epochs=3, batch=50)
    rngs = [np.random.default_rng(i) for i in range(2)]
    in_group = list(train_modules(trainer, digits, MEMBERS[:2], rngs).posteriors(digits.X))
    for i, rows in enumerate(MEMBERS[:2]):
        alone = trainer(digits.take(rows), np.random.default_rng(i)).predict_proba(digits.X)
        np.testing.assert_allclose(in_group[i], alone, atol=1e-5)
