"""Adversary 1 with labels: features by hand, and leaks that posteriors alone do not show."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.attacks.class_means import PRIOR, class_means
from mlleaks.attacks.top_k import learn
from mlleaks.attacks.with_label import LEAST, LabelFeatures, label_features, learn_with_label
from mlleaks.errors import InputError
from mlleaks.outputs.signals import log_odds
from mlleaks.stats import metrics
from mlleaks.types import Observations, Outputs
from tests.attacks.test_class_thresholds import shifted
from tests.synthetic import planted


def auc(attack, target):
    return metrics.auc(target.member, attack.score(target.outputs))


def test_features_are_what_they_say():
    p = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    means = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    odds = np.log(p / (1 - p))[0]
    rows = LabelFeatures(2, means)(p, np.array([2, 0]))
    wrong = [odds[0], odds[1], odds[2], np.log(3), 0, odds[2] - 3, 3, odds[2] - 7, 7]
    right = [odds[0], odds[1], odds[0], 0, 1, odds[0] - 1, 1, odds[0] - 5, 5]
    np.testing.assert_allclose(rows, [wrong, right], atol=1e-12)


def test_means_are_those_of_each_side_and_close_to_all_where_records_are_few():
    shadow = planted(2, n=3000)
    features = label_features(shadow)
    labels = shadow.outputs.labels
    odds = log_odds(shadow.outputs.posteriors, least=LEAST)[np.arange(3000), labels]
    for side, rows in ((0, ~shadow.member), (1, shadow.member)):
        own = odds[rows & (labels == 2)]
        expected = (own.sum() + PRIOR * odds[rows].mean()) / (len(own) + PRIOR)
        assert features.means[side, 2] == pytest.approx(expected)
        assert features.means[side, -1] == pytest.approx(odds[rows].mean())
    assert class_means(np.array([3.0, 5.0]), np.array([1, 1]), n_classes=3)[0] == 4


def test_it_sees_what_depends_on_the_class():
    shadow, target = shifted(1), shifted(2)
    posteriors_only = auc(learn(shadow, np.random.default_rng(0)), target)
    assert auc(learn_with_label(shadow, np.random.default_rng(0)), target) > posteriors_only + 0.05


@pytest.mark.parametrize("classes", [2, 3, 40])
def test_a_target_of_other_classes_is_scored(classes):
    attack = learn_with_label(planted(2, n=600), np.random.default_rng(0))
    assert attack.features.largest == 5
    target = planted(2, n=600, k=classes, seed=3)
    assert auc(attack, target) > 0.6


def test_the_answers_of_a_forest_are_told_from_each_other():
    """Posteriors are shares of ten trees: exactly 0 and 1 among them, for members more often 1."""
    rng = np.random.default_rng(0)

    def observed(n=3000):
        member, labels = rng.random(n) < 0.5, rng.integers(3, size=n)
        votes = rng.binomial(10, np.where(member, 0.95, 0.75))
        p = np.zeros((n, 3))
        p[np.arange(n), labels], p[np.arange(n), (labels + 1) % 3] = votes / 10, 1 - votes / 10
        return Observations(Outputs(p, labels), member), votes

    (shadow, _), (target, votes) = observed(), observed()
    scores = learn_with_label(shadow, np.random.default_rng(0)).score(target.outputs)
    best = metrics.auc(target.member, votes.astype(float))
    assert abs(metrics.auc(target.member, scores) - best) < 0.01
    assert best > 0.8


def test_the_place_of_a_row_changes_no_bit_of_its_score():
    attack = learn_with_label(planted(2, n=600), np.random.default_rng(0))
    one = planted(2, n=1).outputs
    scores = attack.score(Outputs(np.tile(one.posteriors, (10_007, 1)), np.tile(one.labels, 10_007)))
    assert len(np.unique(scores)) == 1


def test_labels_are_needed():
    shadow = planted(1, n=50)
    bare = Outputs(shadow.outputs.posteriors)
    with pytest.raises(InputError, match="shadows' answers without labels"):
        learn_with_label(Observations(bare, shadow.member), np.random.default_rng(0))
    with pytest.raises(InputError, match="outputs without labels"):
        learn_with_label(shadow, np.random.default_rng(0)).score(bare)
