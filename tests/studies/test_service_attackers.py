"""The attackers of a service, against plain functions that answer records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import mlleaks
from mlleaks import ModelError
from mlleaks.data.protocol import SHADOW, protocol_split
from mlleaks.defenses import LabelOnly
from mlleaks.studies.paper.service_attackers import (
    ALL,
    LABEL,
    MASKS,
    TOP,
    AttackerShadows,
    attack_service,
    unchanged,
)
from mlleaks.types import Observations

SIZE, QUERIES = 100, 40
POSTERIORS = {"adversary-1", "combining", "adversary-2", "adversary-3"}


@pytest.fixture(scope="module")
def split():
    return protocol_split(mlleaks.load_dataset("digits"), 0, largest_part=SIZE, queries=QUERIES)


def memory(members, classes, sure=0.98, unsure=0.5):
    """A service that is sure about the records that it remembers, and right about most others."""
    remembered = {row.tobytes(): label for row, label in zip(members.X, members.y, strict=True)}

    def service(X):
        labels = [remembered.get(row.tobytes(), int(row[20]) % classes) for row in X]
        largest = np.array([sure if row.tobytes() in remembered else unsure for row in X])
        # what others share differs between records, so that more than one posterior tells of them
        ramp = np.linspace(1, 2, classes - 1)
        rest = (1 - largest)[:, None] * (ramp / ramp.sum())
        return np.array([np.insert(r, label, p) for r, label, p in zip(rest, labels, largest, strict=True)])

    return service


def part(split, number):
    return split.pool.take(np.arange(number * split.size, (number + 1) * split.size))


def observed(split, service):
    """What a service with the shadow's members answers to the shadow's records."""
    rows = np.arange(2 * split.size, 4 * split.size)
    answers = np.zeros((len(split.pool), split.pool.n_classes))
    answers[rows] = service(split.pool.X[rows])
    return split.observations(SHADOW, answers, split.plan(1))


@pytest.fixture(scope="module")
def shadows(split):
    one, two = (observed(split, memory(part(split, 2), 10, sure)) for sure in (0.97, 0.9))
    return AttackerShadows(one, (one, two), foreign=two)


def table(rows):
    return pd.DataFrame(rows).set_index(["metric", "answers", "attack"])["value"]


def test_a_function_that_remembers_its_records_leaks_to_everybody(split, shadows):
    rows = attack_service(memory(part(split, 0), 10), split, shadows, algorithm="unremembered")
    assert {row["algorithm"] for row in rows} == {"unremembered"}
    values = table(rows)
    for kind in (ALL, TOP):
        areas = values["auc"][kind]
        assert set(areas.index) == POSTERIORS | {"gap"}
        assert areas[sorted(POSTERIORS)].min() > 0.99
    assert set(values["auc"][LABEL].index) == {"gap"}
    train, test = values["train_accuracy", "", "target"], values["test_accuracy", "", "target"]
    assert train == 1.0
    assert values["overfitting", "", "target"] == pytest.approx(train - test)
    assert values["auc", LABEL, "gap"] == pytest.approx(0.5 + (train - test) / 2)


def test_a_function_that_knows_nothing_of_its_records_does_not_leak(split, shadows):
    values = table(attack_service(lambda X: np.full((len(X), 10), 0.1), split, shadows))
    for kind in (ALL, TOP):
        np.testing.assert_allclose(values["auc"][kind][sorted(POSTERIORS)], 0.5)


def test_the_top_three_are_all_that_the_papers_attackers_read(split, shadows):
    values = table(attack_service(memory(part(split, 0), 10), split, shadows))
    pd.testing.assert_series_equal(values["auc"][ALL], values["auc"][TOP])


def test_each_record_is_sent_once_and_the_shadows_records_never(split, shadows):
    service, sent = memory(part(split, 0), 10), []

    def counting(X):
        sent.append(np.array(X))
        return service(X)

    attack_service(counting, split, shadows)
    sent = np.concatenate(sent)
    assert len(sent) == 2 * SIZE + QUERIES
    np.testing.assert_array_equal(sent[: 2 * SIZE], split.pool.X[: 2 * SIZE])
    np.testing.assert_array_equal(sent[2 * SIZE :], split.queries)


def shy(posteriors):
    """A mask that hides what the service is most sure about."""
    hide = posteriors.max(axis=1, keepdims=True) > 0.8
    return np.where(hide, 1 / posteriors.shape[1], posteriors)


def test_attack_models_are_learned_from_what_the_service_returns(split, shadows):
    """Who learns from shadows behind the same mask finds out that the unsure answers are the members'."""
    service = memory(part(split, 0), 10)
    values = table(attack_service(service, split, shadows, masks={"all": unchanged, "shy": shy}))
    learned = ["adversary-1", "combining", "adversary-2"]
    assert values["auc"]["all"][learned].min() > 0.99
    assert values["auc"]["shy"][learned].min() > 0.99
    assert values["auc", "all", "adversary-3"] > 0.99
    assert values["auc", "shy", "adversary-3"] < 0.01  # it learns nothing, and takes the largest posterior
    assert values["recall", "shy", "adversary-3"] < 0.01


def test_the_threshold_comes_from_random_queries_behind_the_mask(split, shadows):
    """Random records are answered with 0.5: the top three of that are below what members are answered."""
    values = table(attack_service(memory(part(split, 0), 10), split, shadows))
    for kind in (ALL, TOP):
        assert values["recall", kind, "adversary-3"] == 1.0
        assert values["precision", kind, "adversary-3"] == 1.0


def test_without_another_domain_there_is_no_adversary_2(split, shadows):
    rows = attack_service(memory(part(split, 0), 10), split, replace(shadows, foreign=None))
    assert "adversary-2" not in {row["attack"] for row in rows}
    assert {"adversary-1", "combining", "adversary-3", "gap"} < {row["attack"] for row in rows}


def test_a_service_that_answers_the_label_alone(split, shadows):
    service = memory(part(split, 0), 10)
    rows = attack_service(lambda X: LabelOnly()(service(X)), split, shadows, masks={LABEL: MASKS[LABEL]})
    assert {row["attack"] for row in rows} == {"gap", "target"}


def test_another_domain_may_have_other_classes(split, shadows):
    two = Observations(
        replace(
            shadows.network.outputs, posteriors=np.column_stack([p := np.linspace(0.5, 1, 2 * SIZE), 1 - p])
        ),
        p > 0.75,
    )
    values = table(attack_service(memory(part(split, 0), 10), split, replace(shadows, foreign=two)))
    assert values["auc", ALL, "adversary-2"] > 0.99


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (lambda X: np.full((len(X), 9), 1 / 9), "9 columns; expected one for each of the 10 classes"),
        (lambda X: np.full((3, 10), 0.1), r"answers of shape \(3, 10\) to 200 records"),
    ],
)
def test_answers_of_another_shape_are_refused(split, shadows, service, message):
    with pytest.raises(ModelError, match=message):
        attack_service(service, split, shadows)
