"""Is the comparison fair? The headline says it where the sides differ much, a note where a little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.errors import InputError
from mlleaks.report.audit.fairness import MASKED, SHIFTED, UNFAIR, fairness_sentences
from mlleaks.results import conditions, runs
from mlleaks.results.blind_check import BlindCheck
from mlleaks.results.decision import beats_chance
from mlleaks.results.duplicates import Duplicates
from mlleaks.stats.estimate import Estimate
from tests.synthetic import planted

RNG = np.random.default_rng(0)


def records(n, shift=0.0):
    X = RNG.normal(size=(n, 6))
    y = (X[:, 0] + 0.5 * RNG.normal(size=n) > 0).astype(int)
    X[:, 1] += shift
    return X, y


@pytest.fixture(scope="module")
def unfair():
    """A model that was trained on neither side; the sides differ in one feature, which it has learned."""
    X, y = records(600)
    y = (X[:, 1] > 0).astype(int)
    model = RandomForestClassifier(40, min_samples_leaf=5, random_state=0).fit(X, y)
    (a, _), (b, _) = records(300, shift=1.5), records(300)
    return mlleaks.audit(model, members=(a, a[:, 1] > 0), nonmembers=(b, b[:, 1] > 0))


@pytest.fixture(scope="module")
def fair():
    X, y = records(600)
    model = RandomForestClassifier(40, random_state=0).fit(X[:300], y[:300])
    return mlleaks.audit(model, members=(X[:300], y[:300]), nonmembers=(X[300:], y[300:]))


def with_check(report, **fields):
    return mlleaks.AuditReport(replace(report.result, blind=BlindCheck(**fields)))


def test_a_shift_without_a_leak_is_not_called_a_leak(unfair):
    assert beats_chance(unfair.result)  # the attacks do distinguish the sides
    assert not unfair.leaks
    assert unfair.outcome == "undecided"
    assert unfair.headline.startswith(UNFAIR)
    assert "against models that saw none of these records" in unfair.headline
    assert unfair.severity == "doubt"
    assert unfair.warnings[0].startswith(SHIFTED)
    assert any("feature 1 (value)" in sentence for sentence in fairness_sentences(unfair.result))
    assert "drawn as the members were" in unfair.warnings[0]
    assert "can tell members from non-members" in unfair.to_html()


def test_how_small_a_leak_would_show_is_said_of_sides_that_differ(unfair):
    [sentence] = [text for text in unfair.sentences if "strongest attacker" in text]
    assert "among records that are alike would be detected" in sentence or "cannot be said" in sentence


def test_a_large_shift_that_no_attack_sees_is_in_the_first_line_and_no_gate_passes(fair):
    """A leak may be hidden in it: attacks that find nothing prove nothing."""
    _, y = records(600)
    constant = type("Constant", (), {"predict_proba": lambda _, X: np.full((len(X), 2), 0.5)})()
    (a, _), (b, _) = records(300, shift=1.5), records(300)
    report = mlleaks.audit(constant, members=(a, y[:300]), nonmembers=(b, y[300:]))
    assert not beats_chance(report.result)
    assert report.headline.startswith(MASKED)
    with pytest.raises(InputError, match="differ by themselves"):
        conditions.parse("leaks").holds(report.result)


def test_swapped_sides_are_no_leak():
    """The model was trained on the non-members: they stand out, at one end of some ranking."""
    outcomes = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(400, 10)), rng.integers(3, size=400)
        model = RandomForestClassifier(30, random_state=seed).fit(X[:200], y[:200])
        report = mlleaks.audit(model, members=(X[200:], y[200:]), nonmembers=(X[:200], y[:200]), seed=seed)
        outcomes.append((report.leaks, report.reversed))
    assert outcomes == [(False, True)] * 4


def test_a_leak_of_a_fair_comparison_keeps_its_words(fair):
    assert fair.headline == "This model leaks: its answers often tell who was in its training set."
    assert not [note for note in fair.warnings if SHIFTED in note]
    assert "Is the comparison fair?" in fair.to_html()
    assert "cannot tell members from non-members" in fair.to_html()


def test_a_small_difference_is_a_note_and_no_headline(fair):
    slight = with_check(fair, auc=Estimate(0.54, 0.51, 0.57, "made"), p_value=0.01)
    assert slight.headline == fair.headline
    assert slight.severity == fair.severity
    assert slight.warnings[0].startswith(SHIFTED)


def test_near_duplicates_and_reasons_are_named(fair):
    pairs = Duplicates(near_across=3, near_examples=(("7", "307"),))
    near = with_check(fair, auc=Estimate(0.5, 0.45, 0.55, "made"), p_value=0.8, duplicates=pairs)
    assert any("3 pairs" in s and "7 and 307" in s for s in fairness_sentences(near.result))
    pair = Duplicates(near_across=1, near_examples=(("7", "307"),))
    one = with_check(fair, auc=Estimate(0.5, 0.45, 0.55, "made"), p_value=0.8, duplicates=pair)
    assert any("A member and a non-member are" in s for s in fairness_sentences(one.result))
    reason = with_check(fair, why_not="3 members")
    assert fairness_sentences(reason.result) == [
        "Whether members and non-members differ by themselves was not checked: 3 members"
    ]


def test_saved_answers_have_no_check():
    observations = planted(1)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "posteriors": observations.outputs.posteriors,
    }
    report = mlleaks.audit_posteriors(table)
    assert fairness_sentences(report.result) == []
    assert "Is the comparison fair?" not in report.to_html()
    with pytest.raises(InputError, match=r"no blind check \(only answers were audited\)"):
        conditions.parse("shift").holds(report.result)


def test_the_condition_shift(fair, unfair):
    condition = conditions.parse(" shift ")
    assert condition.holds(unfair.result)
    assert not condition.holds(fair.result)
    with pytest.raises(InputError, match="no blind check"):
        condition.holds(with_check(fair, why_not="3 members").result)


def test_a_check_is_stored_with_the_run(unfair, fair, tmp_path):
    for name, report in (("unfair", unfair), ("fair", fair)):
        runs.save_run(report.result, tmp_path / name)
        assert runs.load_run(tmp_path / name).blind == report.result.blind


def test_runs_of_earlier_versions_have_none(fair, tmp_path):
    runs.save_run(replace(fair.result, blind=None), tmp_path / "run")
    assert runs.load_run(tmp_path / "run").blind is None
