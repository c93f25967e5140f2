"""Shadows: the same numbers however they are trained, and no work lost or mixed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import mlleaks
from mlleaks.models import Constant, MLPTrainer, SklearnTrainer
from mlleaks.seeds import Seeds
from mlleaks.shadows import plan, train_shadows
from mlleaks.shadows.stacked import train_stack

MLP = MLPTrainer(epochs=8, batch=50)


@pytest.fixture(scope="module")
def data():
    return mlleaks.load("digits").take(np.arange(301))


def drawn(data, models):
    return plan(len(data), models, np.random.default_rng(0))


def trained(folder, data, models=5, trainer=MLP, seed=0, **more):
    return train_shadows(trainer, data, drawn(data, models), Seeds(seed), folder=folder, **more)


def answers(shadows):
    return np.stack([shadows.posteriors(i) for i in range(len(shadows))])


@pytest.mark.parametrize("schedule", [Constant(), mlleaks.Settling()])
def test_a_stack_gives_what_each_model_alone_would(data, schedule):
    trainer = MLPTrainer(epochs=10, batch=64, schedule=schedule, l2=1e-3)
    some = drawn(data, 6)
    members = [some.members(i) for i in range(0, 6, 2)]
    stack = train_stack(trainer, data, members, [np.random.default_rng(i) for i in range(3)])
    for i, together in enumerate(stack.posteriors(data.X)):
        alone = trainer(data.take(members[i]), np.random.default_rng(i)).predict_proba(data.X)
        np.testing.assert_allclose(together, alone, atol=2e-5)


def test_the_size_of_stacks_and_the_number_of_processes_change_nothing(data, tmp_path):
    whole = answers(trained(tmp_path / "a", data))
    np.testing.assert_allclose(answers(trained(tmp_path / "b", data, stack=1)), whole, atol=1e-5)
    np.testing.assert_allclose(answers(trained(tmp_path / "c", data, jobs=2, stack=2)), whole, atol=1e-5)


def test_answers_are_posteriors_of_models_that_know_their_members(data, tmp_path):
    shadows = trained(tmp_path, data)
    p = answers(shadows)
    assert p.shape == (5, 301, 10)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=2), 1, atol=1e-5)
    truth = p[:, np.arange(301), data.y]
    masks = shadows.plan.masks()
    assert truth[masks].mean() > truth[~masks].mean()


def test_any_trainer_can_be_a_shadow(data, tmp_path):
    trainer = SklearnTrainer(LogisticRegression(max_iter=5000, C=0.1))
    p = answers(trained(tmp_path, data, models=2, trainer=trainer, ask_about=data.X[:7]))
    assert p.shape == (2, 7, 10)


def test_nothing_is_trained_twice_and_more_shadows_change_none(data, tmp_path):
    first = trained(tmp_path, data, models=4)
    times = [file.stat().st_mtime_ns for file in first.files]
    more = trained(tmp_path, data, models=6)
    assert more.files[:4] == first.files
    assert [file.stat().st_mtime_ns for file in more.files[:4]] == times


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"trainer": MLPTrainer(epochs=9, batch=50)}, {"ask_about": np.zeros((3, 64))}]
)
def test_changed_settings_mix_with_nothing(data, tmp_path, change):
    first, other = trained(tmp_path, data, models=2), trained(tmp_path, data, models=2, **change)
    assert not set(first.files) & set(other.files)


def test_a_damaged_file_is_set_aside_and_made_again(data, tmp_path):
    first = trained(tmp_path, data, models=3)
    before = answers(first)
    content = bytearray(first.files[1].read_bytes())
    content[200] ^= 1
    first.files[1].write_bytes(content)
    np.testing.assert_allclose(answers(trained(tmp_path, data, models=3)), before, atol=1e-5)
    assert len(list(tmp_path.glob("*.damaged"))) == 1


SLOWLY = """
import numpy as np, mlleaks
from mlleaks.seeds import Seeds
from mlleaks.shadows import plan, train_shadows
from pathlib import Path
data = mlleaks.load("digits").take(np.arange(301))
trainer = mlleaks.MLPTrainer(epochs=8, batch=50)
made = plan(301, 400, np.random.default_rng(0))
train_shadows(trainer, data, made, Seeds(0), folder=Path({folder!r}), stack=2)
"""


def test_a_killed_run_goes_on_where_it_stopped(data, tmp_path):
    folder = tmp_path / "shadows"
    run = subprocess.Popen([sys.executable, "-c", SLOWLY.format(folder=str(folder))])
    deadline = time.monotonic() + 60
    while len(list(folder.glob("*.npy"))) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    kept = {file: file.stat().st_mtime_ns for file in folder.glob("*.npy")}
    assert 6 <= len(kept) < 400
    shadows = trained(folder, data, models=len(kept) + 2)
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    fresh = answers(trained(tmp_path / "fresh", data, models=len(kept) + 2))
    np.testing.assert_allclose(answers(shadows), fresh, atol=1e-5)


def test_other_trainers_are_trained_in_processes(data, tmp_path):
    trainer = SklearnTrainer(LogisticRegression(max_iter=5000, C=0.1))
    alone = answers(trained(tmp_path / "a", data, models=2, trainer=trainer))
    np.testing.assert_allclose(
        answers(trained(tmp_path / "b", data, models=2, trainer=trainer, jobs=2)), alone, atol=1e-6
    )


def test_a_plan_of_other_records_is_refused(data, tmp_path):
    other = plan(300, 2, np.random.default_rng(0))
    with pytest.raises(mlleaks.InputError, match="a plan of 300 records for 301"):
        train_shadows(MLP, data, other, Seeds(0), folder=tmp_path)
