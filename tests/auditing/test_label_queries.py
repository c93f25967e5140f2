"""Label-only evidence from real models: what it costs, what it finds, and that it finds no leak in none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import (
    AugmentedAnswers,
    BoundaryDistances,
    Evidence,
    Labels,
    NoisyAnswers,
    ShadowModels,
)
from mlleaks.auditing.collecting import Saved, TrainedShadows, collect, observe_shadow
from mlleaks.auditing.evaluating import evaluate
from mlleaks.auditing.label_queries import SHADOW_SIDE, label_sources, no_label_sources
from mlleaks.auditing.measured_records import MeasuredRecords, join_tables
from mlleaks.auditing.planning import Cost, plan_attacks
from mlleaks.data.splits import four_way_member_split
from mlleaks.models import as_trainer, train_model
from mlleaks.outputs.label_only import LabelOnlyModel
from mlleaks.outputs.query import observe
from mlleaks.outputs.signals import predicted_classes
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit

SEEDS = Seeds(0)
NAMES = {
    "label-noise": NoisyAnswers(32),
    "label-augmentation": AugmentedAnswers(32),
    "boundary-distance": BoundaryDistances(100),
}


class Counted:
    """A model that counts its queries."""

    def __init__(self, model):
        self.model, self.queries = model, 0

    def predict_proba(self, X):
        self.queries += X.shape[0]
        return self.model.predict_proba(X)


def digits(shape=(64,)):
    data = mlleaks.load_dataset("digits")
    return Dataset("digits", data.X.reshape(len(data), *shape), data.y, 10)


def trained(data, estimator, seeds=SEEDS):
    """Return a model, its split, and the source of its shadow."""
    target, shadow = four_way_member_split(data, seeds.stream("split"))
    trainer = as_trainer(estimator)
    model = train_model(trainer, target.members, seeds.stream("target"))
    return model, target, TrainedShadows(shadow, trainer)


def with_wrong_labels(data, share):
    """Return the records with random classes for a share of them, which a model has to learn by heart."""
    rng = np.random.default_rng(1)
    wrong = rng.random(len(data)) < share
    return Dataset(data.name, data.X, np.where(wrong, rng.integers(10, size=len(data)), data.y), 10)


def gap_of(observations):
    spec = REGISTRY["gap"]
    return evaluate(spec, spec.build(Evidence({}), np.random.default_rng(0)), observations)


def rows(X):
    return X.reshape(len(X), -1)


class Flat:
    """Nearest neighbours that take images, too."""

    def __init__(self, data):
        self.model = KNeighborsClassifier(1).fit(rows(data.X), data.y)
        self.classes_ = self.model.classes_

    def predict_proba(self, X):
        return self.model.predict_proba(rows(X))


def verdicts(name, model, target, shadow, seeds=SEEDS):
    """Return what an attack achieves on all records and on those that are classified correctly."""
    need, observations = NAMES[name], observe(model, target)
    source = label_sources(model, target, shadow)[type(need)]
    spec = REGISTRY[name]
    attack = spec.build(
        Evidence({type(need): source.collect(need, seeds), Labels: True}), np.random.default_rng(0)
    )
    right = predicted_classes(observations.outputs.posteriors) == observations.outputs.labels
    correct = observations.take(np.flatnonzero(right))
    return evaluate(spec, attack, observations), evaluate(spec, attack, correct), correct


@pytest.mark.slow
@pytest.mark.parametrize("name", ["label-noise", "boundary-distance"])
def test_nearest_neighbours_leak_where_the_gap_attack_sees_nothing(name):
    model, target, shadow = trained(digits(), KNeighborsClassifier(1))
    whole, correct, observations = verdicts(name, model, target, shadow)
    assert whole.estimates["auc"].low > 0.65
    assert correct.estimates["auc"].low > 0.65
    assert whole.estimates["accuracy"].low > 0.6
    assert gap_of(observations).estimates["auc"].value == 0.5


@pytest.mark.slow
def test_nearest_neighbours_of_images_with_wrong_labels_leak_by_small_shifts():
    data = with_wrong_labels(digits((8, 8)), 0.3)
    enlarged = Dataset("enlarged", data.X.repeat(3, axis=1).repeat(3, axis=2), data.y, 10)
    target, shadow = four_way_member_split(enlarged, SEEDS.stream("split"))
    model = Flat(target.members)
    whole, correct, _ = verdicts(
        "label-augmentation", model, target, TrainedShadows(shadow, lambda data, rng: Flat(data))
    )
    assert correct.estimates["auc"].low > 0.55
    assert whole.estimates["auc"].low > gap_of(observe(model, target)).estimates["auc"].value
    unthresholded, _, _ = verdicts("label-augmentation", model, target, None)
    assert unthresholded.estimates["auc"].low > 0.6
    assert np.isnan(unthresholded.threshold)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["label-noise", "boundary-distance"])
def test_a_tree_is_attacked_at_least_as_well_as_by_the_gap(name):
    model, target, shadow = trained(with_wrong_labels(digits(), 0.2), DecisionTreeClassifier())
    whole, _, _ = verdicts(name, model, target, shadow)
    gap = gap_of(observe(model, target))
    assert whole.estimates["auc"].value > gap.estimates["auc"].value - 0.02


@pytest.mark.slow
@pytest.mark.parametrize("name", ["label-noise", "boundary-distance"])
def test_where_nothing_leaks_nothing_is_found(name):
    data, within = digits(), []
    for seed in range(3):
        seeds = Seeds(seed)
        target, shadow = four_way_member_split(data, seeds.stream("split"))
        elsewhere = KNeighborsClassifier(1).fit(data.X[::9], data.y[::9])  # members and non-members alike
        alike = MemberSplit(*(side.take(side.ids % 9 != 0) for side in (target.members, target.nonmembers)))
        whole, _, _ = verdicts(
            name, elsewhere, alike, TrainedShadows(shadow, as_trainer(KNeighborsClassifier(1))), seeds
        )
        auc = whole.estimates["auc"]
        within.append(auc.low <= 0.5 <= auc.high)
        assert abs(auc.value - 0.5) < 0.1
    assert sum(within) >= 2


@pytest.mark.parametrize("kind", ["real", "bits"])
def test_the_target_gets_the_queries_that_the_plan_names_with_and_without_a_shadow(kind):
    data = digits()
    X = data.X if kind == "real" else (data.X > 0.5).astype(np.int8)
    model, target, shadow = trained(
        Dataset(kind, X, data.y, 10).take(np.arange(400)), KNeighborsClassifier(1)
    )
    n = len(target.members) + len(target.nonmembers)
    wrong = int(
        (
            model.predict_proba(MeasuredRecords.of(target).X).argmax(axis=1)
            != MeasuredRecords.of(target).labels
        ).sum()
    )
    for source in (shadow, None):
        for need in (NoisyAnswers(10), BoundaryDistances(60)):
            counted = Counted(model)
            sources = label_sources(counted, target, source)
            cost = sources[type(need)].cost(need)
            assert cost.models == 0
            per_record = cost.queries // n
            assert per_record <= 60
            sources[type(need)].collect(need, SEEDS)
            saved = wrong * (per_record - 1) if isinstance(need, BoundaryDistances) else 0
            assert counted.queries == cost.queries - saved
            assert sources[type(need)].seconds(need) > 0


def test_the_same_seed_gives_the_same_evidence_and_the_shadow_is_trained_once():
    trainings = []

    def trainer(data, rng):
        trainings.append(len(data))
        return KNeighborsClassifier(1).fit(data.X, data.y)

    target, shadow = four_way_member_split(digits(), SEEDS.stream("split"))
    model = trainer(target.members, None)
    trained_shadows = TrainedShadows(shadow, trainer)
    sources = label_sources(model, target, trained_shadows)
    first, again = (sources[NoisyAnswers].collect(NoisyAnswers(8), SEEDS) for _ in range(2))
    [observations] = trained_shadows.collect(ShadowModels(1), SEEDS)
    assert len(trainings) == 2
    np.testing.assert_array_equal(first.target.values, again.target.values)
    np.testing.assert_array_equal(first.shadow.values, again.shadow.values)
    same = observe_shadow(shadow, trainer, SEEDS.stream("shadow"))
    np.testing.assert_array_equal(observations.outputs.posteriors, same.outputs.posteriors)
    assert first.shadow.member.sum() == min(len(shadow.members), SHADOW_SIDE)


def test_a_plan_runs_them_or_says_why_not():
    model, target, shadow = trained(digits(), LogisticRegression(max_iter=2000))
    specs = [REGISTRY[name] for name in NAMES]
    labels = {Labels: Saved(value=True)}
    plan = plan_attacks(specs, labels | dict(label_sources(model, target, shadow)))
    assert [spec.name for spec in plan.attacks] == ["label-noise", "boundary-distance"]
    assert plan.skipped["label-augmentation"].startswith("no images")
    n = len(target.members) + len(target.nonmembers)
    assert plan.cost == Cost(queries=n * (64 + 250))
    off = plan_attacks(specs, labels | dict(no_label_sources()))
    assert not off.attacks
    assert set(off.skipped.values()) == {
        "label-only attacks are off: pass label_only=True (command line: --label-only)"
    }
    assert set(collect(off, labels, SEEDS).values()) == set()


def test_masked_answers_give_the_same_evidence_as_posteriors():
    model, target, _ = trained(digits().take(np.arange(300)), LogisticRegression(max_iter=2000))
    for need in (NoisyAnswers(12), BoundaryDistances(60)):
        plain, masked = (
            label_sources(one, target)[type(need)].collect(need, SEEDS)
            for one in (model, LabelOnlyModel(model))
        )
        np.testing.assert_array_equal(plain.target.values, masked.target.values)


def frames(n=240):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"colour": pd.Categorical(rng.choice(list("abcd"), n)), "age": rng.integers(90, size=n)})
    return Dataset("table", X, rng.integers(2, size=n), 2)


def texts(n=240):
    X = sparse.random_array((n, 60), density=0.2, rng=np.random.default_rng(0), format="csr")
    return Dataset("texts", X, np.random.default_rng(1).integers(2, size=n), 2)


@pytest.mark.parametrize(
    ("data", "estimator"),
    [
        (frames(), make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier())),
        (texts(), DecisionTreeClassifier()),
    ],
    ids=["table", "sparse"],
)
def test_tables_and_sparse_records_can_be_measured(data, estimator):
    model, target, shadow = trained(data, estimator)
    for need in (NoisyAnswers(12), BoundaryDistances(60)):
        evidence = label_sources(model, target, shadow)[type(need)].collect(need, SEEDS)
        assert len(np.unique(evidence.target.values)) > 3
        assert len(evidence.target) == len(target.members) + len(target.nonmembers)


def test_arrays_of_text_say_what_to_do_before_anything_is_asked():
    data = Dataset("text", np.array([["a"], ["b"]] * 20), np.arange(40) % 2, 2)
    sources = label_sources(DummyClassifier().fit(data.X, data.y), MemberSplit(data, data))
    for kind in (NoisyAnswers, BoundaryDistances):
        assert sources[kind].missing(kind()).startswith("no numbers to change: pass records with text")


def test_a_model_of_one_class_gives_evidence_that_tells_nothing():
    model, target, shadow = trained(digits().take(np.arange(300)), DummyClassifier(strategy="most_frequent"))
    for name in ("label-noise", "boundary-distance"):
        whole, _, _ = verdicts(name, model, target, shadow)
        low, high = whole.estimates["auc"].low, whole.estimates["auc"].high
        assert low <= 0.5 <= high


def test_categories_of_both_sides_are_joined():
    a, b = (pd.DataFrame({"c": pd.Categorical(values)}) for values in (["x", "y"], ["z"]))
    joined = join_tables([a, b])
    assert joined["c"].tolist() == ["x", "y", "z"]
    assert isinstance(joined["c"].dtype, pd.CategoricalDtype)
