"""Trainers of the user's own, named as package.module:attribute: here, and in worker processes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.tree import DecisionTreeClassifier

from mlleaks import InputError, ModelError
from mlleaks.data.membership_plan import plan_members
from mlleaks.models import MLPTrainer, SklearnTrainer
from mlleaks.seeds import Seeds
from mlleaks.shadows import InProcess, Processes, train_shadows
from mlleaks.targets import load_trainer
from mlleaks.types import Dataset

X, Y = load_digits(return_X_y=True)
DATA = Dataset("digits", X[:120], Y[:120], 10)
MODULE = """
from sklearn.tree import DecisionTreeClassifier

from {name}_neighbour import DEPTH
from mlleaks.models import MLPTrainer


def train(data, rng):
    import {name}_late  # a module that is imported when a worker trains
    tree = DecisionTreeClassifier(max_depth=DEPTH, random_state=int(rng.integers(100)))
    return tree.fit(data.X, data.y)


def train_now(data, rng):
    tree = DecisionTreeClassifier(max_depth=DEPTH, random_state=int(rng.integers(100)))
    return tree.fit(data.X, data.y)


def make():
    return DecisionTreeClassifier(max_depth=DEPTH)


def one(data):
    return None


tree = DecisionTreeClassifier(max_depth=3)
network = MLPTrainer(epochs=2)
Tree = DecisionTreeClassifier
number = 7
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The name of a module in the current folder that imports its neighbours."""
    monkeypatch.chdir(tmp_path)
    name = f"own_{tmp_path.name.replace('-', '_')}"
    Path(f"{name}.py").write_text(MODULE.format(name=name))
    Path(f"{name}_neighbour.py").write_text("DEPTH = 4")
    Path(f"{name}_late.py").write_text("")
    yield name
    for part in (name, f"{name}_neighbour", f"{name}_late"):
        sys.modules.pop(part, None)


def test_functions_estimators_trainers_and_factories(module):
    assert load_trainer(f"{module}:train_now")(DATA, np.random.default_rng(0)).get_depth() == 4
    assert isinstance(load_trainer(f"{module}:tree"), SklearnTrainer)
    made = load_trainer(f"{module}:make")
    assert isinstance(made.estimator, DecisionTreeClassifier)
    assert made.estimator.max_depth == 4
    assert load_trainer(f"{module}:network") == MLPTrainer(epochs=2)


def test_the_folder_is_searched_only_meanwhile(module):
    before = list(sys.path)
    load_trainer(f"{module}:tree")
    assert sys.path == before


@pytest.mark.parametrize(
    ("attribute", "error", "says"),
    [
        ("Tree", InputError, "the class DecisionTreeClassifier as a trainer"),
        ("number", InputError, "a trainer of type int"),
        ("one", InputError, r"a function with the parameters \(data\)"),
        ("nothing", ModelError, "while importing"),
    ],
)
def test_what_is_no_trainer_is_refused(module, attribute, error, says):
    with pytest.raises(error, match=says):
        load_trainer(f"{module}:{attribute}")


def test_what_cannot_be_imported_is_refused(module):
    with pytest.raises(ModelError, match="No module named 'nowhere_at_all'"):
        load_trainer("nowhere_at_all:train")
    with pytest.raises(InputError, match=r"Write package\.module:attribute"):
        load_trainer(f"{module}.py:train")
    Path(f"{module}_neighbour.py").write_text("1 / 0")
    with pytest.raises(ModelError, match="ZeroDivisionError"):
        load_trainer(f"{module}:train")


def test_worker_processes_find_the_module_and_its_neighbours(module, tmp_path):
    """Two processes give the numbers that this one gives, for a function, an object and a late import."""
    plan = plan_members(len(DATA), 4, np.random.default_rng(0))
    for attribute in ("train_now", "tree"):
        trainer = load_trainer(f"{module}:{attribute}")
        here, there = (
            train_shadows(trainer, DATA, plan, Seeds(0), folder=tmp_path / f"{attribute}{i}", backend=backend)
            for i, backend in enumerate((InProcess(), Processes(2)))
        )
        for i in range(len(plan)):
            np.testing.assert_array_equal(here.answers(i), there.answers(i))
    late = load_trainer(f"{module}:train")
    shadows = train_shadows(late, DATA, plan, Seeds(0), folder=tmp_path / "late", backend=Processes(2))
    np.testing.assert_array_equal(shadows.answers(3), here_of(late, plan, tmp_path, module))


def here_of(trainer, plan, folder, module):
    """Return what the last model answers if this process trains it, with the neighbours on the path."""
    sys.path.append(str(Path.cwd()))
    try:
        return train_shadows(trainer, DATA, plan, Seeds(0), folder=folder / "h", only=[3]).answers(0)
    finally:
        sys.path.remove(str(Path.cwd()))


def test_edited_code_is_another_trainer(module):
    from mlleaks.storage.fingerprint import describe

    first = describe(load_trainer(f"{module}:train_now"))
    text = Path(f"{module}.py").read_text()
    Path(f"{module}.py").write_text(text.replace("rng.integers(100)", "rng.integers(99)"))
    sys.modules.pop(module)
    assert describe(load_trainer(f"{module}:train_now")) != first
