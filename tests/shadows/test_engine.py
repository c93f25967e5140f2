"""Shadows when something is wrong: errors come early and clearly, and no finished shadow is lost."""

from __future__ import annotations

import os
import shutil
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

import mlleaks
from mlleaks.data.membership_plan import MembershipPlan, plan_members
from mlleaks.models import MLPTrainer, ModuleTrainer, SklearnTrainer
from mlleaks.outputs.signals import whole
from mlleaks.progress import listening
from mlleaks.seeds import Seeds
from mlleaks.shadows import InProcess, Processes, train_shadows, tuning, worker
from mlleaks.shadows import answer_files as answers
from mlleaks.shadows.vectorized.vmapped import why_alone
from mlleaks.types import Dataset

MLP = MLPTrainer(epochs=2, batch=50)


@pytest.fixture(scope="module")
def data():
    return mlleaks.load_dataset("digits").take(np.arange(100))


def trained(folder, data, *, trainer=MLP, models=2, **more):
    made = plan_members(len(data), models, np.random.default_rng(0))
    return train_shadows(trainer, data, made, Seeds(0), folder=folder, **more)


def short(*_, **__):
    raise RuntimeError("CUDA out of memory.")


def test_a_folder_is_read_once_however_many_shadows_it_has(data, tmp_path, monkeypatch):
    trained(tmp_path, data, models=4)
    read, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: read.append(place) or scandir(place))
    trained(tmp_path, data, models=4)
    assert len(read) == 2  # for answers, and for what killed writers have left


def linear(shape, n_classes):
    return nn.Linear(*shape, n_classes)


def ending(data, rng):
    raise SystemExit(0)


@pytest.mark.slow
def test_a_trainer_that_ends_the_program_ends_no_process(data, tmp_path):
    with pytest.raises(mlleaks.ModelError, match=r"from the trainer ending \(shadow model \d\): 0; expected"):
        trained(tmp_path, data, trainer=ending, backend=Processes(2))


def dying_once(shape, n_classes, flag=None):
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return nn.Linear(*shape, n_classes)


@pytest.mark.slow
def test_a_process_that_dies_while_group_sizes_are_tried_is_replaced(data, tmp_path, caplog):
    trainer = ModuleTrainer(build=partial(dying_once, flag=tmp_path / "flag"), epochs=1)
    shadows = trained(tmp_path / "a", data, trainer=trainer, backend=Processes(2))
    assert "A process died" in shadows.notes[0]
    assert shadows.answers(1).shape == (100, 10)


@pytest.mark.parametrize("group_size", [None, 16])
def test_short_memory_at_the_first_size_tried_asks_for_a_smaller_one(data, monkeypatch, group_size):
    monkeypatch.setattr(tuning, "_seconds", lambda *case: short() if case[2] > 1 else 1.0)
    monkeypatch.setattr("mlleaks.models.torch.loop.devices", lambda: ("cpu", "cpu"))
    timings = tuning.measure(MLP, data, tuning.TuningRequest((), group_size, 40, 100))
    assert tuning.fastest([timings]) == ("cpu", 1)


def test_no_memory_for_one_model_is_said(data, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "_seconds", short)
    with pytest.raises(mlleaks.ModelError, match="too little memory to train one shadow"):
        trained(tmp_path, data, models=8)
    with pytest.raises(mlleaks.ModelError, match=r"too little memory .*out of memory.* Use fewer processes"):
        trained(tmp_path, data, trainer=short)


def test_workers_of_different_memories_take_what_the_smallest_can():
    timings = [tuning.StepTimings({("cpu", 4): 1.0}), tuning.StepTimings({("cpu", 2): 9.0})]
    assert tuning.fastest(timings) == ("cpu", 2)


def test_each_answer_is_written_before_the_next_is_made(data, tmp_path, monkeypatch):
    files = []

    def counting(posteriors, labels):
        files.append(len(list(tmp_path.glob("*.npy"))))
        return posteriors

    trained(tmp_path, data, models=4, signal=counting, group_size=4)
    assert files[1:] == [0, 1, 2, 3]  # the first call is the example's


