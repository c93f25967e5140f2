"""Bounds on epsilon by canaries: never above the truth, plain where a model memorises, else 0."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import mlleaks
from mlleaks.auditing.preparing import prepare_audit
from mlleaks.data.canary_set import CanarySet
from mlleaks.stats.gaussian_dp import gaussian_epsilon

X, Y = load_digits(return_X_y=True)
ORDER = np.random.default_rng(0).permutation(len(X))
REAL, REST = (X[ORDER[:600]], Y[ORDER[:600]]), (X[ORDER[600:1200]], Y[ORDER[600:1200]])
TRAINING, PLANTED = mlleaks.canaries(REAL, 300, seed=1)


@pytest.fixture(scope="module")
def neighbor():
    return KNeighborsClassifier(1).fit(*TRAINING)


class Noisy:
    """A mechanism of known epsilon: the answer to each canary is its coin with Gaussian noise (mu-GDP)."""

    def __init__(self, planted, mu, seed):
        rng = np.random.default_rng(seed)
        self.logits = dict(zip(map(bytes, planted.X), rng.normal(mu * planted.included, 1), strict=True))
        self.classes = dict(zip(map(bytes, planted.X), planted.y, strict=True))

    def predict_proba(self, X):
        p = expit([self.logits[bytes(row)] for row in X])
        y = np.array([self.classes[bytes(row)] for row in X])
        return np.where(np.arange(2) == y[:, None], p[:, None], 1 - p[:, None])


def coins(n, seed):
    """Return canaries that are nothing but a number, and a class."""
    rng = np.random.default_rng(seed)
    numbers, ids = np.arange(n, dtype=np.int64)[:, None], np.arange(n).astype(str)
    return CanarySet(numbers, rng.integers(2, size=n), ids, rng.random(n) < 0.5)


def bounds(model, planted, **more):
    """Return the two bounds, without the rest of the audit."""
    audit = prepare_audit(model, canaries=planted, **more).canaries.run()
    return [bound.epsilon for bound in audit.bounds]


def test_a_model_that_knows_its_records_by_heart_gives_them_away(neighbor):
    report = mlleaks.audit(neighbor, canaries=PLANTED)
    canaries = report.result.canaries
    first, second = canaries.bounds
    assert first.epsilon > 2
    assert second.epsilon > first.epsilon
    assert canaries.aucs["loss"].value > 0.99
    assert (
        report.headline
        == f"The model gives away canaries: epsilon is at least {np.floor(first.epsilon * 100) / 100:.2f}."
    )
    assert first.attack in ("gap", "loss")
    assert canaries.highest[0] >= first.epsilon


def test_a_deep_tree_gives_them_away_beside_an_ordinary_audit():
    tree = DecisionTreeClassifier(random_state=0).fit(*TRAINING)
    report = mlleaks.audit(tree, members=TRAINING, nonmembers=REST, canaries=PLANTED)
    assert report.result.n_members == 600
    assert report.result.canaries.bounds[0].epsilon > 1
    assert not report.result.canaries.alone
    assert any("canaries among the members" in note for note in report.warnings)


def test_a_model_that_never_saw_them_is_bounded_by_0_in_nearly_all_audits():
    model = LogisticRegression(max_iter=300).fit(X[ORDER[1200:]], Y[ORDER[1200:]])
    trials = 20
    epsilons = [bounds(model, mlleaks.canaries(REAL, 150, seed=seed)[1]) for seed in range(trials)]
    for method in np.array(epsilons).T:
        assert (method > 0).sum() <= binom.ppf(0.999, trials, 0.05)


def test_the_bounds_of_a_gaussian_mechanism_stay_below_its_epsilon():
    mu, trials = 1.5, 40
    truth = gaussian_epsilon(mu, 1e-5)
    epsilons = np.array([bounds(Noisy(p := coins(400, seed), mu, seed), p) for seed in range(trials)])
    assert (epsilons > truth).sum(axis=0).max() <= binom.ppf(0.999, trials, 0.05)
    assert (epsilons.mean(axis=0) > [0.7, 1]).all()


def test_the_attacks_need_nothing_but_the_answers_and_the_figures_are_of_the_seed_alone(neighbor):
    first, second = (mlleaks.audit(neighbor, canaries=PLANTED, seed=3).result.canaries for _ in range(2))
    assert set(first.scores) == {"adversary-2", "gap", "loss"} | {
        f"adversary-3-{s}" for s in ("maximum", "std", "entropy")
    }
    assert first.bounds == second.bounds


def test_delta_and_confidence_count(neighbor):
    usual = bounds(neighbor, PLANTED)
    assert bounds(neighbor, PLANTED, delta=1e-3) < usual
    assert bounds(neighbor, PLANTED, confidence=0.5) > usual
    report = mlleaks.audit(neighbor, canaries=PLANTED, delta=1e-3, confidence=0.9)
    assert {"delta": 1e-3, "confidence": 0.9}.items() <= report.result.provenance["settings"].items()


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"delta": 0.2}, "a smaller delta: at this one no number of canaries"),
        ({"delta": 1.0}, "delta = 1.0"),
        ({"confidence": 1.0}, "level = 1.0"),
        ({"confidence": 1 - 1e-100}, "level = 1.0"),
        ({"shadows": 4}, "shadows=4 with canaries alone"),
        ({"deleted": REST}, "deleted records with canaries alone"),
    ],
)
def test_settings_that_do_not_fit_are_refused(neighbor, more, match):
    with pytest.raises(mlleaks.InputError, match=match):
        mlleaks.audit(neighbor, canaries=PLANTED, **more)


def test_too_few_canaries_say_how_many_it_takes(neighbor):
    few = CanarySet(PLANTED.X[:6], PLANTED.y[:6], PLANTED.ids[:6], PLANTED.included[:6])
    with pytest.raises(
        mlleaks.InputError, match="6 canaries at delta 1e-05 and confidence 0.95; expected at least 8"
    ):
        mlleaks.audit(neighbor, members=REAL, nonmembers=REST, canaries=few)


def test_coins_that_are_not_fair_are_refused(neighbor):
    unfair = CanarySet(PLANTED.X, PLANTED.y, PLANTED.ids, np.arange(300) < 60)
    with pytest.raises(mlleaks.InputError, match="60 members among 225 records|members among .* records"):
        mlleaks.audit(neighbor, canaries=unfair)


def test_a_class_that_the_model_does_not_have_is_refused():
    model = KNeighborsClassifier(1).fit(X[Y < 5], Y[Y < 5])
    with pytest.raises(mlleaks.InputError, match=r"label \d among the (included )?canaries"):
        mlleaks.audit(model, canaries=PLANTED)


def test_a_model_that_answers_a_class_alone_is_bounded_by_the_gap():
    model = LinearSVC(dual=False, C=1e-3).fit(*TRAINING)
    audit = prepare_audit(model, members=REAL, nonmembers=REST, canaries=PLANTED).canaries.run()
    assert audit.aucs["gap"].value == audit.aucs["loss"].value


def test_it_is_stored_with_the_run(neighbor, tmp_path):
    report = mlleaks.audit(neighbor, members=TRAINING, nonmembers=REST, canaries=PLANTED)
    loaded = mlleaks.AuditReport.load(report.save(tmp_path / "run")).result.canaries
    canaries = report.result.canaries
    assert (loaded.bounds, loaded.highest) == (canaries.bounds, canaries.highest)
    assert (loaded.included == PLANTED.included).all()
    assert loaded.ids.tolist() == PLANTED.ids.tolist()
    assert all((loaded.scores[name] == scores).all() for name, scores in canaries.scores.items())
    assert "Canaries: how large epsilon is at least" in (tmp_path / "run" / "report.html").read_text()
