"""Tables with the answers of many models: which are reference models, and what is said about the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import mlleaks
from mlleaks.attacks.needs import ReferenceModels
from tests.synthetic import attacks_that_need

N = 400


def table(models=8, *, gap=2.0, seed=0, member=None):
    """Rows of a target and of models about the same records; each model was trained on half of them."""
    rng = np.random.default_rng(seed)
    labels, level = rng.integers(2, size=N), rng.normal(size=N)
    half = np.stack([rng.permutation(N) % 2 == 0 for _ in range(models // 2 + 1)])
    trained_on = np.stack([half, ~half], axis=1).reshape(-1, N)[1:]
    if member is not None:
        trained_on[1:] = member(trained_on[0], trained_on[1:])
    frames = []
    for number, inside in enumerate(trained_on):
        true = expit(level + gap * inside + rng.normal(size=N))
        first = np.where(labels == 0, true, 1 - true)
        columns = {"record_id": np.arange(N), "member": inside, "label": labels}
        name = "target" if number == 0 else f"model {number}"
        frames.append(pd.DataFrame({**columns, "model_id": name, "p_0": first, "p_1": 1 - first}))
    return pd.concat(frames, ignore_index=True)


def rows_of(frame, model):
    return frame["model_id"] == model


def test_models_about_the_same_records_are_reference_models():
    report = mlleaks.audit_posteriors(table())
    run = {v.attack for v in report.verdicts}
    assert {"lira", "student-t", "combined", "base", "class-proxies"} <= run
    assert report.result.headline == "combined"
    assert report.verdict("lira").estimates["auc"].low > report.verdict("loss").estimates["auc"].value
    assert any(need.startswith("8 reference models") for need in report.verdict("lira").needs)


def test_the_order_of_the_rows_changes_nothing():
    frame = table()
    shuffled = frame.sample(frac=1, random_state=0)
    models = frame["model_id"].unique()
    shuffled = pd.concat([shuffled[rows_of(shuffled, model)] for model in models])
    first, second = (mlleaks.audit_posteriors(f) for f in (frame, shuffled))
    before, after = (
        pd.Series(report.verdict("lira").scores, index=report.result.ids).sort_index()
        for report in (first, second)
    )
    pd.testing.assert_series_equal(before, after)


@pytest.mark.parametrize("turned", [False, True])
def test_models_with_the_targets_own_membership_are_no_references(turned):
    """A copy of the membership would tell who the members are, whatever the models answer."""
    frame = table(gap=0.0, member=lambda target, _: target ^ turned)
    report = mlleaks.audit_posteriors(frame)
    assert attacks_that_need(ReferenceModels) <= report.result.skipped.keys()
    assert any("their membership tells the target's" in warning for warning in report.warnings)
    assert not report.leaks


def test_a_model_that_answered_only_some_records_is_no_reference():
    frame = table()
    report = mlleaks.audit_posteriors(frame.drop(frame.index[rows_of(frame, "model 3")][:5]))
    assert any("1 models answered only some of the audited records" in w for w in report.warnings)
    assert any(need.startswith("7 reference models") for need in report.verdict("lira").needs)


def test_records_with_few_models_on_a_side_are_counted_and_named():
    frame = table()
    frame.loc[(frame["record_id"] == 7) & ~rows_of(frame, "target"), "member"] = True
    report = mlleaks.audit_posteriors(frame)
    [note] = [warning for warning in report.warnings if "have fewer than 2 reference models" in warning]
    assert note.startswith("1 of 400 records")
    assert "(record 7)" in note
    assert np.isfinite(report.verdict("lira").scores).all()


def test_models_that_never_saw_the_records_serve_offline_attacks():
    report = mlleaks.audit_posteriors(table(member=lambda _, rest: np.zeros_like(rest)))
    assert "lira-offline" in {v.attack for v in report.verdicts}
    assert "no reference model was trained on an audited record" in report.result.skipped["lira"]
    assert "was trained on any record" in report.result.skipped["combined"]


def test_without_labels_there_are_no_signals():
    report = mlleaks.audit_posteriors(table().drop(columns="label"))
    assert "label" in report.result.skipped["lira"]


def test_one_model_is_none():
    frame = table()
    frame = frame[frame["model_id"].isin(["target", "model 1"])]
    assert "no reference models" in mlleaks.audit_posteriors(frame).result.skipped["base"]


def balanced(models=8, *, gap=0.0, n=1500, seed=0):
    """Each record is in half of all models, the target included; the target's answers tell nothing."""
    rng = np.random.default_rng(seed)
    trained_on = np.stack([rng.permutation(models) < models // 2 for _ in range(n)], axis=1)
    level, frames = rng.normal(size=n), []
    for number, inside in enumerate(trained_on):
        p = expit(level + (gap if number else 0.0) * inside + rng.normal(size=n))
        name = "target" if number == 0 else f"model {number}"
        columns = {"record_id": np.arange(n), "member": inside, "label": 0, "model_id": name}
        frames.append(pd.DataFrame({**columns, "p_0": p, "p_1": 1 - p}))
    return pd.concat(frames, ignore_index=True)


def test_how_many_models_saw_a_record_does_not_tell_the_targets_members():
    """In a balanced plan one model less was trained on each of the target's members."""
    aucs = {"combined": [], "base": [], "student-t": []}
    for seed in range(3):
        report = mlleaks.audit_posteriors(balanced(gap=3.0 * (seed % 2), seed=seed), target="target")
        assert not report.leaks
        assert any("in the training set of equally many models" in warning for warning in report.warnings)
        for name, values in aucs.items():
            values.append(report.verdict(name).estimates["auc"].value)
    error = np.sqrt(1501 / (12 * 750**2) / 3)
    assert all(abs(np.mean(values) - 0.5) < 5 * error for values in aucs.values())


def test_models_whose_number_goes_with_the_target_are_no_references():
    frame = balanced(16)
    report = mlleaks.audit_posteriors(frame[~rows_of(frame, "model 3")], target="target")
    assert any("their number would tell" in warning for warning in report.warnings)
    assert attacks_that_need(ReferenceModels) <= report.result.skipped.keys()


def test_models_that_saw_every_record_cannot_play_the_target():
    def member(_, rest):
        return np.where(np.arange(len(rest))[:, None] < 7, True, rest)

    report = mlleaks.audit_posteriors(table(member=member))
    assert "trained on some audited records and not on others" in report.result.skipped["combined"]
    assert np.isfinite(report.verdict("base").scores).all()


def test_the_order_of_models_and_records_changes_no_score():
    frame = table()
    first, second = (mlleaks.audit_posteriors(f) for f in (frame, frame.sample(frac=1, random_state=1)))
    for attack in ("student-t", "class-proxies", "base", "combined"):
        before, after = (
            pd.Series(report.verdict(attack).scores, index=report.result.ids).sort_index()
            for report in (first, second)
        )
        pd.testing.assert_series_equal(before, after, check_exact=False, rtol=1e-9)


def test_too_few_models_are_counted():
    report = mlleaks.audit_posteriors(table(2))
    assert report.result.skipped["lira"] == (
        "2 reference models; the attack needs 4: add what more models answer about the same records "
        "(model_id)"
    )


def test_a_reason_stands_once():
    report = mlleaks.audit_posteriors(table().drop(columns="label"))
    assert report.result.skipped["lira"] == "no true classes: add the column 'label'"