class Elsewhere(InProcess):
    """Workers that cannot write here, as those on other machines."""

    @property
    def shares_files(self):
        return False


def test_workers_elsewhere_hold_no_more_answers_than_they_should(data, tmp_path, monkeypatch):
    sizes, train_part = [], worker.train_part
    monkeypatch.setattr("mlleaks.shadows.engine.REMOTE_BYTES", 2 * 100 * 10 * 4)
    monkeypatch.setattr(
        "mlleaks.shadows.engine.train_part",
        lambda job, models: sizes.append(len(models)) or train_part(job, models),
    )
    elsewhere = trained(tmp_path / "a", data, models=6, backend=Elsewhere(), group_size=6)
    assert sizes == [2, 2, 2]
    here = trained(tmp_path / "b", data, models=6, group_size=2)
    assert [file.name for file in elsewhere.files] == [file.name for file in here.files]


def test_memory_that_ends_while_answers_are_kept_loses_none(data, tmp_path):
    calls = []

    def ends_once(posteriors, labels):
        calls.append(0)
        return short() if len(calls) == 4 else posteriors

    shadows = trained(tmp_path, data, models=4, signal=ends_once, group_size=4)
    assert "trained in smaller groups" in shadows.notes[0]
    assert len(list(tmp_path.glob("*.npy"))) == 4


class OwnWeights(nn.Module):
    """Random numbers that are neither parameter nor buffer."""

    def __init__(self, width):
        super().__init__()
        self.weights = torch.randn(width, width)

    def forward(self, x):
        return x @ self.weights


class Centred(nn.Module):
    """The mean of the batch, which the fillers of a short one would change."""

    def forward(self, x):
        return x - x.mean(dim=0)


