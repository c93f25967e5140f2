"""Shadows: the same numbers however they are trained, and no work lost or mixed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import mlleaks
from mlleaks.data.membership_plan import plan_members
from mlleaks.models import MLPTrainer, SklearnTrainer
from mlleaks.outputs.signals import scaled_logit, true_posterior
from mlleaks.seeds import Seeds
from mlleaks.shadows import Processes, train_shadows
from mlleaks.types import Dataset
from tests.synthetic import masks_of
from tests.system_commands import attach_disk, detach_disk

MLP = MLPTrainer(epochs=8, batch=50)


@pytest.fixture(scope="module")
def data():
    return mlleaks.load_dataset("digits").take(np.arange(301))


def plan_of(data, models):
    return plan_members(len(data), models, np.random.default_rng(0))


def trained(folder, data, models=5, trainer=MLP, seed=0, **more):
    return train_shadows(trainer, data, plan_of(data, models), Seeds(seed), folder=folder, **more)


def answers(shadows):
    return np.stack([shadows.answers(i) for i in range(len(shadows))])


@pytest.mark.slow
def test_the_size_of_groups_and_the_number_of_processes_change_nothing(data, tmp_path):
    whole = answers(trained(tmp_path / "a", data))
    np.testing.assert_allclose(answers(trained(tmp_path / "b", data, group_size=1)), whole, atol=1e-5)
    processes = trained(tmp_path / "c", data, backend=Processes(2), group_size=2)
    np.testing.assert_allclose(answers(processes), whole, atol=1e-5)


def test_answers_are_posteriors_of_models_that_know_their_members(data, tmp_path):
    shadows = trained(tmp_path, data)
    p = answers(shadows)
    assert p.shape == (5, 301, 10)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=2), 1, atol=1e-5)
    truth = p[:, np.arange(301), data.y]
    masks = masks_of(shadows.plan)
    np.testing.assert_array_equal(masks, [shadows.member(i) for i in range(5)])
    assert truth[masks].mean() > truth[~masks].mean()


def test_some_of_the_records_are_queried(data, tmp_path):
    rows = np.array([7, 300, 0])
    whole, some = trained(tmp_path, data), trained(tmp_path, data, query_on=rows)
    np.testing.assert_allclose(answers(some), answers(whole)[:, rows], atol=1e-6)
    np.testing.assert_array_equal(some.member(3), whole.member(3)[rows])


def test_unseen_are_queried(data, tmp_path):
    unseen = mlleaks.load_dataset("digits").take(np.arange(301, 320))
    shadows = trained(tmp_path, data, query_on=unseen)
    assert answers(shadows).shape == (5, 19, 10)
    assert not shadows.member(0).any()


@pytest.mark.parametrize("signal", [scaled_logit, true_posterior])
def test_only_a_signal_is_stored(data, tmp_path, signal):
    whole, signals = trained(tmp_path, data), trained(tmp_path, data, signal=signal)
    assert answers(signals).shape == (5, 301)
    expected = [signal(p, data.y) for p in answers(whole)]
    np.testing.assert_allclose(answers(signals), expected, rtol=1e-4, atol=1e-5)
    assert signals.files[0].stat().st_size < whole.files[0].stat().st_size / 5


def test_more_shadows_change_none_and_nothing_is_trained_twice(data, tmp_path):
    first = trained(tmp_path, data, models=4)
    times = [file.stat().st_mtime_ns for file in first.files]
    more = trained(tmp_path, data, models=6)
    assert more.files[:4] == first.files
    assert [file.stat().st_mtime_ns for file in more.files[:4]] == times


CHANGES = [
    {"seed": 1},
    {"trainer": MLPTrainer(epochs=9, batch=50)},
    {"trainer": MLPTrainer(epochs=8, batch=50, precision="bfloat16")},
    {"query_on": np.arange(3)},
    {"signal": true_posterior},
]


@pytest.mark.parametrize("change", CHANGES)
def test_changed_settings_mix_with_nothing(data, tmp_path, change):
    first, other = trained(tmp_path, data, models=2), trained(tmp_path, data, models=2, **change)
    assert not set(first.files) & set(other.files)


def test_a_damaged_file_is_set_aside_and_made_again(data, tmp_path, caplog):
    first = trained(tmp_path, data, models=3)
    before = answers(first)
    content = bytearray(first.files[1].read_bytes())
    content[200] ^= 1
    first.files[1].write_bytes(content)
    np.testing.assert_allclose(answers(trained(tmp_path, data, models=3)), before, atol=1e-5)
    assert len(list(tmp_path.glob("*.damaged"))) == 1
    assert "is damaged: set aside" in caplog.text


SLOWLY = """
import numpy as np, mlleaks
from mlleaks.seeds import Seeds
from mlleaks.shadows import plan_members, train_shadows
from pathlib import Path
data = mlleaks.load_dataset("digits").take(np.arange(301))
trainer = mlleaks.MLPTrainer(epochs=8, batch=50)
made = plan_members(301, 400, np.random.default_rng(0))
train_shadows(trainer, data, made, Seeds(0), folder=Path({folder!r}), group_size=2)
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_stopped(data, tmp_path):
    folder = tmp_path / "shadows"
    run = subprocess.Popen([sys.executable, "-c", SLOWLY.format(folder=str(folder))])
    deadline = time.monotonic() + 60
    while len(list(folder.glob("*.npy"))) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    finished = {file: file.stat().st_mtime_ns for file in folder.glob("*.npy")}
    assert 6 <= len(finished) < 400
    shadows = trained(folder, data, models=len(finished) + 2)
    assert {file: file.stat().st_mtime_ns for file in finished} == finished
    fresh = answers(trained(tmp_path / "fresh", data, models=len(finished) + 2))
    np.testing.assert_allclose(answers(shadows), fresh, atol=1e-5)


