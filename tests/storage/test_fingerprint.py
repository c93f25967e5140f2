"""What a trainer does, in words: other words for other code, the same words in every process."""

from __future__ import annotations

import functools
import importlib
import os
import subprocess
import sys
import types

import numpy as np
import pytest
import torch

from mlleaks.models import MLPTrainer, ModuleTrainer
from mlleaks.storage.fingerprint import describe

SOURCE = """
WIDTH = {width}
class Base:
    def scale(self, x): return x * {scale}
class Net(Base):
    size = {size}
    def forward(self, x): return self.scale(x) + WIDTH
    @property
    def depth(self): return {depth}
def helper(x): return x + {helper}
def build(shape, n_classes):
    inner = lambda x: helper(x) + WIDTH
    return Net(), inner
class Trainer:
    def __call__(self, data, rng): return helper(data)
"""
SETTINGS = {"width": 1, "scale": 2, "size": 3, "depth": 4, "helper": 5}


def module(**changed):
    made = types.ModuleType("a_users_module")
    exec(SOURCE.format(**SETTINGS | changed), made.__dict__)
    return made


@pytest.mark.parametrize("what", ["width", "scale", "size", "depth", "helper"])
def test_edited_code_that_a_function_reaches_has_other_words(what):
    one, same, other = (module(), module(), module(**{what: 99}))
    assert describe(one.build) == describe(same.build)
    assert describe(one.build) != describe(other.build)
    assert describe(ModuleTrainer(build=one.build)) != describe(ModuleTrainer(build=other.build))


@pytest.mark.parametrize("what", ["scale", "size", "depth", "width"])
def test_an_edited_class_has_other_words(what):
    assert describe(module().Net) == describe(module().Net)
    assert describe(module().Net) != describe(module(**{what: 99}).Net)


def test_an_edited_callable_has_other_words():
    assert describe(module().Trainer()) == describe(module().Trainer())
    assert describe(module().Trainer()) != describe(module(helper=99).Trainer())


def closing(over):
    return lambda shape, n_classes: over


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor, list], ids=["array", "tensor", "list"])
def test_all_values_of_arrays_count(kind):
    values = np.arange(5000.0)
    changed = values.copy()
    changed[2500] += 1
    for wrap in (closing, lambda v: functools.partial(closing, over=v), lambda v: {"weights": v}):
        assert describe(wrap(kind(values))) == describe(wrap(kind(values.copy())))
        assert describe(wrap(kind(values))) != describe(wrap(kind(changed)))


def test_settings_count():
    assert describe(MLPTrainer(schedule=lambda p: 1 - p)) != describe(
        MLPTrainer(schedule=lambda p: 1 - p / 2)
    )
    one, other = ([("a", {1, 2})], [("a", {1, 3})])
    assert describe(one) != describe(other)


def test_bound_methods_speak_of_their_object():
    class Scaled:
        def __init__(self, by):
            self.by = by

        def build(self, shape, n_classes):
            return self.by

    assert describe(Scaled(1).build) == describe(Scaled(1).build)
    assert describe(Scaled(1).build) != describe(Scaled(2).build)


def test_what_contains_itself_comes_to_an_end():
    loop = []
    loop.append(loop)
    assert describe(loop) == "[itself]"

    def again(n):
        return again(n - 1) if n else 0

    assert describe(again)


PROCESS = """
from mlleaks.models import SklearnTrainer, ModuleTrainer
from mlleaks.storage.fingerprint import describe
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
def double(X): return X * 2
def outer(g): return lambda shape, k: g(shape) if "x" in {"x", "yy", "zzz"} else k
print(describe(SklearnTrainer(make_pipeline(FunctionTransformer(double), LogisticRegression()))))
print(describe(ModuleTrainer(build=outer(double))), describe(lambda s, k, g=double: g(s)))
"""


@pytest.mark.slow
def test_another_process_says_the_same():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROCESS],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert " at 0x" not in outputs.pop()


def test_installed_code_goes_by_its_name():
    assert describe(np.mean) == "numpy.mean"


USER = """
import a_users_helpers
def by_module(data, rng): return a_users_helpers.fit(data)
def by_import(data, rng):
    from a_users_helpers import fit
    return fit(data)
class Trainer:
    def __call__(self, data, rng): return a_users_helpers.fit(data)
"""
HELPERS = """
def fit(data): return step(data)
def step(data): return data + {step}
def other(data): return {other}
"""


@pytest.fixture
def users_modules(tmp_path, monkeypatch):
    """Return what writes and imports a module of the user's that calls another one."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def written(step=1, other=1):
        (tmp_path / "a_users_helpers.py").write_text(HELPERS.format(step=step, other=other))
        (tmp_path / "a_users_trainer.py").write_text(USER)
        for name in ("a_users_trainer", "a_users_helpers"):
            sys.modules.pop(name, None)
        return importlib.import_module("a_users_trainer")

    yield written
    for name in ("a_users_trainer", "a_users_helpers"):
        sys.modules.pop(name, None)


def test_edited_code_of_a_module_that_a_trainer_calls_has_other_words(users_modules):
    def texts(module):
        return [describe(thing) for thing in (module.by_module, module.Trainer(), module.by_import)]

    one, same, edited = (texts(users_modules(step)) for step in (1, 1, 2000))
    assert one == same
    assert all(a != b for a, b in zip(one, edited, strict=True))


def test_code_of_that_module_that_is_not_called_does_not_count(users_modules):
    one, other = (users_modules(other=value).by_module for value in (1, 2000))
    assert describe(one) == describe(other)
