"""What attacks find against models that saw none of the records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.auditing import placebo_models
from mlleaks.results import runs
from mlleaks.results.decision import UNDECIDED, differs, leaks
from mlleaks.results.placebo import Placebo
from mlleaks.shadows import InProcess
from mlleaks.stats.estimate import Estimate
from tests.synthetic import planted_references

TREES = {"n_estimators": 15, "min_samples_leaf": 2}


def records(seed, n=300, shift=0.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8))
    X[:, 0] += shift
    return X, (X[:, 1] + X[:, 0] * X[:, 2] + 0.5 * rng.normal(size=n) > 0).astype(int)


def audited(trained, members, nonmembers, **more):
    model = RandomForestClassifier(random_state=0, **TREES).fit(*trained)
    return mlleaks.audit(model, members=members, nonmembers=nonmembers, **more)


@pytest.fixture(scope="module")
def leak_under_a_shift():
    members = records(0, shift=1.5)
    return audited(members, members, records(1))


@pytest.fixture(scope="module")
def one_audit():
    X, y = records(5, 600)
    sides = {"members": (X[:300], y[:300]), "nonmembers": (X[300:], y[300:])}
    return audited(sides["members"], **sides).result


def test_a_shift_without_a_leak_is_undecided():
    """The target was trained on other records that are like the members."""
    report = audited(records(2, shift=1.5), records(0, shift=1.5), records(1))
    assert differs(report.result)
    assert report.result.placebo.weighted
    assert not report.leaks
    assert report.outcome == UNDECIDED


def test_a_leak_under_a_shift_is_one(leak_under_a_shift):
    report = leak_under_a_shift
    assert report.leaks
    assert report.headline.startswith(
        "Members and non-members differ by themselves. The best attack's AUC is"
    )
    assert " Beyond that: this model leaks" in report.headline
    assert "contain that, too" in report.sentences[0]
    loss = report.result.placebo.attacks["loss"]
    assert loss.placebo.value > 0.53
    assert loss.difference.low > 0.05
    page = report.to_html()
    assert "AUC, placebo" in page
    assert "difference among records that are alike" in page


def test_a_fair_comparison_has_a_placebo_that_sees_nothing():
    X, y = records(5, 600)
    sides = {"members": (X[:300], y[:300]), "nonmembers": (X[300:], y[300:])}
    report = audited(sides["members"], **sides)
    assert report.leaks
    assert not report.result.placebo.differs
    assert report.result.placebo.weighted == {}
    assert abs(report.result.placebo.attacks["loss"].placebo.value - 0.5) < 0.08
    assert report.headline.startswith("This model leaks")


def test_a_placebo_shows_leaks_that_chance_hides():
    """Records that are easy to classify are so for both models, and this error cancels in the difference."""
    leaking = {"beyond chance": 0, "beyond the placebo": 0}
    for seed in range(8):
        X, y = records(seed + 10, 800)
        sides = {"members": (X[:400], y[:400]), "nonmembers": (X[400:], y[400:])}
        model = RandomForestClassifier(30, min_samples_leaf=25, max_depth=4, random_state=seed)
        result = mlleaks.audit(model.fit(*sides["members"]), **sides).result
        leaking["beyond chance"] += min(result.p_values.values()) <= 0.05
        leaking["beyond the placebo"] += leaks(result)
    assert leaking["beyond the placebo"] > leaking["beyond chance"]


def sharp(contrasted, p_value):
    """The comparison with a p-value, and a difference that is known better than the AUC."""
    return replace(contrasted, p_value=p_value, difference=Estimate(0.1, 0.09, 0.11, ""))


@pytest.mark.parametrize(
    ("chance", "placebo", "without", "leaking"),
    [
        (0.04, 0.09, 0.9, False),  # half the level, as others have no placebo
        (0.02, 0.09, 0.9, True),
        (0.02, 0.11, 0.9, False),  # a shift that is not shown could explain it
        (0.9, 0.03, 0.9, False),
        (0.9, 0.01, 0.9, True),
        (0.9, 0.9, 0.04, False),
        (0.9, 0.9, 0.02, True),
    ],
)
def test_attacks_with_a_placebo_and_without(one_audit, chance, placebo, without, leaking):
    contrasted = sharp(one_audit.placebo.attacks["loss"], placebo)
    result = replace(one_audit, placebo=Placebo({"loss": contrasted}, {"loss": "models"}))
    result.__dict__["p_values"] = dict.fromkeys(result.p_values, without) | {"loss": chance}
    assert leaks(result) == leaking


@pytest.mark.parametrize(
    ("chance", "placebo", "leaking"), [(0.04, 0.09, True), (0.9, 0.04, True), (0.9, 0.05, False)]
)
def test_attacks_that_all_have_a_placebo(one_audit, chance, placebo, leaking):
    attacks = {
        attack: sharp(c, placebo if attack == "loss" else 0.9)
        for attack, c in one_audit.placebo.attacks.items()
    }
    result = replace(one_audit, placebo=replace(one_audit.placebo, attacks=attacks))
    result.__dict__["p_values"] = dict.fromkeys(result.p_values, 0.9) | {"loss": chance}
    assert leaks(result) == leaking


def test_reference_attacks_have_a_placebo(tmp_path):
    members = records(0, 120)
    report = audited(
        members,
        members,
        records(1, 120),
        shadows=4,
        cache=tmp_path,
        backend=InProcess(),
        shadow=records(5, 80),
    )
    for attack in ("combined", "rmia", "quantile-regression", "adversary-1", "loss"):
        assert "half of the members" in report.result.placebo.sources[attack]


def test_saved_answers_of_reference_models_are_placebos():
    """Sixteen models with a leak of their own, and a target without: each is blind to who is its member."""
    references = planted_references(2.0, n=400, models=16, further=0)
    signals = references.audited
    rng = np.random.default_rng(0)
    member = rng.permutation(400) < 200
    target = rng.normal(size=400)
    rows = [*zip(range(16), signals.trained_on, signals.values, strict=True), (16, member, target)]
    table = {
        "model_id": np.repeat([str(name) for name, _, _ in rows], 400),
        "record_id": np.tile(np.arange(400), 17),
        "member": np.concatenate([own for _, own, _ in rows]),
        "label": np.tile(np.zeros(400, dtype=int), 17),
        "posteriors": two_classes(np.concatenate([values for _, _, values in rows])),
    }
    report = mlleaks.audit_posteriors(table, target="16")
    placebo = report.result.placebo
    assert "reference models" in placebo.sources["lira"]
    assert abs(placebo.attacks["lira"].placebo.value - 0.5) < 0.08
    assert "loss" not in placebo.attacks


def two_classes(logits):
    p = 1 / (1 + np.exp(-logits))
    return np.column_stack([p, 1 - p])


def test_the_smallest_audit_has_a_placebo():
    members = records(0, 20)
    assert "loss" in audited(members, members, records(1, 20)).result.placebo.attacks


def test_too_few_members_are_named():
    """Of one person are all members of a half."""
    rows = np.arange(30)
    members, nonmembers = records(0, 30), records(1, 30)
    groups = (np.where(rows < 25, 0, rows), 100 + rows)
    report = audited(members, members, nonmembers, groups=groups)
    assert "it is trained on half of the members" in report.result.placebo.why_not
    assert "it is trained on half of the members" in report.to_html()


def test_a_placebo_that_takes_too_long_is_not_trained(monkeypatch):
    monkeypatch.setattr(placebo_models, "SECONDS", 0.0)
    monkeypatch.setattr(placebo_models, "SECONDS_IF_DIFFERENT", 0.0)
    members = records(0, 100)
    placebo = audited(members, members, records(1, 100)).result.placebo
    assert "its training would take" in placebo.why_not
    assert placebo.attacks == {}


def test_nothing_is_trained_without_shadows():
    members = records(0, 100)
    placebo = audited(members, members, records(1, 100), shadows=0).result.placebo
    assert "shadows=0" in placebo.why_not


def test_without_classes_there_is_no_placebo():
    members = records(0, 100)
    model = RandomForestClassifier(random_state=0, **TREES).fit(*members)
    report = mlleaks.audit(model, members=members[0], nonmembers=records(1, 100)[0])
    assert "true classes" in report.result.placebo.why_not


def test_a_placebo_whose_training_fails_is_named():
    class Fragile(RandomForestClassifier):
        def fit(self, X, y):
            if len(X) < 100:
                raise ValueError("too few records for me")
            return super().fit(X, y)

    members = records(0, 100)
    model = Fragile(random_state=0, **TREES).fit(*members)
    placebo = mlleaks.audit(model, members=members, nonmembers=records(1, 100)).result.placebo
    assert "too few records for me" in placebo.why_not


def test_a_placebo_is_stored(leak_under_a_shift, tmp_path):
    leak_under_a_shift.save(tmp_path / "run")
    stored = runs.load_run(tmp_path / "run")
    assert stored.placebo == leak_under_a_shift.result.placebo
    assert mlleaks.AuditReport(stored).headline == leak_under_a_shift.headline
