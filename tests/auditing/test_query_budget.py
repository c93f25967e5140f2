"""Audits within a number of queries: never more are sent, and the sample is as the records are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.auditing.query_budget import stratified_rows


class Counting:
    """A model that counts the records that it is asked about."""

    def __init__(self, model):
        self.model, self.classes_, self.sent = model, model.classes_, 0

    def predict_proba(self, X):
        self.sent += len(X)
        return self.model.predict_proba(X)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X, y, RandomForestClassifier(30, random_state=0).fit(X[:600], y[:600])


def audited(digits, most, **more):
    X, y, forest = digits
    model = Counting(forest)
    sides = {"members": (X[:600], y[:600]), "nonmembers": (X[600:1200], y[600:1200])}
    return mlleaks.audit(model, **sides, max_queries=most, **more), model.sent


@pytest.mark.parametrize("most", [110, 400, 1500])
def test_a_budget_is_never_exceeded_and_mostly_used(digits, most):
    report, sent = audited(digits, most)
    assert 0.7 * most <= sent <= most
    [note] = [note for note in report.result.notes if "budget" in note]
    assert f"The budget of {most:,} queries covers a random sample" in note
    members = int(report.result.member.sum())
    assert f"{members} of 600 members" in note
    assert 20 <= members < 600


def test_random_records_are_the_first_to_go(digits):
    report, sent = audited(digits, 2900)
    assert sent == 600 + 600 + 800 + 4  # the records, those asked again, and the form of the answers
    assert not [note for note in report.result.notes if "budget" in note]


def test_a_large_budget_changes_nothing(digits):
    X, y, forest = digits
    sides = {"members": (X[:600], y[:600]), "nonmembers": (X[600:1200], y[600:1200])}
    whole, (within, sent) = mlleaks.audit(forest, **sides), audited(digits, 10_000)
    assert sent < 10_000
    assert whole.verdict("gap").estimates == within.verdict("gap").estimates
    assert len(within.result.member) == 1200


def test_the_sample_is_the_same_for_the_same_seed(digits):
    first, again, other = (audited(digits, 400, seed=seed)[0].result for seed in (0, 0, 1))
    assert first.ids.tolist() == again.ids.tolist()
    assert set(first.ids) != set(other.ids)


def test_a_small_budget_sends_no_random_records(digits):
    report, _ = audited(digits, 400)
    verdict = report.verdict("adversary-3-maximum")
    assert "recall" not in verdict.estimates or np.isnan(verdict.estimates["recall"].value)
    assert verdict.estimates["auc"].value > 0.5


def test_attacks_that_ask_about_changed_records_are_skipped_where_they_cost_too_much(digits):
    report, sent = audited(digits, 500, label_only=True)
    assert 250 <= sent <= 500
    assert "the budget of queries leaves none for changed records" in report.result.skipped["label-noise"]
    assert report.verdict("gap").estimates["auc"].value > 0.5


@pytest.mark.parametrize("most", [0, 30, 79])
def test_a_budget_that_is_too_small_says_how_many_it_takes(digits, most):
    with pytest.raises(mlleaks.InputError, match=r"Allow at least \d+ queries|at least 1"):
        audited(digits, most)


def test_people_are_not_sampled_by_their_rows(digits):
    people = (np.arange(600) // 3, 1000 + np.arange(600) // 3)
    with pytest.raises(mlleaks.InputError, match="a budget of queries and records grouped by person"):
        audited(digits, 400, groups=people)


def test_each_class_has_its_share():
    labels = np.repeat([0, 1, 2], [700, 250, 50])
    counts = np.mean(
        [
            np.bincount(labels[stratified_rows(labels, 1000, 100, np.random.default_rng(s))])
            for s in range(50)
        ],
        axis=0,
    )
    np.testing.assert_allclose(counts, [70, 25, 5], atol=0.5)
    assert stratified_rows(None, 5, 9, np.random.default_rng(0)).tolist() == [0, 1, 2, 3, 4]
