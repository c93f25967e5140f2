"""The service of the study `mlaas`: what it chooses among, and that it searches once."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

import mlleaks
from mlleaks.data.protocol import TARGET
from mlleaks.models.model_search import search_trainer
from mlleaks.shadows import InProcess
from mlleaks.storage.fingerprint import describe
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.scale import SMOKE
from mlleaks.studies.paper import service
from mlleaks.studies.paper.service import (
    BUDGET,
    FEWEST_ROUNDS,
    MOST_ROUNDS,
    algorithm_of,
    boosting_rounds,
    find_service,
    service_candidates,
)
from mlleaks.types import Dataset

SMALL = replace(SMOKE, epochs=3, shadows=1, queries=30, largest_part=80)


def study_context(folder):
    return StudyContext(folder, SMALL, InProcess())


@pytest.fixture
def quick(monkeypatch):
    """The search without boosting, which takes longer than all others together."""

    def candidates(data):
        return {n: t for n, t in service_candidates(data).items() if "boosting" not in n}

    monkeypatch.setattr(service, "service_candidates", candidates)


@pytest.mark.parametrize("X", [np.zeros((4, 6)), np.zeros((4, 2, 3), dtype=np.uint8)])
def test_every_candidate_has_settings_and_a_stable_key_of_its_own(X):
    data = Dataset("toy", X, np.array([0, 1, 0, 1]), 2)
    first, again = service_candidates(data), service_candidates(data)
    assert {algorithm_of(name) for name in first} == {
        "random forest",
        "histogram boosting",
        "logistic regression",
        "MLP",
    }
    keys = [describe(trainer) for trainer in first.values()]
    assert len(set(keys)) == len(first)
    assert keys == [describe(trainer) for trainer in again.values()]


@pytest.mark.slow
def test_every_candidate_learns_records_and_images():
    digits = mlleaks.load_dataset("digits").take(np.arange(600))
    images = Dataset("images", digits.X.reshape(-1, 8, 8), digits.y, 10)
    for data in (digits, images):
        result = search_trainer(service_candidates(data), data, np.random.default_rng(0), folds=2)
        assert result.skipped == {}
        assert min(result.accuracies.values()) > 0.8


@pytest.mark.parametrize("sparse_rows", [False, True])
def test_boosting_costs_about_as_much_everywhere(sparse_rows):
    def rounds(features, classes):
        X = np.zeros((1, features))
        return boosting_rounds(
            Dataset("d", sparse.csr_array(X) if sparse_rows else X, np.zeros(1, int), classes)
        )

    assert rounds(108, 2) == MOST_ROUNDS
    assert rounds(600, 100) == FEWEST_ROUNDS
    assert rounds(446, 30) * 446 * 30 <= BUDGET < (rounds(446, 30) + 1) * 446 * 30


def test_the_search_sees_the_training_part_alone(tmp_path, quick, monkeypatch):
    context, records = study_context(tmp_path), []

    def spy(candidates, data, rng):
        records.append(data)
        return search_trainer(candidates, data, rng)

    monkeypatch.setattr(service, "search_trainer", spy)
    result = find_service(context, "digits", 0)
    observed = context.observe("digits", 0, result.trainer, TARGET)
    [data] = records
    assert sorted(data.ids) == sorted(observed.ids[observed.member])


def test_a_search_is_made_once_and_found_again(tmp_path, quick, monkeypatch):
    first = find_service(study_context(tmp_path), "digits", 0)
    [file] = (tmp_path / "searches").iterdir()
    [row] = json.loads(file.read_text())["rows"]
    assert algorithm_of(row["name"]) == first.algorithm
    assert row["accuracies"][row["name"]] == max(row["accuracies"].values())

    def never(*arguments):
        raise AssertionError("a second search")

    monkeypatch.setattr(service, "search_trainer", never)
    again = find_service(study_context(tmp_path), "digits", 0)
    assert (again.algorithm, describe(again.trainer)) == (first.algorithm, describe(first.trainer))
    with pytest.raises(AssertionError, match="a second search"):
        find_service(study_context(tmp_path), "digits", 1)
