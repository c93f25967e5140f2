"""What an audit would do is known before it does it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Labels, Population, RandomQueries, Records, ShadowModels
from mlleaks.attacks.spec import with_shadows
from mlleaks.auditing.collecting import Saved, SavedShadows
from mlleaks.auditing.planning import Cost, plan_attacks
from mlleaks.auditing.preparing import prepare_audit
from mlleaks.auditing.preparing_saved import prepare_posteriors
from mlleaks.defenses import Rounded, mask_trainer
from tests.synthetic import planted, skipped_by_default

X, Y = load_digits(return_X_y=True)
MEMBERS, NONMEMBERS, SHADOW = ((X[i : i + 300], Y[i : i + 300]) for i in (0, 300, 600))


class Counting:
    """A model that counts the records that it is sent."""

    def __init__(self):
        self.queries = 0
        self.forest = RandomForestClassifier(5, random_state=0).fit(*MEMBERS)
        self.classes_ = self.forest.classes_

    def predict_proba(self, records):
        self.queries += len(records)
        return self.forest.predict_proba(records)


def test_an_audit_is_planned_with_two_queries_and_runs_with_those_that_it_named():
    model = Counting()
    prepared = prepare_audit(
        model, members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW, trainer=RandomForestClassifier(5)
    )
    assert model.queries == 2
    needs = {ShadowModels(1), Labels(), RandomQueries(1000), Population(), Records()}
    assert set(prepared.plan.needs) == needs
    assert prepared.plan.skipped.keys() == skipped_by_default()
    assert prepared.plan.cost == Cost(models=1, queries=1000 + len(SHADOW[0]))
    prepared.run()
    assert model.queries == 2 + prepared.queries + prepared.plan.cost.queries


def test_what_cannot_be_had_is_skipped_with_the_reason():
    prepared = prepare_audit(Counting(), members=MEMBERS[0], nonmembers=NONMEMBERS[0])
    assert prepared.plan.skipped.keys() == skipped_by_default(Labels, ShadowModels, Population)
    assert "--shadow FILE" in prepared.plan.skipped["adversary-1"]
    assert prepared.plan.skipped["shokri"].count("; ") == 1  # both of its needs
    assert prepared.plan.cost == Cost(models=0, queries=1000)


def test_an_estimate_of_the_time_is_of_the_right_size():
    """Within a factor of ten on a busy machine: a forest of 200 trees is no forest of 2."""
    prepared = [
        prepare_audit(
            Counting(),
            members=MEMBERS,
            nonmembers=NONMEMBERS,
            shadow=SHADOW,
            trainer=RandomForestClassifier(trees, n_jobs=1),
        ).seconds()
        for trees in (2, 200)
    ]
    assert 0 < prepared[0] < prepared[1]


def test_saved_posteriors_cost_nothing():
    observations = planted(1, n=200)
    table = {"record_id": observations.ids, "member": observations.member}
    table["posteriors"] = observations.outputs.posteriors
    prepared = prepare_posteriors(table)
    assert (prepared.queries, prepared.plan.cost, prepared.seconds()) == (0, Cost(), 0.0)
    assert RandomQueries(1000) not in prepared.plan.needs
    assert prepared.run().result.skipped == prepared.plan.skipped


def test_a_prepared_audit_and_an_audit_find_the_same():
    sides = {"members": MEMBERS, "nonmembers": NONMEMBERS, "shadow": SHADOW}
    forest = RandomForestClassifier(5, random_state=0).fit(*MEMBERS)
    one, other = mlleaks.audit(forest, **sides), prepare_audit(forest, **sides).run()
    for verdict in one.verdicts:
        np.testing.assert_array_equal(verdict.scores, other.verdict(verdict.attack).scores)
    hashes = {report.result.provenance["inputs_sha256"] for report in (one, other)}
    assert len(hashes) == 1


def test_a_trainer_without_records_for_it_is_refused():
    with pytest.raises(mlleaks.InputError, match="a trainer without shadow data"):
        prepare_audit(Counting(), members=MEMBERS, nonmembers=NONMEMBERS, trainer=RandomForestClassifier())


def test_fewer_saved_models_than_needed_are_too_few():
    observations = planted(1, n=200)
    source = SavedShadows((observations,))
    spec = with_shadows(REGISTRY["shokri"], 10)
    plan = plan_attacks([spec], {ShadowModels: source, Labels: Saved(value=True)})
    assert plan.skipped == {"shokri": "10 shadow models (the answers of 1 are there)"}


def test_a_time_that_a_small_sample_cannot_tell_is_unknown():
    """Five folds want more records of each class than a tenth of the shadow's has."""
    trainer = CalibratedClassifierCV(RandomForestClassifier(2), cv=5)
    prepared = prepare_audit(
        Counting(), members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW, trainer=trainer
    )
    assert math.isnan(prepared.seconds())
    assert prepared.run().result.skipped.keys() == skipped_by_default()


def test_a_composed_trainer_of_ours_answers_posteriors_beside_a_target_of_logits():
    class Logits(Counting):
        def predict_proba(self, records):
            return np.log(super().predict_proba(records) + 0.01)

    trainer = mask_trainer(RandomForestClassifier(5), Rounded(1))
    report = mlleaks.audit(
        Logits(),
        members=MEMBERS,
        nonmembers=NONMEMBERS,
        shadow=SHADOW,
        trainer=trainer,
        from_logits=True,
    )
    assert report.result.skipped.keys() == skipped_by_default()


def test_an_error_of_the_shadow_models_answers_says_whose_they_are():
    def trainer(data, rng):
        return RandomForestClassifier(2, random_state=0).fit(data.X, data.y)

    class Logits(Counting):
        def predict_proba(self, records):
            return np.log(super().predict_proba(records) + 0.01)

    sides = {"members": MEMBERS, "nonmembers": NONMEMBERS, "shadow": SHADOW}
    with pytest.raises(mlleaks.InputError, match="answers of the shadow model that are posteriors already"):
        mlleaks.audit(Logits(), **sides, trainer=trainer, from_logits=True)