SKLEARN = {
    "logistic": LogisticRegression(max_iter=5000, C=0.1),
    "forest": RandomForestClassifier(n_estimators=10),
    "boosting": HistGradientBoostingClassifier(max_iter=5),
}


@pytest.mark.parametrize("name", SKLEARN)
def test_scikit_learn_shadows_are_trained_in_processes(data, tmp_path, name):
    trainer = SklearnTrainer(SKLEARN[name])
    alone = answers(trained(tmp_path / "a", data, models=2, trainer=trainer))
    processes = trained(tmp_path / "b", data, models=2, trainer=trainer, backend=Processes(2))
    np.testing.assert_allclose(answers(processes), alone, atol=1e-6)
    assert alone.shape == (2, 301, 10)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "kind"), [("xgboost", "XGBClassifier"), ("lightgbm", "LGBMClassifier")])
def test_boosting_libraries_are_trained_in_processes(data, tmp_path, module, kind):
    boosted = getattr(pytest.importorskip(module), kind)(
        n_estimators=5, verbosity=-1 if kind[0] == "L" else 0
    )
    plain = Dataset("plain", np.asarray(data.X), data.y, 10)
    trainer = SklearnTrainer(boosted)
    alone = answers(trained(tmp_path / "a", plain, models=2, trainer=trainer))
    processes = trained(tmp_path / "b", plain, models=2, trainer=trainer, backend=Processes(2))
    np.testing.assert_allclose(answers(processes), alone, atol=1e-5)
    assert (alone.argmax(axis=2) == data.y).mean() > 0.7


