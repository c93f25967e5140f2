"""Shokri's attack: one model per class."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.attacks.per_class import HANDFUL, learn_per_class
from mlleaks.attacks.top_k import learn
from mlleaks.errors import InputError
from mlleaks.stats import metrics
from mlleaks.types import Observations, Outputs
from tests.synthetic import planted


def opposite(n=4000, seed=0):
    """Members have the more confident answers in class 0, non-members in class 1: together nothing shows."""
    rng = np.random.default_rng(seed)
    member, labels = rng.random(n) < 0.5, rng.integers(2, size=n)
    sure = np.where(member == (labels == 0), rng.beta(8, 2, size=n), rng.beta(2, 2, size=n))
    own = 0.5 + sure / 2
    p = np.where(np.arange(2) == labels[:, None], own[:, None], 1 - own[:, None])
    return Observations(Outputs(p, labels), member)


def auc(attack, target):
    return metrics.auc(target.member, attack.score(target.outputs))


@pytest.mark.slow
def test_it_sees_classes_that_leak_in_opposite_directions():
    shadow, target = opposite(seed=1), opposite(seed=2)
    assert auc(learn_per_class(shadow, np.random.default_rng(0)), target) > 0.75
    assert abs(auc(learn(shadow, np.random.default_rng(0)), target) - 0.5) < 0.05


def test_a_class_without_enough_of_either_is_scored_by_the_model_of_all_classes():
    shadow, target = planted(3, seed=1), planted(3, seed=2)
    labels = shadow.outputs.labels
    members = np.flatnonzero((labels == 2) & shadow.member)
    nonmembers = np.flatnonzero((labels == 3) & ~shadow.member)
    rows = np.setdiff1d(np.arange(2000), [*members[HANDFUL - 1 :], *nonmembers[HANDFUL:]])
    rows = rows[labels[rows] != 4]
    attack = learn_per_class(shadow.take(rows), np.random.default_rng(0))
    assert set(attack.models) == {0, 1, 3}
    scores, common = attack.score(target.outputs), attack.fallback.score(target.outputs)
    own = np.isin(target.outputs.labels, [0, 1, 3])
    np.testing.assert_array_equal(scores[~own], common[~own])
    assert (scores[own] != common[own]).mean() > 0.99


def test_where_classes_do_not_fit_the_model_of_all_classes_scores():
    attack = learn_per_class(planted(3, n=400), np.random.default_rng(0))
    wider, bare = planted(3, n=50, k=8).outputs, Outputs(planted(3, n=50).outputs.posteriors)
    for outputs in (wider, bare):
        np.testing.assert_array_equal(attack.score(outputs), attack.fallback.score(outputs))


def test_without_labels_there_is_nothing_to_choose_by():
    shadow = planted(1, n=50)
    with pytest.raises(InputError, match="shadows' answers without labels"):
        learn_per_class(
            Observations(Outputs(shadow.outputs.posteriors), shadow.member), np.random.default_rng(0)
        )
