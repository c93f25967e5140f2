"""Reference models of an audit: trained once, resumed, and the same for every membership of the target."""

from __future__ import annotations

import os

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.attacks.needs import ReferenceModels, Variants
from mlleaks.auditing.preparing import prepare_audit
from mlleaks.errors import InputError, ModelError
from mlleaks.shadows import InProcess
from tests.synthetic import attacks_that_need

DIGITS = mlleaks.load_dataset("digits")
ORDER = np.random.default_rng(0).permutation(len(DIGITS))
MEMBERS, NONMEMBERS, SHADOW = (DIGITS.take(ORDER[start : start + 150]) for start in (0, 150, 300))
MODEL = RandomForestClassifier(5, random_state=1).fit(MEMBERS.X, MEMBERS.y)


class Trainer:
    """Trains forests and counts them; fails in one of them if the environment says so."""

    def __init__(self):
        self.sizes = []

    def __call__(self, data, rng):
        self.sizes.append(len(data))
        if str(len(self.sizes)) == os.environ.get("FAILS_AT"):
            raise ValueError("not this one")
        return RandomForestClassifier(5, random_state=int(rng.integers(2**31))).fit(data.X, data.y)


def sides(members=MEMBERS, nonmembers=NONMEMBERS, shadow=None):
    records = {"members": members, "nonmembers": nonmembers, "shadow": shadow}
    return {side: (data.X, data.y, data.ids) for side, data in records.items() if data is not None}


def audit(cache, shadows=4, trainer=None, *, model=MODEL, **more):
    settings = {"backend": InProcess(), "cache": cache, "shadows": shadows} | more
    return mlleaks.audit(model, trainer=trainer or Trainer(), **(sides() | settings))


def scores(report, attack):
    return dict(zip(report.result.ids.tolist(), report.verdict(attack).scores.tolist(), strict=True))


def test_every_attack_with_reference_models_runs(tmp_path):
    trainer = Trainer()
    report = audit(tmp_path, trainer=trainer, **sides(shadow=SHADOW))
    assert attacks_that_need(ReferenceModels) - attacks_that_need(Variants) <= {
        v.attack for v in report.verdicts
    }
    assert trainer.sizes == [75, 150, 150, 150, 150]  # the shadow model, then models as large as the target
    assert report.result.headline == "combined"
    assert report.result.provenance["settings"]["reference models"] == 4


def test_the_same_audit_again_trains_nothing_and_gives_the_same_numbers(tmp_path):
    first, again, trainer = audit(tmp_path), Trainer(), Trainer()
    second = audit(tmp_path, trainer=again)
    assert again.sizes == []
    for verdict in first.verdicts:
        np.testing.assert_array_equal(verdict.scores, second.verdict(verdict.attack).scores)
    audit(tmp_path, shadows=6, trainer=trainer)
    assert len(trainer.sizes) == 2  # a larger number trains the difference


def test_other_records_or_another_seed_have_models_of_their_own(tmp_path):
    audit(tmp_path)
    other = DIGITS.take(ORDER[600:750])
    for changes in (sides(nonmembers=other), {"seed": 1}):
        trainer = Trainer()
        audit(tmp_path, trainer=trainer, **changes)
        assert len(trainer.sizes) == 4


def test_who_is_a_member_changes_no_score_of_an_attack_with_reference_models(tmp_path):
    """The same records under a permuted membership: all that an attacker may use is the same."""
    report = audit(tmp_path)
    both = DIGITS.take(ORDER[np.random.default_rng(1).permutation(300)])
    swapped = sides(both.take(np.arange(150)), both.take(np.arange(150, 300)))
    trainer = Trainer()
    permuted = audit(tmp_path, trainer=trainer, **swapped)
    assert trainer.sizes == []
    for attack in attacks_that_need(ReferenceModels) - permuted.result.skipped.keys():
        before, after = scores(report, attack), scores(permuted, attack)
        assert before == {record: pytest.approx(value, abs=1e-9) for record, value in after.items()}


def test_offline_models_see_no_audited_record(tmp_path):
    trainer = Trainer()
    report = audit(tmp_path, trainer=trainer, offline=True, **sides(shadow=SHADOW))
    assert trainer.sizes == [75, 75, 75, 75, 75]
    assert "offline: none was trained on audited records" in report.result.skipped["lira"]
    assert {"lira-offline", "class-proxies", "combined"} <= {v.attack for v in report.verdicts}
    assert any(
        "Each reference model was trained on 75 records, the target on 150" in w for w in report.warnings
    )


def test_offline_models_are_not_suspected_because_the_target_leaks(tmp_path):
    """Trained as the target was, on as many records: only what the target memorised sets them apart."""
    shadow = DIGITS.take(ORDER[300:600])
    report = audit(tmp_path, shadows=6, offline=True, **sides(shadow=shadow))
    assert report.verdict("loss").estimates["auc"].low > 0.6
    assert report.result.headline == "combined"
    assert not any("do not answer as the target does" in warning for warning in report.warnings)


def test_offline_models_of_another_algorithm_are_noticed(tmp_path):
    from sklearn.linear_model import LogisticRegression

    shadow = DIGITS.take(ORDER[300:600])
    trainer = LogisticRegression(C=0.001)
    report = audit(tmp_path, shadows=6, offline=True, trainer=trainer, **sides(shadow=shadow))
    assert report.result.headline == "base"


@pytest.mark.parametrize("shadows", [0, 1])
def test_offline_models_that_nobody_trains_are_refused(shadows):
    with pytest.raises(
        InputError, match=f"offline reference models with shadows={shadows}.*shadows=4 or more"
    ):
        prepare_audit(MODEL, **sides(shadow=SHADOW), shadows=shadows, offline=True)


