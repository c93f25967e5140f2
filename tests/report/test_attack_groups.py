"""Attacks by what the attacker has: derived from needs, for many attacks and for runs that never said."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import mlleaks
from mlleaks import attacks
from mlleaks.auditing.evaluating import evaluate
from mlleaks.report.attack_groups import (
    NOTHING,
    PREDICTED_CLASS,
    SHOWN,
    attack_groups,
    attacker_has,
    shown_first,
    skipped_in_words,
)
from mlleaks.report.attack_names import registered
from mlleaks.report.audit import charts
from tests.conformance.test_attacks import FULL
from tests.synthetic import planted

COUNT = 40
WHY = "no reference models: pass shadows=64 (command line: --shadows 64)"


@pytest.fixture(scope="module")
def verdicts():
    """One verdict per registered attack, and perturbed copies until there are `COUNT`."""
    observations, rng = planted(2), np.random.default_rng(0)
    made = [
        evaluate(spec, spec.build(FULL, np.random.default_rng(0)), observations, evidence=FULL)
        for spec in attacks.REGISTRY.values()
    ]
    while len(made) < COUNT:
        first = made[len(made) % len(attacks.REGISTRY)]
        scores = first.scores + 0.1 * np.std(first.scores) * rng.normal(size=len(first.scores))
        made.append(replace(first, attack=f"{first.attack}-{len(made)}", scores=scores))
    return tuple(made)


@pytest.fixture(scope="module")
def report(verdicts):
    observations = planted(2)
    table = {
        "record_id": np.arange(2000),
        "member": observations.member,
        "posteriors": observations.outputs.posteriors,
    }
    small = mlleaks.audit_posteriors(table | {"label": observations.outputs.labels})
    skipped = {f"attack-{i}": WHY for i in range(12)} | {"adversary-1": "no shadow data"}
    return mlleaks.AuditReport(replace(small.result, verdicts=verdicts, skipped=skipped))


def test_a_verdict_says_how_many_models_the_attacker_had(verdicts):
    needs = {v.attack: v.needs for v in verdicts}
    assert needs["lira"] == ("8 reference models", "true classes")
    assert needs["adversary-1"] == ("1 shadow model",)
    assert needs["adversary-3-maximum"] == ()


def test_the_group_is_what_is_hardest_to_come_by(verdicts):
    has = {v.attack: attacker_has(v) for v in verdicts}
    assert has["lira"] == has["rmia"] == "8 reference models"
    assert has["lira-offline"] == "8 reference models (offline)"
    assert has["shokri"] == has["adversary-1"] == "1 shadow model"
    assert (has["gap"], has["adversary-3-maximum"]) == (PREDICTED_CLASS, NOTHING)
    posteriors = replace(verdicts[0], reads="posteriors", needs=("true classes",))
    assert attacker_has(posteriors) == "true classes"
    assert attacker_has(replace(posteriors, needs=("true classes", "3 more"))) == "3 more"


def test_a_run_that_does_not_say_falls_back_on_the_registry(verdicts):
    silent = {v.attack: replace(v, needs=None) for v in verdicts}
    assert attacker_has(silent["adversary-1"]) == "1 shadow model"
    assert attacker_has(silent["adversary-2"]) == NOTHING
    assert attacker_has(replace(silent["adversary-1"], attack="unknown")) == NOTHING


def test_groups_hold_every_verdict_once_and_the_best_first(report):
    groups = attack_groups(report.result)
    assert sorted(v.attack for g in groups for v in g.verdicts) == sorted(v.attack for v in report.verdicts)
    for group in groups:
        aucs = [v.estimates["auc"].value for v in group.verdicts]
        assert aucs == sorted(aucs, reverse=True)
        assert {attacker_has(v) for v in group.verdicts} == {group.attacker_has}
    leaders = [group.best.estimates["auc"].value for group in groups]
    assert leaders == sorted(leaders, reverse=True)
    assert shown_first(report.result) == tuple(group.best for group in groups)


def test_the_attack_of_the_headline_is_shown_also_where_another_has_a_higher_auc(report):
    """The highest AUCs may be of attacks that chance explains."""
    second = next(g for g in attack_groups(report.result) if len(g.verdicts) > 1).verdicts[1]
    blind = np.random.default_rng(0).normal(size=len(second.scores))
    by_chance = tuple(v if v is second else replace(v, scores=blind) for v in report.verdicts)
    changed = mlleaks.AuditReport(replace(report.result, verdicts=by_chance))
    assert changed.best.attack == second.attack
    assert second.attack in {v.attack for v in shown_first(changed.result)}
    assert len(shown_first(changed.result)) == 1 + len(attack_groups(changed.result))
    row = re.search(rf'<tr class="([^"]*)"><td>[^<]*<small>{second.attack}</small>', changed.to_html())
    assert row[1].split() == ["best"]


def test_few_attacks_are_all_shown(report):
    few = replace(report.result, verdicts=report.verdicts[:SHOWN])
    assert shown_first(few) == few.verdicts


def test_skipped_attacks_are_named_by_reason(report):
    many, one = skipped_in_words(report.result.skipped, most=2)
    assert many == f"12 attacks were skipped: {WHY} (attack-0, attack-1 and 10 more)"
    assert one == "adversary-1 (one shadow model) was skipped: no shadow data"


def test_the_page_of_many_attacks_has_them_all_and_stays_small(report):
    page = report.to_html()
    assert len(page.encode()) < 2e6
    for v in report.verdicts:
        assert f"<small>{v.attack}</small>" in page
        assert f'id="chart-scores-{v.attack}"' in page
    for group in attack_groups(report.result):
        assert f"The attacker has {group.attacker_has}" in page
    assert len(re.findall('<tr class="leader', page)) == len(attack_groups(report.result))
    assert all(name in page for name in report.result.skipped)


def test_the_curves_of_many_attacks_are_colored_or_grey(report):
    """More rows than Altair takes by default, and each attack in one of two layers."""
    spec = charts.specs(report.result)["roc"]
    assert spec == charts.roc_chart(report.result).to_dict(validate=True)
    names = {key: {row["attack"] for row in spec["datasets"][key]} for key in ("curves", "grey")}
    assert len(names["curves"]) == len(attack_groups(report.result))
    assert sum(map(len, names.values())) == len(report.verdicts)


def test_steps_without_their_flat_parts_are_the_same_curve(report):
    for verdict in report.verdicts:
        curve = charts._steps(verdict, report.result)
        assert (np.diff(curve["fpr"]) > 0).all()
        assert (np.diff(curve["tpr"].iloc[:-1]) > 0).all()
        assert (curve["fpr"].iloc[-1], curve["tpr"].iloc[-1]) == (1, 1)


def test_the_words_count_all_attacks(verdicts, report):
    rng = np.random.default_rng(1)
    clean = planted(0)
    made = []
    for verdict in verdicts:
        chance = rng.normal(size=len(clean))
        spec = attacks.REGISTRY["adversary-3-maximum"]
        attack = type("Fixed", (), {"threshold": float("nan"), "score": lambda _, o, chance=chance: chance})()
        made.append(replace(evaluate(spec, attack, clean), attack=verdict.attack))
    result = replace(report.result, verdicts=tuple(made), member=clean.member, target={})
    assert f"None of the {COUNT} attacks does better" in " ".join(mlleaks.AuditReport(result).sentences)


def test_plain_names_are_whole_and_different():
    names = [registered(name) for name in attacks.REGISTRY]
    assert len(set(names)) == len(names)
    for name in names:
        assert name.count("(") == name.count(")") == 1
        assert len(name) <= 70


def test_the_terminal_shows_the_best_of_each_group(report, capsys):
    from mlleaks.cli.console import show

    show(report, None)
    out = " ".join(capsys.readouterr().out.split())
    groups = attack_groups(report.result)
    for group in groups:
        rest = f" (best of {len(group.verdicts)})" if len(group.verdicts) > 1 else ""
        assert f"{group.attacker_has}{rest}" in out
        assert group.best.attack in out
    assert f"All {COUNT} attacks are in the report." in out
    assert "12 attacks were skipped: no reference models" in out
    best, named, skipped = len(groups), 1, 1  # no other attacks are on the screen
    assert len([v for v in report.verdicts if f" {v.attack} (" in out]) <= best + named + skipped
