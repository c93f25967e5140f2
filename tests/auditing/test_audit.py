"""The walk from end to end: oracles, seeds, what is skipped and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks.attacks import REGISTRY, transfer
from mlleaks.attacks.gap import GapAttack
from mlleaks.attacks.needs import Population
from mlleaks.attacks.per_class import learn_per_class
from mlleaks.attacks.threshold import calibrate
from mlleaks.attacks.top_k import learn
from mlleaks.auditing.collecting import observe_shadow, query_randomly
from mlleaks.data.domains import domain_of
from mlleaks.data.splits import four_way_member_split
from mlleaks.models import SklearnTrainer
from mlleaks.outputs.query import observe
from mlleaks.outputs.signals import maximum, negative_entropy, standard_deviation
from mlleaks.seeds import Seeds
from tests.synthetic import planted, skipped_by_default

X, Y = load_digits(return_X_y=True)
MEMBERS, NONMEMBERS, SHADOW = (X[:450], Y[:450]), (X[450:900], Y[450:900]), (X[900:], Y[900:])


@pytest.fixture(scope="module")
def forest():
    return RandomForestClassifier(50, random_state=0).fit(*MEMBERS)


@pytest.fixture(scope="module")
def report(forest):
    return mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW)


def table(observations, **more):
    columns = {
        "record_id": observations.ids,
        "member": observations.member,
        "posteriors": observations.outputs.posteriors,
    }
    return columns | {"label": observations.outputs.labels} | more


def test_a_planted_leak_is_found():
    report = mlleaks.audit_posteriors(table(planted(2, n=1000)))
    assert report.leaks
    assert report.best.estimates["auc"].low > 0.6


@pytest.mark.slow
def test_clean_models_are_rarely_called_leaking():
    trials = 200
    called = sum(mlleaks.audit_posteriors(table(planted(0, n=400, seed=s))).leaks for s in range(trials))
    assert called <= binom.ppf(0.999, trials, 0.05)


def test_an_overfitted_forest_leaks(report):
    assert report.leaks
    assert {v.attack for v in report.verdicts} == REGISTRY.keys() - skipped_by_default()
    assert report.verdict("adversary-1").estimates["auc"].low > 0.7


def test_a_model_trained_on_none_of_them_does_not_leak():
    unrelated = RandomForestClassifier(50, random_state=0).fit(*SHADOW)
    rng = np.random.default_rng(0).permutation(900)
    a, b = rng[:450], rng[450:]
    report = mlleaks.audit(unrelated, members=(X[a], Y[a]), nonmembers=(X[b], Y[b]))
    assert not report.leaks
    assert report.headline.startswith("No detectable leak: membership raises no attack's AUC to 0.55")


def test_the_same_seed_gives_the_same_numbers(forest, report):
    again = mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW)
    pd.testing.assert_frame_equal(report.to_frame(), again.to_frame())
    pd.testing.assert_frame_equal(report.records(), again.records())
    hashes = {r.result.provenance["inputs_sha256"] for r in (report, again)}
    assert len(hashes) == 1


def test_another_seed_gives_other_numbers_and_another_hash(forest, report):
    other = mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW, seed=1)
    assert other.verdict("adversary-1").estimates["auc"] != report.verdict("adversary-1").estimates["auc"]
    assert other.result.provenance["inputs_sha256"] != report.result.provenance["inputs_sha256"]


def test_leaving_the_shadow_out_changes_no_other_attack(forest, report):
    without = mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS)
    why = "no shadow data: pass shadow=(X, y) (command line: --shadow FILE)"
    assert {without.result.skipped[name] for name in ("adversary-1", "shokri")} == {why}
    names = [v.attack for v in without.verdicts]
    columns = ["auc", "auc_low", "auc_high", "p_value"]
    pd.testing.assert_frame_equal(
        without.to_frame().loc[names, columns], report.to_frame().loc[names, columns]
    )


def test_without_labels_the_gap_attack_is_skipped(forest):
    report = mlleaks.audit(forest, members=MEMBERS[0], nonmembers=NONMEMBERS[0])
    assert "no true classes" in report.result.skipped["gap"]
    assert (
        "no shadow data: pass shadow=(X, y) (command line: --shadow FILE); no true classes"
        in (report.result.skipped["shokri"])
    )
    assert report.result.target == {}
    assert "training records" not in " ".join(report.sentences)


def test_a_tree_leaks_though_its_posteriors_are_blind():
    report = mlleaks.audit_trainer(mlleaks.load_dataset("digits"), DecisionTreeClassifier())
    assert report.verdict("adversary-3-maximum").estimates["auc"].value == 0.5
    assert report.verdict("gap").estimates["auc"].value > 0.55
    without_labels = [v for v in report.verdicts if not v.uses_labels]
    assert max(v.estimates["auc"].value for v in without_labels) < 0.55
    assert any("precision is undefined" in warning for warning in report.warnings)


def test_a_model_that_scikit_learn_cannot_clone_gets_the_papers_network(forest):
    class Wrapped:
        def predict_proba(self, records):
            return forest.predict_proba(records)

    report = mlleaks.audit(Wrapped(), members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW)
    assert report.result.provenance["settings"]["shadow trainer"].startswith("MLPTrainer(epochs=50")


def test_without_torch_such_a_model_leaves_adversary_1_out(forest, monkeypatch):
    class Wrapped:
        def predict_proba(self, records):
            return forest.predict_proba(records)

    monkeypatch.setattr("mlleaks.models.resolve.find_spec", lambda name: None)
    report = mlleaks.audit(Wrapped(), members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW)
    assert "pip install 'mlleaks[torch]'" in report.result.skipped["adversary-1"]


def test_the_trainer_can_be_chosen(forest):
    report = mlleaks.audit(
        forest,
        members=MEMBERS,
        nonmembers=NONMEMBERS,
        shadow=SHADOW,
        trainer=LogisticRegression(max_iter=2000),
    )
    assert "LogisticRegression" in report.result.provenance["settings"]["shadow trainer"]


def test_logits_are_understood(forest):
    class Logits:
        def predict_proba(self, records):
            return np.log(forest.predict_proba(records) + 1e-6)

    with pytest.raises(mlleaks.InputError, match="from_logits=True"):
        mlleaks.audit(Logits(), members=MEMBERS, nonmembers=NONMEMBERS)
    report = mlleaks.audit(Logits(), members=MEMBERS, nonmembers=NONMEMBERS, from_logits=True)
    assert report.verdict("adversary-3-maximum").estimates["auc"].low > 0.7


def test_ids_follow_the_records(forest):
    ids = np.array([f"patient {i}" for i in range(450)])
    report = mlleaks.audit(forest, members=(*MEMBERS, ids), nonmembers=NONMEMBERS)
    records = report.records().set_index("record_id")
    p = forest.predict_proba(MEMBERS[0][[7]]).max()
    assert records.loc["patient 7", "adversary-3-maximum"] == pytest.approx(p)
    assert records.loc["nonmembers[3]", "member"] == np.False_


def test_saved_posteriors_give_what_the_model_gives(forest, report):
    result = report.result
    rows = pd.DataFrame(forest.predict_proba(np.concatenate([MEMBERS[0], NONMEMBERS[0]])))
    rows.columns = [f"p_{i}" for i in range(10)]
    rows = rows.assign(record_id=result.ids, member=result.member, label=result.labels)
    shuffled = rows.sample(frac=1, random_state=0)
    saved = mlleaks.audit_posteriors(shuffled)
    for attack in ("adversary-3-maximum", "gap"):
        assert saved.verdict(attack).estimates["auc"] == report.verdict(attack).estimates["auc"]
    assert np.isnan(saved.verdict("adversary-3-maximum").estimates["precision"].value)


def test_saved_shadow_answers_train_adversary_1():
    target, shadow = planted(2, n=600, seed=1), planted(2, n=600, seed=2)
    both = {
        key: np.concatenate([a, b])
        for (key, a), b in zip(table(target).items(), table(shadow).values(), strict=True)
    }
    both |= {"model_id": np.repeat(["target", "shadow"], 600), "record_id": np.arange(1200)}
    queries = {"posteriors": planted(0, n=100).outputs.posteriors}
    report = mlleaks.audit_posteriors(both, random_queries=queries)
    assert report.result.skipped.keys() == skipped_by_default(Population)
    assert report.verdict("adversary-1").estimates["auc"].low > 0.6
    assert report.verdict("adversary-3-maximum").estimates["recall"].value > 0


@pytest.mark.slow
def test_the_attacks_one_by_one_are_those_of_the_audit():
    trainer = SklearnTrainer(RandomForestClassifier(30))
    seeds = Seeds(4)
    report = mlleaks.audit_trainer(mlleaks.load_dataset("digits"), trainer, seed=4)
    target, shadow = four_way_member_split(mlleaks.load_dataset("digits"), seeds.stream("split"))
    model = trainer(target.members, seeds.stream("target"))
    outputs = observe(model, target).outputs
    domain = domain_of(*(part.X for split in (target, shadow) for part in (split.members, split.nonmembers)))
    observed = observe_shadow(shadow, trainer, seeds.stream("shadow"))
    queries = query_randomly(model, domain, seeds.stream("noise"))
    attacks = {
        "adversary-1": learn(observed, seeds.stream("attack adversary-1")),
        "adversary-2": transfer.pretrained(),
        "adversary-3-maximum": calibrate(queries, maximum),
        "adversary-3-std": calibrate(queries, standard_deviation),
        "adversary-3-entropy": calibrate(queries, negative_entropy),
        "gap": GapAttack(),
        "shokri": learn_per_class(observed, seeds.stream("attack shokri")),
    }
    assert attacks.keys() <= {v.attack for v in report.verdicts}
    for name, attack in attacks.items():
        np.testing.assert_allclose(attack.score(outputs), report.verdict(name).scores)
        assert attack.threshold == pytest.approx(report.verdict(name).threshold)


def test_a_shadow_trainer_of_its_own(forest):
    data = mlleaks.load_dataset("digits")
    report = mlleaks.audit_trainer(data, DecisionTreeClassifier(), shadow_trainer=RandomForestClassifier(10))
    assert report.result.provenance["settings"]["shadow trainer"].startswith("RandomForestClassifier(")


@pytest.mark.slow
def test_functions_as_trainers_leave_the_same_hash():
    def train(data, rng):
        return RandomForestClassifier(5, random_state=0).fit(data.X, data.y)

    data = mlleaks.load_dataset("digits")
    first, again = (mlleaks.audit_trainer(data, train).result.provenance for _ in range(2))
    assert first["inputs_sha256"] == again["inputs_sha256"]


@pytest.mark.slow
def test_a_shadow_given_twice_is_used_once(forest):
    twice = tuple(np.concatenate([part, part]) for part in SHADOW)
    once = mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS, shadow=SHADOW)
    doubled = mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS, shadow=twice)
    assert any("repeat another" in note for note in doubled.warnings)
    pd.testing.assert_frame_equal(once.to_frame(), doubled.to_frame())


def test_ids_on_both_sides_are_disambiguated(forest):
    numbers = np.arange(450)
    report = mlleaks.audit(forest, members=(*MEMBERS, numbers), nonmembers=(*NONMEMBERS, numbers))
    assert report.records()["record_id"].is_unique
    with pytest.raises(mlleaks.InputError, match="449 ids that stand more than once among the members"):
        mlleaks.audit(forest, members=(*MEMBERS, numbers * 0), nonmembers=NONMEMBERS)


def test_members_given_again_with_other_classes_are_named(forest):
    report = mlleaks.audit(forest, members=MEMBERS, nonmembers=(MEMBERS[0], (MEMBERS[1] + 1) % 10))
    assert any("450 non-members have the features of a member" in note for note in report.warnings)


def test_too_few_records_for_four_parts_are_refused():
    few = mlleaks.load_dataset("digits").take(np.arange(70))
    with pytest.raises(mlleaks.InputError, match="17 records in each of the four parts"):
        mlleaks.audit_trainer(few, DecisionTreeClassifier())


def test_what_is_no_model_is_refused():
    with pytest.raises(mlleaks.ModelError, match="the class RandomForestClassifier as the model"):
        mlleaks.audit(RandomForestClassifier, members=MEMBERS, nonmembers=NONMEMBERS)
    with pytest.raises(mlleaks.ModelError, match="got object as the model"):
        mlleaks.audit(object(), members=MEMBERS, nonmembers=NONMEMBERS)


def test_posteriors_are_no_logits(forest):
    with pytest.raises(mlleaks.InputError, match="posteriors already"):
        mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS, from_logits=True)


def test_a_negative_seed_is_refused(forest):
    with pytest.raises(mlleaks.InputError, match="seed -1"):
        mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS, seed=-1)


def test_the_domain_can_be_given(forest):
    sizes = []

    def zeros(n, rng):
        sizes.append(n)
        return np.zeros((n, 64))

    mlleaks.audit(forest, members=MEMBERS, nonmembers=NONMEMBERS, domain=zeros)
    assert sizes == [1000]