def test_offline_models_want_shadow_records(tmp_path):
    report = audit(tmp_path, offline=True)
    assert "no shadow data" in report.result.skipped["lira-offline"]


def test_fewer_models_run_fewer_attacks(tmp_path):
    report = audit(tmp_path, shadows=2)
    assert "base" in {v.attack for v in report.verdicts}
    assert "pass shadows=4 or more" in report.result.skipped["lira"]


@pytest.mark.parametrize("number", [1, 3])
def test_a_model_that_cannot_be_trained_is_named_and_the_rest_kept(number, tmp_path, monkeypatch):
    monkeypatch.setenv("FAILS_AT", str(number))  # no part of what describes a trainer
    with pytest.raises(ModelError, match=rf"shadow model {number - 1}\): not this one.*5 of 6 models are"):
        audit(tmp_path, 6, Trainer())
    monkeypatch.undo()
    again = Trainer()
    audit(tmp_path, 6, again)
    assert len(again.sizes) == 1


def test_a_trainer_that_always_fails_is_tried_a_few_times_only(tmp_path):
    class Fails(Trainer):
        def __call__(self, data, rng):
            self.sizes.append(len(data))
            raise ValueError("never")

    trainer = Fails()
    with pytest.raises(ModelError, match=r"shadow model 0\): never"):
        audit(tmp_path, 16, trainer)
    assert len(trainer.sizes) == 3


def test_records_that_few_models_saw_are_counted_and_named(tmp_path):
    """A target with few members: models as large as it is see each record seldom."""
    few = MEMBERS.take(np.arange(30))
    report = audit(tmp_path, **sides(few))
    [note] = [warning for warning in report.warnings if "have fewer than 2 reference models" in warning]
    count = int(note.split(" of 180 records")[0])
    assert 90 < count < 180
    assert f"and {count - 5} more)" in note


def test_a_class_that_models_lack_is_named(tmp_path, monkeypatch):
    nine = np.flatnonzero(MEMBERS.y == 9)
    one_nine = sides(
        MEMBERS.take(np.delete(np.arange(150), nine[1:])), NONMEMBERS.take(np.flatnonzero(NONMEMBERS.y != 9))
    )
    report = audit(tmp_path, **one_nine)
    assert any("trained without a whole class (class 9)" in warning for warning in report.warnings)
    monkeypatch.setenv("FAILS_AT", "1")
    with pytest.raises(ModelError) as error:
        audit(tmp_path / "other", trainer=Trainer(), **one_nine)
    lacking = "training set has no record of class 9" in str(error.value)
    monkeypatch.setenv("FAILS_AT", "2")
    with pytest.raises(ModelError) as error:
        audit(tmp_path / "another", trainer=Trainer(), **one_nine)
    assert lacking != ("training set has no record of class 9" in str(error.value))  # one of a pair has it


def test_models_that_answer_otherwise_are_noticed(tmp_path):
    """References of another algorithm: BASE leads, and the report says why."""
    from sklearn.linear_model import LogisticRegression

    report = audit(tmp_path, trainer=LogisticRegression(C=0.001), shadows=6)
    assert report.result.headline == "base"
    assert any("do not answer as the target does" in warning for warning in report.warnings)


@pytest.mark.parametrize("shadows", [-1, 2.5, True, "64", 1_000_000, 10**20])
def test_an_odd_number_of_anything_is_refused(shadows):
    with pytest.raises(InputError, match="shadows="):
        prepare_audit(MODEL, **sides(), shadows=shadows)


def test_a_number_may_come_from_numpy(tmp_path):
    assert audit(tmp_path, shadows=np.int64(2)).result.provenance["settings"]["reference models"] == 2


def test_no_shadow_models_at_all():
    report = mlleaks.audit(MODEL, **sides(shadow=SHADOW), shadows=0)
    assert "shadows=0" in report.result.skipped["adversary-1"]
    assert not any("--shadows 64" in warning for warning in report.warnings)


def test_a_quick_audit_says_what_a_stronger_one_takes():
    report = mlleaks.audit(MODEL, **sides(shadow=SHADOW))
    [advice] = [w for w in report.warnings if "reference models" in w]
    assert "64 of them (" in advice
    assert "--shadows 64" in advice


def test_the_plan_counts_the_models_that_are_missing(tmp_path):
    settings = {"cache": tmp_path, "backend": InProcess()}
    prepared = prepare_audit(MODEL, **sides(), shadows=4, trainer=Trainer(), **settings)
    assert prepared.plan.cost.models == 4
    prepared.run()
    more = prepare_audit(MODEL, **sides(), shadows=8, trainer=Trainer(), **settings)
    assert more.plan.cost.models == 4
    assert more.seconds() > 0


@pytest.mark.parametrize("offline", [False, True])
def test_small_models_that_share_no_record_are_pairs_too(tmp_path, offline):
    """A model's complement tells something of what it was trained on, however few records they have."""
    few = sides(DIGITS.take(ORDER[:40]), DIGITS.take(ORDER[40:300]), DIGITS.take(ORDER[300:600]))
    prepared = prepare_audit(
        MODEL, **few, shadows=5, offline=offline, trainer=Trainer(), cache=tmp_path, backend=InProcess()
    )
    source = prepared.sources[ReferenceModels]
    references = source.collect(ReferenceModels(), prepared.seeds)
    assert references.pairs.tolist() == [0, 0, 1, 1, 2]
    signals = references.further if offline else references.audited
    assert not (signals.trained_on[0] & signals.trained_on[1]).any()
