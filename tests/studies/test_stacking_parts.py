"""The study of what the parts of a stack are: its small network, and its rows on real data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mlleaks
from mlleaks.data.protocol import TARGET
from mlleaks.datasets import REGISTRY as datasets
from mlleaks.datasets.files import at_hand
from mlleaks.defenses import stacking
from mlleaks.models import MLPTrainer
from mlleaks.shadows import InProcess
from mlleaks.studies import REGISTRY
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.runner import reproduce
from mlleaks.studies.engine.scale import SMOKE
from mlleaks.studies.paper.stacking_parts import DISJOINT, LAYERS, SAME, STACKS, THIRD, ThirdTrainer

STUDY = REGISTRY["stacking-parts"]
LOCATION = replace(SMOKE, parts={"location": 600})
"""Large enough for three records of each class in a part, so that stacks can be trained."""


def test_the_small_network_is_the_one_within_a_stack():
    data, base = mlleaks.load_dataset("digits").take(np.arange(300)), MLPTrainer(epochs=3)
    small = ThirdTrainer(base)(data, np.random.default_rng(0))
    stack = stacking(base)(data, np.random.default_rng(0))
    np.testing.assert_array_equal(small.predict_proba(data.X), stack.first[0].predict_proba(data.X))


def test_the_small_network_sees_a_third_of_the_records():
    trained_on = []

    def spying(data, rng):
        trained_on.append(data)
        return MLPTrainer(epochs=1)(data, rng)

    data = mlleaks.load_dataset("digits").take(np.arange(300))
    ThirdTrainer(spying)(data, np.random.default_rng(0))
    [third] = trained_on
    assert len(third) == 100
    assert set(third.ids.tolist()) < set(data.ids.tolist())
    assert set(third.y.tolist()) == set(range(10))


@pytest.fixture(scope="module")
def location(tmp_path_factory):
    if at_hand(datasets["location"]) is None:
        pytest.skip("location is not at hand: set MLLEAKS_DATA to a folder that holds it")
    context = StudyContext(tmp_path_factory.mktemp("location"), LOCATION, InProcess())
    [chapter] = reproduce([STUDY], context, only=["location"]).chapters
    return context, chapter


@pytest.mark.slow
def test_every_stack_has_its_accuracies_and_attacks(location):
    _, chapter = location
    table = chapter.tidy
    for defense in ("none", *STACKS):
        rows = table[table["defense"] == defense]
        assert {"adversary-1", "adversary-3", "target"} <= set(rows["attack"])
        assert {"train_accuracy", "test_accuracy"} <= set(rows[rows["attack"] == "target"]["metric"])
    values = table.dropna(subset=["value", "low"])
    assert ((values["low"] <= values["value"]) & (values["value"] <= values["high"])).all()


@pytest.mark.slow
def test_the_small_network_has_its_test_accuracy_alone(location):
    """Its members would be counted wrongly: the plan has all records of the part."""
    context, chapter = location
    [row] = chapter.tidy[chapter.tidy["defense"] == THIRD].to_dict("records")
    assert (row["attack"], row["metric"]) == ("target", "test_accuracy")
    trainer = ThirdTrainer(LOCATION.reference("location"))
    observed = context.observe("location", 0, trainer, TARGET)
    right = observed.outputs.posteriors.argmax(axis=1) == observed.outputs.labels
    assert row["value"] == pytest.approx(right[~observed.member].mean())


@pytest.mark.slow
def test_records_that_models_share_leak_and_disjoint_parts_do_not(location):
    _, chapter = location
    table = chapter.tidy
    auc = table[(table["metric"] == "auc") & (table["attack"] == "adversary-3")].set_index("defense")["value"]
    assert auc[SAME] > max(auc[DISJOINT], auc[LAYERS]) + 0.1
    training = table[table["metric"] == "train_accuracy"].set_index("defense")["value"]
    assert training[SAME] > training[LAYERS] > training[DISJOINT]


@pytest.mark.slow
def test_its_finding_speaks_of_every_reading(location):
    _, chapter = location
    assert chapter.finding.word != "not run"
    for part in ("Thirds of the network's records:", "One half for each layer:", "With no disjoint parts"):
        assert part in chapter.finding.evidence
