"""Small work runs on one thread, large work on the caller's, and the caller's settings come back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from threadpoolctl import threadpool_info, threadpool_limits

from mlleaks.attacks import attack_model
from mlleaks.models import MLPTrainer, ModuleTrainer, SklearnTrainer
from mlleaks.outputs.query import query
from mlleaks.runtime import threads
from mlleaks.types import Dataset


@pytest.fixture(autouse=True)
def _two_threads():
    """Give every library two threads, as a user's process has on two cores."""
    before = torch.get_num_threads()
    limits = threadpool_limits(2)  # entered as a block, it would let no other thread change OpenBLAS
    torch.set_num_threads(2)
    yield
    limits.restore_original_limits()
    torch.set_num_threads(before)


def thread_counts() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()} | {torch.get_num_threads()}


class Watching(ClassifierMixin, BaseEstimator):
    """Knows on how many threads it was fitted and queried."""

    def fit(self, X, y):
        self.classes_, self.fitted = np.unique(y), thread_counts()
        return self

    def predict_proba(self, X):
        self.queried = thread_counts()
        return np.full((X.shape[0], len(self.classes_)), 1 / len(self.classes_))


Watching.__module__ = "sklearn.made_for_this_test"


def records(n: int, width: int) -> Dataset:
    return Dataset("made", np.zeros((n, width), dtype=np.float32), np.arange(n) % 2, 2)


def test_the_callers_settings_come_back_even_after_an_error():
    assert thread_counts() == {2}
    with pytest.raises(KeyError, match="inside"), threads.one_thread():
        raise KeyError("inside")
    assert thread_counts() == {2}


def test_blocks_inside_a_block_change_nothing():
    with threads.one_thread():
        with threads.for_step(10 * threads.OPERATIONS), threads.one_thread():
            assert thread_counts() == {1}
        assert thread_counts() == {1}
    assert thread_counts() == {2}


def test_blocks_in_two_threads_limit_until_the_last_one_ends():
    entered, leave = Event(), Event()

    def inside():
        with threads.one_thread():
            entered.set()
            assert leave.wait(30)
            return thread_counts()

    with ThreadPoolExecutor(1) as other:
        with threads.one_thread():
            late = other.submit(inside)
            assert entered.wait(30)
        assert blas() == {1}, "the other block has not ended"
        assert torch.get_num_threads() == 2, "OpenMP's limit is each thread's own"
        leave.set()
        assert late.result() == {1}
    assert thread_counts() == {2}
    with ThreadPoolExecutor(1) as new:
        assert new.submit(torch.get_num_threads).result() == 2


def blas() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (np.zeros((10, 10)), {1}),
        (np.zeros((1000, 1000), dtype=np.int8), {2}),
        (sparse.csr_array((1000, 10**6)), {1}),  # nothing but zeros
    ],
)
def test_the_number_of_values_decides_for_records(X, expected):
    with threads.for_records(X):
        assert thread_counts() == expected


@pytest.mark.parametrize(("width", "expected"), [(10, {1}), (1000, {2})])
def test_estimators_are_fitted_and_queried_by_size(width, expected):
    data = records(1000, width)
    model = SklearnTrainer(Watching())(data, np.random.default_rng(0))
    assert model.estimator.fitted == expected
    query(model, data.X)
    assert model.estimator.queried == expected


def test_a_model_of_the_users_own_keeps_its_threads():
    class Own(Watching):
        pass

    Own.__module__ = "my_package.models"
    model = Own().fit(np.zeros((2, 1)), [0, 1])
    query(model, np.zeros((2, 1)))
    assert model.queried == {2}


class Wide(torch.nn.Module):
    """A layer that knows on how many threads it was run."""

    def __init__(self, width, n_classes, log):
        super().__init__()
        self.layer, self.log = torch.nn.Linear(width, n_classes), log

    def forward(self, x):
        self.log.append(thread_counts())
        return self.layer(x.flatten(1))


@pytest.mark.parametrize(("shape", "expected"), [((10,), {1}), ((400_000,), {2}), ((5, 2), {2})])
def test_networks_are_trained_by_the_size_of_a_step(shape, expected):
    log: list[set[int]] = []
    trainer = ModuleTrainer(build=lambda _, k: Wide(int(np.prod(shape)), k, log), epochs=1)
    data = Dataset("made", np.zeros((100, *shape), dtype=np.float32), np.arange(100) % 2, 2)
    trainer(data, np.random.default_rng(0))
    assert set(map(frozenset, log)) == {frozenset(expected)}


def test_attack_models_are_trained_on_one_thread(monkeypatch):
    log = []

    def logging(*arguments):
        log.append(thread_counts())
        return differentiate(*arguments)

    differentiate = attack_model._differentiate
    monkeypatch.setattr(attack_model, "_differentiate", logging)
    x = np.linspace(0, 1, 200)[:, None]
    attack_model.fit(x, x[:, 0] > 0.5, np.random.default_rng(0))
    assert len(log) == 2 * attack_model.EPOCHS
    assert set(map(frozenset, log)) == {frozenset({1})}


def test_numbers_do_not_depend_on_the_limit():
    data = Dataset("made", np.random.default_rng(0).normal(size=(300, 20)), np.arange(300) % 3, 3)
    trainer = MLPTrainer(epochs=3)
    first = trainer(data, np.random.default_rng(0)).predict_proba(data.X)
    with threads.one_thread():
        assert np.array_equal(first, trainer(data, np.random.default_rng(0)).predict_proba(data.X))
