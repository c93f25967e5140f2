"""A plan that is balanced with the target: one model less, and nothing tells the target's members."""

from __future__ import annotations

import numpy as np

from mlleaks.auditing.balanced_references import is_balanced, one_model_less

N = 4000


def balanced(models=8, seed=0):
    rng = np.random.default_rng(seed)
    trained_on = np.stack([rng.permutation(models) < models // 2 for _ in range(N)], axis=1)
    return trained_on[0], trained_on[1:]


def test_the_plan_is_noticed_and_others_are_not():
    target, trained_on = balanced()
    assert is_balanced(trained_on, target)
    assert not is_balanced(trained_on[1:], target)
    assert not is_balanced(np.random.default_rng(0).random((7, N)) < 0.5, target)
    pairs = np.stack([half ^ turned for half in trained_on[:3] for turned in (False, True)])
    assert not is_balanced(pairs, target)
    assert not is_balanced(np.vstack([pairs, ~target]), target)


def test_neither_numbers_nor_memberships_go_with_the_target():
    target, trained_on = balanced()
    _, left = one_model_less(trained_on * 1.0, trained_on, target)
    assert len(left) == 6
    assert set(np.sum(left, axis=0)) == {3}
    correlations = [np.corrcoef(member, target)[0, 1] for member in left]
    assert np.abs(correlations).max() < 5 / np.sqrt(N)
    before = [np.corrcoef(member, target)[0, 1] for member in trained_on]
    assert np.mean(before) < -0.1


def test_each_answer_keeps_its_membership():
    target, trained_on = balanced()
    values = trained_on + np.arange(7)[:, None] / 10
    left, members = one_model_less(values, trained_on, target)
    np.testing.assert_array_equal(np.floor(left), members)
    own = np.arange(6)[:, None] / 10
    same = np.isclose(np.array(left) - members, own)
    assert 0.8 < same.mean() < 0.9  # six models of seven; the last one stands in for one record in seven
    np.testing.assert_allclose((np.array(left) - members)[~same], 0.6)
