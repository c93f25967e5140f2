"""How much two models' answers are alike: closed forms, limits, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from mlleaks import InputError
from mlleaks.outputs.resemblance import resemblance
from mlleaks.types import Outputs

X, Y = load_digits(return_X_y=True)


def answers(n=200, k=3, seed=0, labels=True):
    rng = np.random.default_rng(seed)
    return Outputs(rng.dirichlet(np.ones(k), n), rng.integers(k, size=n) if labels else None)


def test_a_model_is_exactly_like_itself():
    own = answers()
    assert resemblance(own, own).total == 1
    assert resemblance(answers(labels=False), answers(labels=False)).total == 1


def test_the_order_of_the_models_and_of_the_records_does_not_matter():
    target, labels = answers(seed=1), answers(seed=1).labels
    candidate = replace(answers(seed=2), labels=labels)
    order = np.random.default_rng(3).permutation(len(labels))
    both = resemblance(target, candidate), resemblance(candidate, target)
    assert both[0].total == pytest.approx(both[1].total, abs=1e-12)
    shuffled = resemblance(target.take(order), candidate.take(order))
    assert shuffled.total == pytest.approx(both[0].total, abs=1e-12)


def test_the_opposite_answers_have_nothing_in_common_but_their_form():
    """Each part by hand: no class agrees, all right against all wrong, one confidence, both saturated."""
    right = Outputs(np.eye(2)[[0, 1]], np.array([0, 1]))
    wrong = Outputs(np.eye(2)[[1, 0]], np.array([0, 1]))
    likeness = resemblance(right, wrong)
    assert (likeness.agreement, likeness.accuracies) == (0, (1, 0))
    assert (likeness.confidence_distance, likeness.truth_distance) == (0, 1)
    assert likeness.saturations == (1, 1)
    assert likeness.total == pytest.approx(2 / 5)


def test_without_labels_only_what_the_answers_say_counts():
    likeness = resemblance(answers(labels=False), answers(seed=1, labels=False))
    assert likeness.accuracies is None
    assert likeness.truth_distance is None
    parts = likeness.agreement, 1 - likeness.confidence_distance, 1
    assert likeness.total == pytest.approx(np.mean(parts))


def test_the_distance_is_that_of_the_two_empirical_distributions():
    p = np.array([0.6, 0.7, 0.8, 0.9])
    target = Outputs(np.column_stack([p, 1 - p]))
    q = np.array([0.65, 0.95, 0.96, 0.97])
    candidate = Outputs(np.column_stack([q, 1 - q]))
    assert resemblance(target, candidate).confidence_distance == 0.75  # at 0.9: 4 of 4 against 1 of 4


def test_the_same_algorithm_is_more_alike_than_another():
    """Two forests on different records, against a linear model and a tree."""
    forests = [RandomForestClassifier(50, random_state=i).fit(X[s], Y[s]) for i, s in enumerate(HALVES)]
    estimators = [LogisticRegression(max_iter=2000), DecisionTreeClassifier(random_state=0)]
    fitted = [estimator.fit(X[HALVES[1]], Y[HALVES[1]]) for estimator in estimators]
    own, twin, *rest = (Outputs(m.predict_proba(X[1200:]), Y[1200:]) for m in (*forests, *fitted))
    assert resemblance(own, twin).total > max(resemblance(own, other).total for other in rest) + 0.1


HALVES = (slice(0, 600), slice(600, 1200))


@pytest.mark.parametrize(
    "candidate",
    [answers(199), answers(k=4), answers(seed=1), answers(labels=False)],
    ids=["fewer", "wider", "other labels", "no labels"],
)
def test_answers_to_other_records_are_refused(candidate):
    with pytest.raises(InputError, match="same records"):
        resemblance(answers(), candidate)


def test_no_answers_and_other_ids_are_refused():
    nothing = Outputs(np.empty((0, 3)))
    with pytest.raises(InputError, match="one or more"):
        resemblance(nothing, nothing)
    a, b = (replace(answers(), ids=np.arange(200) + i) for i in (0, 1))
    with pytest.raises(InputError, match="different records"):
        resemblance(a, b)
