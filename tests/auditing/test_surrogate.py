"""Which algorithm stands in for a target that cannot be cloned."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import mlleaks
from mlleaks import InputError, ModelError
from mlleaks.auditing.preparing import prepare_audit
from mlleaks.auditing.surrogate import MOST, candidate_trainers, choose_surrogate
from mlleaks.cli.resolve import trainer_of
from mlleaks.models import as_trainer
from mlleaks.outputs.label_only import LabelOnlyModel
from mlleaks.storage.fingerprint import describe
from mlleaks.types import Dataset

X, Y = load_digits(return_X_y=True)
MEMBERS, NONMEMBERS, SHADOW = ((X[i : i + 300], Y[i : i + 300]) for i in (0, 300, 600))
LIGHT = {
    "forest": as_trainer(RandomForestClassifier(30)),
    "logistic": as_trainer(LogisticRegression(max_iter=2000)),
}


class Answers:
    """A model that cannot be cloned, and remembers what it was sent."""

    def __init__(self, estimator):
        self.estimator = estimator.fit(*MEMBERS)
        self.sent = []

    def predict_proba(self, records):
        self.sent.append(np.array(records))
        return self.estimator.predict_proba(records)


class Raises:
    """A trainer of no use."""

    def __call__(self, data, rng):
        raise ValueError("no such luxury")


def data(stop=None):
    return Dataset("digits", X[600:stop], Y[600:stop], 10)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("estimator", "name"),
    [(RandomForestClassifier(random_state=0), "forest"), (LogisticRegression(max_iter=2000), "logistic")],
    ids=["forest", "logistic"],
)
def test_the_algorithm_of_the_target_is_recognized(estimator, name, seed):
    choice = choose_surrogate(Answers(estimator), data(), rng(seed), candidates=LIGHT)
    assert choice.name == name
    assert choice.trainer is LIGHT[name]
    assert choice.resemblances.keys() == LIGHT.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["random forest", "histogram boosting"])
def test_trees_are_recognized_among_all_candidates(name):
    """An MLP and logistic regression answer alike on these records: one may stand for the other."""
    members, shadow = (
        Dataset("digits", X[part] / 16, Y[part], 10) for part in (slice(450), slice(450, None))
    )
    target = candidate_trainers(X)[name](members, rng(1))
    choice = choose_surrogate(target, shadow, rng())
    assert choice.name == name
    assert choice.skipped == {}


def test_the_target_is_sent_half_of_the_shadow_records_and_none_of_those_that_candidates_train_on():
    trained_on = []

    def watching(data, rng):
        trained_on.append(data.X)
        return DummyClassifier().fit(data.X, data.y)

    target = Answers(RandomForestClassifier(5))
    choice = choose_surrogate(target, data(1101), rng(), candidates={"a": watching, "b": watching})
    sent = {tuple(row) for row in np.concatenate(target.sent)}
    assert choice.queries == sum(map(len, target.sent)) == 251
    assert len(trained_on) == 2
    np.testing.assert_array_equal(*trained_on)
    assert len(trained_on[0]) == 250
    assert not sent & {tuple(row) for row in trained_on[0]}
    assert choice.name == "a"  # equally like the target: the first


def test_a_large_set_is_sampled():
    n = MOST + 700
    records = Dataset("large", rng().normal(size=(n, 2)), np.arange(n) % 2, 2)
    target = DummyClassifier(strategy="prior").fit(records.X, records.y)
    choice = choose_surrogate(target, records, rng(), candidates={"dummy": as_trainer(DummyClassifier())})
    assert choice.queries == MOST // 2


def test_the_same_seed_makes_the_same_choice():
    target = Answers(RandomForestClassifier(5, random_state=0))
    first, second = (choose_surrogate(target, data(1200), rng(7), candidates=LIGHT) for _ in range(2))
    assert first.resemblances == second.resemblances


def test_a_candidate_that_fails_is_skipped_with_the_reason():
    choice = choose_surrogate(
        Answers(RandomForestClassifier(5)), data(1200), rng(), candidates={"odd": Raises(), **LIGHT}
    )
    assert "no such luxury" in choice.skipped["odd"]
    assert "Skipped: odd (got ValueError from the trainer Raises: no such luxury" in choice.note
    assert "Of two algorithms, forest answers most like it (agreement " in choice.note


def test_candidates_that_all_fail_are_an_error_with_each_reason():
    with pytest.raises(InputError, match=r"a: got ValueError.*b: got ValueError.*module:attribute"):
        choose_surrogate(
            Answers(RandomForestClassifier(5)), data(), rng(), candidates={"a": Raises(), "b": Raises()}
        )
    with pytest.raises(InputError, match="no algorithm to choose"):
        choose_surrogate(Answers(RandomForestClassifier(5)), data(), rng(), candidates={})


def test_a_target_that_raises_is_an_error_and_not_a_skipped_candidate():
    class Broken:
        def predict_proba(self, records):
            raise OSError("gone")

    with pytest.raises(ModelError, match="gone"):
        choose_surrogate(Broken(), data(), rng(), candidates=LIGHT)


def test_images_reach_estimators_as_rows():
    images = Dataset("images", X[600:800].reshape(-1, 8, 8), Y[600:800], 10)
    trainers = candidate_trainers(images.X)
    few = {name: trainers[name] for name in ("random forest", "logistic regression")}

    class OfImages:
        def predict_proba(self, records):
            assert records.shape[1:] == (8, 8)
            return np.full((len(records), 10), 0.1)

    assert choose_surrogate(OfImages(), images, rng(), candidates=few).skipped == {}


def test_sparse_records_skip_what_wants_dense_ones():
    records = Dataset("sparse", sparse.csr_array(X[600:800]), Y[600:800], 10)
    trainers = candidate_trainers(records.X)
    few = {name: trainers[name] for name in ("histogram boosting", "logistic regression")}
    target = LogisticRegression(max_iter=2000).fit(*MEMBERS)
    choice = choose_surrogate(target, records, rng(), candidates=few)
    assert (choice.name, list(choice.skipped)) == ("logistic regression", ["histogram boosting"])


def test_the_candidates_are_those_that_have_names_on_the_command_line():
    names = {
        "MLP": "mlp",
        "random forest": "forest",
        "histogram boosting": "boosting",
        "logistic regression": "logistic",
    }
    for records in (X, X.reshape(-1, 8, 8)):
        for name, trainer in candidate_trainers(records).items():
            assert describe(trainer) == describe(trainer_of(names[name], records))


@pytest.mark.slow
def test_an_audit_chooses_says_so_and_counts_the_queries():
    target = Answers(RandomForestClassifier(random_state=0))
    prepared = prepare_audit(target, members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW, trainer="auto")
    before = sum(map(len, target.sent))
    assert prepared.settings["surrogate"]["queries"] == before - 2 == 150
    assert prepared.settings["surrogate"]["choice"] == "random forest"
    assert prepared.settings["shadow trainer"].startswith("RandomForestClassifier(")
    report = prepared.run()
    (note,) = [note for note in report.result.notes if "cannot be cloned" in note]
    assert "random forest answers most like it (agreement " in note
    assert "on 150 shadow records" in note
    assert (
        json.loads(json.dumps(report.result.provenance["settings"]["surrogate"]))["choice"] == "random forest"
    )


def test_a_model_that_can_be_cloned_is_cloned_without_a_query():
    forest = RandomForestClassifier(5, random_state=0).fit(*MEMBERS)
    sides = {"members": MEMBERS, "nonmembers": NONMEMBERS, "shadow": SHADOW}
    automatic, default = (prepare_audit(forest, **sides, trainer=trainer) for trainer in ("auto", None))
    assert automatic.settings == default.settings
    assert "surrogate" not in automatic.settings


def test_without_a_choice_the_fallback_is_said():
    pytest.importorskip("torch")
    prepared = prepare_audit(
        Answers(RandomForestClassifier(5)), members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW
    )
    _, notes = prepared.observe()
    assert any("--trainer auto" in note for note in notes)
    _, silent = prepare_audit(
        Answers(RandomForestClassifier(5)),
        members=MEMBERS,
        nonmembers=NONMEMBERS,
        shadow=SHADOW,
        trainer=RandomForestClassifier(5),
    ).observe()
    assert not any("cannot be cloned" in note for note in silent)


def test_auto_needs_shadow_data_and_other_words_are_no_trainer():
    with pytest.raises(InputError, match="a trainer without shadow data"):
        mlleaks.audit(
            Answers(RandomForestClassifier(5)), members=MEMBERS, nonmembers=NONMEMBERS, trainer="auto"
        )
    sides = {"members": MEMBERS, "nonmembers": NONMEMBERS, "shadow": SHADOW}
    with pytest.raises(InputError, match="a trainer of type str"):
        mlleaks.audit(Answers(RandomForestClassifier(5)), **sides, trainer="automatic")


def test_a_target_that_answers_a_class_alone_is_compared_by_classes_alone():
    """Else every candidate's confidences would be as far away as can be."""
    target = LabelOnlyModel(RandomForestClassifier(30, random_state=0).fit(*MEMBERS))
    shadow = Dataset("shadow", *SHADOW, 10)
    surrogate = choose_surrogate(target, shadow, np.random.default_rng(0), candidates=LIGHT)
    for likeness in surrogate.resemblances.values():
        assert likeness.confidence_distance == 0
        right, own = likeness.accuracies
        assert likeness.truth_distance == pytest.approx(abs(right - own))
