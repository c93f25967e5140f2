"""The erasure check: a model that still knows deleted records is caught, one that was trained anew is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Evidence, Labels
from mlleaks.auditing.collecting import Saved
from mlleaks.auditing.deleted import evaluate_with_deleted
from mlleaks.auditing.deleted_queries import DeletedQueries
from mlleaks.auditing.evaluating import build_all
from mlleaks.auditing.planning import plan_attacks
from mlleaks.results.deleted import erasure_of
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset
from tests.synthetic import planted

X, Y = load_digits(return_X_y=True)
ORDER = np.random.default_rng(0).permutation(len(X))
MEMBERS, DELETED, NONMEMBERS, SHADOW = (
    (X[rows], Y[rows], rows) for rows in np.split(ORDER[:1600], [500, 700, 1200])
)


def forest(*parts):
    features, classes = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    return RandomForestClassifier(50, random_state=0).fit(features, classes)


def audit(model, **more):
    return mlleaks.audit(model, members=MEMBERS, nonmembers=NONMEMBERS, deleted=DELETED, **more)


@pytest.fixture(scope="module")
def retained():
    return audit(forest(MEMBERS, DELETED))


@pytest.fixture(scope="module")
def erased():
    return audit(forest(MEMBERS))


def test_records_that_the_model_still_knows_are_answered_like_members(retained):
    erasure = retained.result.erasure
    assert erasure.remembered
    best = retained.best.attack
    assert erasure.aucs[best].low > 0.65
    assert abs(erasure.aucs[best].value - retained.result.joint_aucs[best].value) < 0.07
    assert retained.sentences[-1].startswith("Deleted records are not forgotten")


def test_records_that_a_new_model_never_saw_are_not(erased):
    assert erased.leaks
    assert not erased.result.erasure.remembered
    assert erased.result.erasure.aucs[erased.best.attack].high < 0.6
    assert erased.sentences[-1].startswith("Deleted records are answered like non-members")


def test_they_change_no_figure_of_the_audit_and_come_with_their_ids(erased):
    plain = mlleaks.audit(forest(MEMBERS), members=MEMBERS, nonmembers=NONMEMBERS)
    for v in plain.verdicts:
        assert erased.verdict(v.attack).estimates == v.estimates
    assert erased.result.deleted.ids.tolist() == DELETED[2].tolist()
    assert len(erased.result.member) == 1000
    assert erased.result.deleted.blind is not None


@pytest.mark.slow
def test_reference_models_cover_them(tmp_path):
    settings = {"shadow": SHADOW, "shadows": 4, "cache": tmp_path}
    trained_on = {"both": (MEMBERS, DELETED), "new": (MEMBERS,)}
    reports = {who: audit(forest(*parts), **settings) for who, parts in trained_on.items()}
    for attack in ("lira", "combined", "quantile-regression", "rmia", "class-proxies"):
        assert reports["both"].result.erasure.p_values[attack] <= 0.05
        assert len(reports["both"].result.deleted.scores[attack]) == 200
    assert not reports["new"].result.erasure.remembered
    assert reports["new"].result.headline is not None


@pytest.mark.slow
def test_one_erased_model_in_twenty_at_most_is_said_to_remember():
    plan = plan_attacks(REGISTRY.values(), {Labels: Saved(value=True)})
    trials, called = 60, 0
    for seed in range(trials):
        target, more = planted(1.0, n=300, seed=seed), planted(0, n=100, seed=1000 + seed)
        data = Dataset("deleted", more.outputs.posteriors, more.outputs.labels, 5, 300 + np.arange(100))
        queries = DeletedQueries(Echo(), data, True, lambda: None)
        verdicts, deleted = evaluate_with_deleted(
            build_all(plan, EVIDENCE, Seeds(seed)), EVIDENCE, target, queries
        )
        rest = {v.attack: v.scores[~target.member] for v in verdicts}
        called += erasure_of(deleted, rest).remembered
    assert called <= binom.ppf(0.999, trials, 0.05)


EVIDENCE = Evidence({Labels: True})


class Echo:
    """Answers with the record."""

    def predict_proba(self, X):
        return X


def test_they_are_stored_with_the_run(retained, tmp_path):
    loaded = mlleaks.AuditReport.load(retained.save(tmp_path / "run"))
    deleted = retained.result.deleted
    assert loaded.result.deleted.ids.tolist() == deleted.ids.tolist()
    assert (loaded.result.deleted.predicted == deleted.predicted).all()
    assert loaded.result.erasure.aucs == retained.result.erasure.aucs
    assert loaded.result.deleted.blind.auc == deleted.blind.auc
    assert loaded.sentences == retained.sentences
    assert loaded.to_json() == retained.to_json()


def test_images_and_label_only_audits_cover_them():
    small = [(part[0][:40].reshape(-1, 8, 8), part[1][:40]) for part in (MEMBERS, NONMEMBERS, DELETED)]

    class Flat:
        """A forest of rows that is queried about images."""

        inner = RandomForestClassifier(10, random_state=0).fit(small[0][0].reshape(40, -1), small[0][1])
        classes_ = inner.classes_

        def predict(self, X):
            return self.inner.predict(X.reshape(len(X), -1))

    report = mlleaks.audit(Flat(), members=small[0], nonmembers=small[1], deleted=small[2])
    assert len(report.result.deleted.scores["label-augmentation"]) == 40