def test_a_plan_of_other_records_is_refused(data, tmp_path):
    other = plan_members(300, 2, np.random.default_rng(0))
    with pytest.raises(mlleaks.InputError, match="a plan of 300 records for 301"):
        train_shadows(MLP, data, other, Seeds(0), folder=tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"group_size": 0}, "group_size=0"),
        ({"query_on": np.array([0, 301])}, "from 0 to 301; expected whole numbers from 0 to 300"),
        ({"query_on": np.array([True])}, "query_on of shape .* and type bool"),
        ({"device": "cuda:7"}, "the device 'cuda:7'"),
        pytest.param(
            {"device": "cuda:7", "backend": Processes(2)}, "the device 'cuda:7'", marks=pytest.mark.slow
        ),
        ({"device": "cpu", "trainer": SklearnTrainer(LogisticRegression())}, "only networks"),
    ],
)
def test_what_cannot_be_is_refused_before_training(data, tmp_path, settings, message):
    with pytest.raises(mlleaks.InputError, match=message):
        trained(tmp_path, data, **settings)
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_stops_before_training(data, tmp_path):
    """A real small disk: a file system in memory, where the rights for one are there."""
    small = tmp_path / "small"
    small.mkdir()
    if not attach_disk(small, "256k"):
        pytest.skip("a file system of its own is not allowed here")
    try:
        with pytest.raises(mlleaks.InputError, match=r"262 kB free .* expected 981 kB for the answers of 60"):
            trained(small, data, models=60)
        assert not list(small.iterdir())
        assert len(trained(small, data, models=8).files) == 8
    finally:
        detach_disk(small)


def process(*_):
    return os.getpid()


def failing(parts):
    """Work on parts, then fail; return the processes that did the work."""
    with suppress(ZeroDivisionError), Processes(2).open() as workers:
        used = set(workers.run(process, None, parts)) if parts else set()
        raise ZeroDivisionError
    return used


@pytest.mark.slow
def test_a_failure_ends_its_own_processes_and_no_others():
    with joblib.Parallel(2) as theirs:
        theirs(joblib.delayed(process)() for _ in range(2))
        failing([])
        assert len(theirs(joblib.delayed(process)() for _ in range(2))) == 2
    for pid in failing([0, 1]):
        with pytest.raises(ProcessLookupError, match="No such process"):
            os.kill(pid, 0)


class DiesOnce:
    """A trainer that kills its process the first time, as a lack of memory would."""

    def __init__(self, flag: Path) -> None:
        self.flag = flag

    def __call__(self, data, rng):
        if not self.flag.exists():
            self.flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return MLP(data, rng)


@pytest.mark.slow
def test_a_process_that_dies_is_replaced(data, tmp_path, caplog):
    shadows = trained(
        tmp_path / "a", data, trainer=DiesOnce(tmp_path / "flag"), backend=Processes(2), models=3
    )
    expected = trained(tmp_path / "b", data, models=3)
    np.testing.assert_allclose(answers(shadows), answers(expected), atol=1e-5)
    assert "A process died" in caplog.text
    assert "A process died" in shadows.notes[0]


def dies(data, rng):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_processes_that_keep_dying_are_an_error(data, tmp_path):
    with pytest.raises(mlleaks.ModelError, match="a process that died while it trained one shadow"):
        trained(tmp_path, data, trainer=dies, backend=Processes(2), models=2)


SHORT = """
import resource, numpy as np, mlleaks, torch
from mlleaks.seeds import Seeds
from mlleaks.shadows import plan_members, train_shadows
from mlleaks.types import Dataset
from pathlib import Path
torch.set_num_threads(1)
data = Dataset("wide", np.random.default_rng(0).normal(size=(40, 20_000)), np.arange(40) % 2, 2)
trainer = mlleaks.MLPTrainer(epochs=1)
folder = Path({folder!r})
made = plan_members(40, 2, np.random.default_rng(0))
train_shadows(trainer, data, made, Seeds(0), folder=folder, group_size=1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000, resource.RLIM_INFINITY))
made = plan_members(40, 34, np.random.default_rng(0))
shadows = train_shadows(trainer, data, made, Seeds(0), folder=folder, group_size=32)
print(len(shadows), *shadows.notes)
"""


@pytest.mark.slow
def test_a_group_too_large_for_the_memory_is_split(tmp_path):
    """32 perceptrons of 2.6 million weights want 1.3 GB; the process may take 0.4 GB more."""
    run = subprocess.run(
        [sys.executable, "-c", SHORT.format(folder=str(tmp_path))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.startswith(
        "34 Memory was short for a group of 32 models: they were trained in smaller groups."
    ), run.stderr
