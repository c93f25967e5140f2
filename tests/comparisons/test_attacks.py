"""Attacks side by side: the same targets for all, nested reference models, nothing computed twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Need, Population, Records, ReferenceModels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.auditing.collecting import collect
from mlleaks.auditing.planning import plan_attacks
from mlleaks.comparisons import attack_rows, attacks
from mlleaks.comparisons.attack_rows import score, uses_references
from mlleaks.comparisons.attacked_models import train_models
from mlleaks.comparisons.attacks import compare_attacks
from mlleaks.data.protocol import protocol_split
from mlleaks.models import SklearnTrainer
from mlleaks.results.attack_comparison import METRICS
from mlleaks.shadows import InProcess

SETTINGS = {"models": [1, 2, 4], "targets": 2, "largest_part": 200, "backend": InProcess()}


def forest():
    return RandomForestClassifier(10, random_state=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def digits():
    return mlleaks.load_dataset("digits")


@pytest.fixture(scope="module")
def comparison(digits, folder):
    return compare_attacks(digits, forest(), **SETTINGS, folder=folder)


@pytest.fixture(scope="module")
def models(digits, folder):
    split = protocol_split(digits, 0, largest_part=200, queries=1000)
    return train_models(
        split, SklearnTrainer(forest()), count=6, folder=folder / "answers", backend=InProcess()
    )


@pytest.mark.slow
def test_every_attack_is_run_on_every_target_with_every_number_of_models(comparison):
    numbers = comparison.rows.groupby("attack")["models"].apply(lambda column: sorted(set(column))).to_dict()
    for name, spec in REGISTRY.items():
        if name in comparison.skipped:
            assert name not in numbers
        elif not uses_references(spec):
            assert numbers[name] == [int(spec.learns_from_shadows)]
        else:
            [need] = [need for need in spec.needs if isinstance(need, ReferenceModels)]
            assert numbers[name] == [n for n in (2, 4) if n >= need.count]
    assert {"gap", "adversary-1", "lira", "rmia", "base", "combined"} <= set(numbers)
    sizes = comparison.rows.groupby(["attack", "models"]).size()
    assert set(sizes) == {2}
    assert set(comparison.rows["target"]) == {0, 1}


@pytest.mark.slow
def test_a_row_has_figures_with_intervals_and_costs(comparison):
    rows = comparison.rows
    for metric in ("auc", "tpr@1%fpr"):
        assert (rows[f"{metric}_low"] <= rows[metric]).all()
        assert (rows[metric] <= rows[f"{metric}_high"]).all()
    assert rows["tpr@0.1%fpr"].isna().all()  # 200 non-members cannot measure it
    assert (rows["seconds"] > 0).all()
    queries = rows.set_index("attack")["queries"]
    assert set(queries["adversary-3-maximum"]) == {1000}
    assert set(queries["rmia"]) == {400}  # the population: both shadow parts
    assert set(queries["lira"]) == {0}


@pytest.mark.slow
def test_reference_models_find_what_a_plain_shadow_does_not(comparison):
    """A forest of 200 records knows them: reference models show which."""
    auc = comparison.to_frame().set_index(["attack", "models"])["auc"]
    assert auc["rmia", 4] > auc["adversary-1", 1] + 0.05


def test_targets_come_from_different_pairs_first(models):
    assert models.target_order() == [1, 3, 5, 2, 4, 6]


def test_members_are_what_a_model_was_trained_on_and_pairs_share_none(models):
    size = models.split.size
    first, second = models.observe(1), models.observe(2)
    assert (first.member == ~second.member).all()
    assert first.member.sum() == size
    assert (models.plan.mask(1)[: 2 * size] == first.member).all()
    shadow = models.plan.mask(0)
    assert shadow[2 * size : 3 * size].all()
    assert shadow.sum() == size


@pytest.mark.parametrize("target", range(1, 7))
def test_reference_models_are_nested_and_never_the_targets_pair(models, target):
    own = {target, target + 1 if target % 2 else target - 1}
    two, four = models.references_of(target, 2), models.references_of(target, 4)
    assert four[:2].tolist() == two.tolist()
    assert not own & set(four.tolist())
    for count in (2, 4):
        references = models.sources(target, count)[ReferenceModels].collect(None, None)
        trained_on = references.audited.trained_on
        assert (trained_on.sum(axis=0) == count // 2).all()  # every record in half of them
        assert not references.further.trained_on.any()
        assert len(set(references.pairs.tolist())) == count // 2
        member = models.observe(target).member
        assert all(abs(np.corrcoef(mask, member)[0, 1]) < 0.2 for mask in trained_on)


def test_signals_are_the_models_answers(models):
    references = models.sources(1, 2)[ReferenceModels].collect(None, None)
    model, size = models.references_of(1, 2)[0], models.split.size
    p = models.stored.answers(model)[: 2 * size].astype(float)
    true = p[np.arange(2 * size), models.split.labels(0)]
    inside = (true > 1e-6) & (true < 1 - 1e-6)
    assert inside.sum() > 100
    expected = np.log(true[inside] / (1 - true[inside]))
    np.testing.assert_allclose(references.audited.values[0][inside], expected, rtol=1e-4, atol=1e-4)


def test_the_population_and_the_records_have_the_same_ids(models):
    sources = models.sources(1, 2)
    population, records = (sources[kind].collect(None, None) for kind in (Population, Records))
    rows = pd.Index(records.ids).get_indexer(pd.Index(population.ids))
    assert (rows >= 2 * models.split.size).all()
    assert (records.y[rows] == population.labels).all()


@pytest.mark.slow
def test_membership_changes_no_score(models):
    sources, seeds = models.sources(1, 4), models.seeds_of(1)
    plan = plan_attacks(REGISTRY.values(), sources)
    assert {spec.name for spec in plan.attacks} >= {"combined", "gap", "shokri"}
    target = models.observe(1)
    permuted = replace(target, member=np.random.default_rng(0).permutation(target.member))
    assert (permuted.member != target.member).any()
    for spec in plan.attacks:
        scores = [
            score(spec, collect(plan, sources, seeds), observations.outputs, seeds)[0]
            for observations in (target, permuted)
        ]
        np.testing.assert_array_equal(*scores)


@pytest.mark.slow
def test_the_same_again_trains_and_computes_nothing(comparison, digits, folder, monkeypatch):
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    monkeypatch.setattr(attack_rows, "score", lambda *_: pytest.fail("an attack was built again"))
    monkeypatch.setattr("mlleaks.shadows.engine._trained", lambda *_: pytest.fail("a model was trained"))
    again = compare_attacks(digits, forest(), **SETTINGS, folder=folder)
    pd.testing.assert_frame_equal(again.rows, comparison.rows)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == files


class Killed(BaseException):
    pass


def test_a_killed_run_goes_on(digits, tmp_path, monkeypatch):
    tree = DecisionTreeClassifier(max_depth=6, random_state=0)
    settings = SETTINGS | {"attacks": ["base", "gap"], "folder": tmp_path}
    computed, original = [], attack_rows.score

    def counting(spec, *rest):
        if len(computed) == 3:
            raise Killed
        computed.append(spec.name)
        return original(spec, *rest)

    monkeypatch.setattr(attack_rows, "score", counting)
    with pytest.raises(Killed):
        compare_attacks(digits, tree, **settings)
    assert computed == ["gap", "base", "base"]
    trained = sorted((tmp_path / "answers").glob("*.npy"))
    first, computed[:] = computed.copy(), []
    whole = compare_attacks(digits, tree, **settings)
    assert computed + first == ["gap", "base", "base"] * 2
    assert sorted((tmp_path / "answers").glob("*.npy")) == trained
    monkeypatch.setattr(attack_rows, "score", original)
    fresh = compare_attacks(digits, tree, **settings | {"folder": None})
    drop = ["seconds"]
    pd.testing.assert_frame_equal(fresh.rows.drop(columns=drop), whole.rows.drop(columns=drop))


def test_more_reference_models_train_the_difference_alone(digits, tmp_path):
    tree = DecisionTreeClassifier(max_depth=6, random_state=0)
    settings = SETTINGS | {"attacks": ["base"], "folder": tmp_path}
    compare_attacks(digits, tree, **settings | {"models": [2]})
    before = set((tmp_path / "answers").glob("*.npy"))
    compare_attacks(digits, tree, **settings | {"models": [2, 6]})
    after = set((tmp_path / "answers").glob("*.npy"))
    assert (len(before), len(after)) == (5, 9)
    assert before < after


@pytest.mark.slow
def test_changed_attack_code_does_not_meet_old_rows(comparison, digits, folder, monkeypatch):
    original = attack_rows.key_of

    def edited(modules, *inputs):
        return (
            original(modules, "edited", *inputs)
            if "mlleaks.attacks.gap" in modules
            else original(modules, *inputs)
        )

    computed, real = [], attack_rows.score
    monkeypatch.setattr(attack_rows, "key_of", edited)
    monkeypatch.setattr(
        attack_rows, "score", lambda spec, *rest: computed.append(spec.name) or real(spec, *rest)
    )
    compare_attacks(digits, forest(), **SETTINGS, folder=folder)
    assert computed == ["gap", "gap"]


class Unheard(Need):
    def __str__(self):
        return "answers of the live target to variants"


def test_an_attack_that_needs_the_live_target_is_skipped_and_named(digits, monkeypatch):
    live = AttackSpec(
        "live", "Live: asks the target", "here", (Unheard(),), lambda evidence, rng: pytest.fail("built")
    )
    registry = SimpleNamespace(values=lambda: [live, REGISTRY["gap"]])
    monkeypatch.setattr(attacks.attack_registry, "REGISTRY", registry)
    report = compare_attacks(digits, DecisionTreeClassifier(max_depth=4), **SETTINGS)
    assert report.skipped == {"live": "no answers of the live target to variants"}
    assert set(report.rows["attack"]) == {"gap"}
    assert isinstance(report.attacks, Mapping)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"models": [3]}, "3 reference models; expected 1 for one shadow model, or even numbers"),
        ({"models": []}, "no number of models"),
        ({"models": [0]}, "0 reference models"),
        ({"targets": 0}, "0 targets; expected a whole number from 1 on"),
        ({"seeds": True}, "True seeds"),
        ({"largest_part": 0}, "0 records in a part"),
        ({"largest_part": 10}, "10 records in each of the four parts"),
        ({"attacks": ["lyra"]}, "the attack 'lyra'; expected one of"),
        ({"attacks": []}, "no attack"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(digits, tmp_path, changed, message):
    with pytest.raises(mlleaks.InputError, match=message):
        compare_attacks(digits, DecisionTreeClassifier(), **SETTINGS | {"folder": tmp_path} | changed)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_metrics_are_all_in_the_table(comparison):
    frame = comparison.to_frame()
    assert {name for metric in METRICS for name in (metric, f"{metric}_low", f"{metric}_high")} <= set(frame)
    assert not frame.duplicated(["attack", "models"]).any()
    names = list(dict.fromkeys(frame["attack"]))
    assert names == [name for name in REGISTRY if name in names]
