"""The search for the way to train that predicts best."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from mlleaks import InputError
from mlleaks.models import as_trainer
from mlleaks.models.model_search import search_trainer
from mlleaks.types import Dataset

X, Y = load_digits(return_X_y=True)
DATA = Dataset("digits", X[:300], Y[:300], 10)
GOOD, POOR = as_trainer(KNeighborsClassifier(3)), as_trainer(DummyClassifier())


class Raises:
    """A trainer of no use."""

    def __call__(self, data, rng):
        raise ValueError("no such device")


class Counts:
    """A trainer that remembers which records it was trained on."""

    def __init__(self):
        self.ids = []

    def __call__(self, data, rng):
        self.ids.append(set(data.ids.tolist()))
        return DummyClassifier().fit(data.X, data.y)


def search(trainers, data=DATA, seed=0, **more):
    return search_trainer(trainers, data, np.random.default_rng(seed), **more)


@pytest.mark.parametrize("trainers", [{"poor": POOR, "good": GOOD}, {"good": GOOD, "poor": POOR}])
def test_the_most_accurate_one_is_found_wherever_it_stands(trainers):
    result = search(trainers)
    assert result.name == "good"
    assert result.accuracies["good"] > 0.85 > 0.3 > result.accuracies["poor"]
    assert result.skipped == {}


def test_accuracies_are_those_of_scikit_learn_on_the_same_folds():
    fold = np.random.default_rng(5).permutation(len(DATA)) % 4
    # folds of 75 records each: the mean over folds is the share of all records
    slow = cross_val_score(KNeighborsClassifier(3), DATA.X, DATA.y, cv=PredefinedSplit(fold)).mean()
    assert search({"good": GOOD}, seed=5, folds=4).accuracies["good"] == pytest.approx(slow)


def test_no_model_is_tested_on_records_that_it_was_trained_on():
    first, second = Counts(), Counts()
    search({"first": first, "second": second}, folds=3)
    every = set(DATA.ids.tolist())
    assert [len(ids) for ids in first.ids] == [200] * 3
    assert set.union(*(every - ids for ids in first.ids)) == every  # each record is left to one fold
    assert first.ids == second.ids


def test_of_equals_the_first_is_found():
    assert search({"a": POOR, "b": POOR}).name == "a"
    assert search({"b": POOR, "a": POOR}).name == "b"


def test_a_class_that_a_fold_has_no_record_of_does_no_harm():
    y = np.where(np.arange(60) == 7, 2, np.arange(60) % 2)
    data = Dataset("rare", y[:, None] + np.zeros((60, 2)), y, 3)
    accuracy = search({"logistic": as_trainer(LogisticRegression())}, data).accuracies["logistic"]
    assert accuracy == pytest.approx(59 / 60)


def test_what_cannot_be_trained_is_skipped_with_its_reason():
    result = search({"broken": Raises(), "poor": POOR})
    assert result.name == "poor"
    assert list(result.accuracies) == ["poor"]
    assert "no such device" in result.skipped["broken"]


@pytest.mark.parametrize(
    ("trainers", "message"), [({}, "no candidate"), ({"broken": Raises()}, "broken: .*no such device")]
)
def test_nothing_that_can_be_trained_is_an_error(trainers, message):
    with pytest.raises(InputError, match=message):
        search(trainers)


@pytest.mark.parametrize("folds", [1, 301])
def test_a_number_of_folds_that_cannot_be(folds):
    with pytest.raises(InputError, match=f"{folds} folds of 300 records"):
        search({"good": GOOD}, folds=folds)