class OwnDropout(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Dropout(float(torch.rand(())))

    def forward(self, x):
        return self.layer(x)


@pytest.mark.parametrize("layer", [lambda: OwnWeights(16), Centred, OwnDropout])
def test_modules_that_a_group_would_change_are_trained_singly(data, layer):
    def build(shape, n_classes):
        return nn.Sequential(nn.Linear(*shape, 16), layer(), nn.Linear(16, n_classes))

    trainer = ModuleTrainer(build=build, epochs=2, precision="bfloat16")
    assert why_alone(trainer, data.take(np.arange(4))) == "its numbers in a group are not those alone"
    assert why_alone(ModuleTrainer(build=linear), data.take(np.arange(4))) is None


def test_a_folder_that_cannot_be_written_is_found_before_training(data, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc")):
        with pytest.raises(mlleaks.InputError, match=r"which cannot be written .* Choose another folder"):
            trained(folder, data)


def test_a_folder_lost_in_mid_run_is_said(data, tmp_path):
    def loses(data, rng):
        shutil.rmtree(tmp_path / "a")
        return MLP(data, rng)

    with pytest.raises(mlleaks.InputError, match=r"a/.* cannot be written \(.* that are finished are kept"):
        trained(tmp_path / "a", data, trainer=loses)


def test_a_changed_file_is_not_read(data, tmp_path):
    shadows = trained(tmp_path, data)
    content = bytearray(shadows.files[1].read_bytes())
    content[200] ^= 1
    shadows.files[1].write_bytes(content)
    shadows.files[0].unlink()
    with pytest.raises(mlleaks.CorruptRun, match=r"was changed since it was written.* is trained again"):
        shadows.answers(1)
    with pytest.raises(mlleaks.CorruptRun, match="which is gone"):
        shadows.answers(0)


def wide(shape, n_classes):
    return nn.Linear(*shape, n_classes + 1)


REFUSED = {
    "rows of the signal": ({"signal": lambda p, y: p[0]}, r"shape \(10,\) from signal="),
    "number of the signal": ({"signal": lambda p, y: p.max()}, r"shape \(\) from signal="),
    "no record queried": ({"query_on": np.array([], dtype=int)}, r"query_on of shape \(0,\)"),
    "only": ({"only": [0.0]}, r"only=\[0.0\]; expected different whole numbers"),
    "group size": ({"group_size": 2.5}, "group_size=2.5; expected a whole number"),
    "group of forests": (
        {"group_size": 2, "trainer": SklearnTrainer(LogisticRegression())},
        "group_size=2 for Log",
    ),
    "logits": ({"trainer": ModuleTrainer(build=wide)}, r"answers \(2, 11\) to 2 records; .* \(2, 10\)"),
    "width": (
        {"query_on": Dataset("b", np.zeros((2, 3)), np.zeros(2, int), 10)},
        r"records of shape \(3,\)",
    ),
    "classes": ({"query_on": Dataset("b", np.zeros((1, 64)), np.array([10]), 11)}, "classes up to 10"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(data, tmp_path, name):
    settings, message = REFUSED[name]
    with pytest.raises(mlleaks.MLLeaksError, match=message):
        trained(tmp_path, data, **settings)
    assert not list(tmp_path.iterdir())


def test_an_estimator_and_a_folder_as_text_are_accepted(data, tmp_path):
    shadows = trained(
        str(tmp_path), data, trainer=LogisticRegression(max_iter=5000, C=0.1), only=np.array([1])
    )
    assert shadows.answers(0).shape == (100, 10)


def lazy(shape, n_classes):
    return nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(n_classes))


def test_lazy_layers_get_their_weights_from_the_seed(data):
    trainer = ModuleTrainer(build=lazy, epochs=1)
    first, again = (trainer(data, np.random.default_rng(1)).predict_proba(data.X) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_plans_that_cannot_be_are_refused():
    with pytest.raises(mlleaks.InputError, match="the shadow 1 without a record"):
        MembershipPlan(np.packbits([[1, 0, 0], [0, 0, 0]], axis=1), 3)
    with pytest.raises(mlleaks.InputError, match="the shadow 0 without a record"):
        MembershipPlan(np.array([[0, 0x7F]], dtype=np.uint8), 9)  # bits that no record has
    for bits in (np.ones((2, 2), dtype=np.uint8), np.ones((2, 1), dtype=bool), np.ones(1, dtype=np.uint8)):
        with pytest.raises(
            mlleaks.InputError, match=r"bits of shape .*; expected uint8 of shape \(models, 1\)"
        ):
            MembershipPlan(bits, 3)
    with pytest.raises(mlleaks.InputError, match="^got -3 shadow models for 10 records; expected 1 or more"):
        plan_members(10, -3, np.random.default_rng(0))


def test_classes_are_whole_numbers():
    X = np.zeros((2, 1))
    assert Dataset("a", X, np.array([0, 1], dtype=np.uint8), 2).y.dtype == np.int64
    for y in (np.array([0.0, 1.0]), np.array(["0", "1"]), np.array([[0], [1]])):
        with pytest.raises(
            mlleaks.InputError, match="labels of type .*; expected one whole number per record"
        ):
            Dataset("a", X, y, 2)


def test_progress_begins_with_the_training(data, tmp_path):
    events = []
    with listening(lambda what, done, total: events.append((what, done, total))):
        trained(tmp_path, data, group_size=2)
    of_shadows = [done for what, done, total in events if what == "training shadows"]
    assert of_shadows == [0, 1, 2]
    assert events.index(("training shadows", 0, 2)) < events.index(("training", 2, 2))


def test_killed_writers_leave_nothing(data, tmp_path):
    from mlleaks.storage.atomic import temporary_path

    own = temporary_path(tmp_path / "own.npy")
    dead = own.with_name(own.name.removesuffix(str(os.getpid())).replace("own", "dead") + "4999999")
    far = own.with_name(".far.npy.other-host.4999999")
    for file in (own, dead, far):
        file.touch()
    trained(tmp_path, data)
    assert (own.exists(), dead.exists(), far.exists()) == (True, False, True)


def test_the_answers_written_are_those_found(tmp_path):
    file = answers.write(tmp_path, "a" * 32, np.zeros(3))
    assert answers.find(tmp_path, ["a" * 32, "b" * 32]) == {"a" * 32: file}
    assert whole(np.zeros(3), np.zeros(3, int)).shape == (3,)
