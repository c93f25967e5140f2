"""Weights that undo a shift: equal where there is none, unusable where the sides do not overlap."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.auditing.overlap_weights import overlap_weights
from mlleaks.types import Dataset, MemberSplit

N = 800


def shifted(gap, n=N, seed=0):
    """Members whose first two features are higher by ``gap`` standard deviations."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(2 * n, 6))
    X[:n, :2] += gap
    data = Dataset("made", X, rng.integers(3, size=2 * n), 3)
    return MemberSplit(data.take(np.arange(n)), data.take(np.arange(n, 2 * n)))


def weigh(split, seed=0):
    return overlap_weights(split, np.random.default_rng(seed))


def gaps(split, weights):
    """Return the differences of the weighted means of all features."""
    members = np.average(split.members.X, axis=0, weights=weights.member_weights)
    return members - np.average(split.nonmembers.X, axis=0, weights=weights.nonmember_weights)


def test_weights_undo_most_of_a_shift():
    split = shifted(0.7)
    weights = weigh(split)
    assert weights.usable
    assert (np.abs(gaps(split, weights)[:2]) < 0.1).all()  # 0.7 before; chance is 0.07 with these sizes
    assert (np.abs(gaps(split, weights)) < 0.15).all()
    assert weights.member_weights.mean() == pytest.approx(1)
    assert weights.nonmember_weights.mean() == pytest.approx(1)
    assert 0.3 * N < min(weights.effective_members, weights.effective_nonmembers) < N


def test_propensities_are_calibrated():
    weights = weigh(shifted(0.7, n=3000))
    propensities = np.concatenate([weights.member_propensities, weights.nonmember_propensities])
    member = np.repeat([True, False], 3000)
    for low, high in ((0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9)):
        some = (propensities >= low) & (propensities < high)
        assert member[some].mean() == pytest.approx(propensities[some].mean(), abs=0.06)


def test_without_a_shift_weights_are_nearly_equal():
    for seed in range(5):
        weights = weigh(shifted(0.0, n=300, seed=seed), seed)
        assert weights.overlap == 1
        assert min(weights.effective_members, weights.effective_nonmembers) > 0.97 * 300


def test_sides_that_do_not_overlap_cannot_be_weighted():
    weights = weigh(shifted(6.0))
    assert not weights.usable
    assert weights.overlap < 0.1
    assert weights.why_not is None


def test_weights_belong_to_their_rows():
    split = shifted(0.7, n=200)
    plain = weigh(split)
    rng = np.random.default_rng(4)
    orders = [rng.permutation(200) for _ in range(2)]
    moved = MemberSplit(split.members.take(orders[0]), split.nonmembers.take(orders[1]))
    again = weigh(moved)
    assert again.member_weights == pytest.approx(plain.member_weights[orders[0]])
    assert again.nonmember_weights == pytest.approx(plain.nonmember_weights[orders[1]])
    exchanged = weigh(MemberSplit(split.nonmembers, split.members))
    assert exchanged.nonmember_weights == pytest.approx(plain.member_weights)
    assert exchanged.member_propensities == pytest.approx(1 - plain.nonmember_propensities)


def test_equal_records_have_equal_propensities():
    split = shifted(0.7, n=200)
    X = np.concatenate([split.members.X, split.members.X[:50]])
    members = Dataset("made", X, np.concatenate([split.members.y, split.members.y[:50]]), 3)
    weights = weigh(MemberSplit(members, split.nonmembers))
    assert (weights.member_propensities[:50] == weights.member_propensities[200:]).all()


def test_sides_of_different_sizes_are_weighted_as_if_they_were_equal():
    rng = np.random.default_rng(0)
    data = Dataset("made", rng.normal(size=(2200, 3)), np.zeros(2200, int), 1)
    split = MemberSplit(data.take(np.arange(200)), data.take(np.arange(200, 2200)))
    weights = weigh(split)
    assert np.median(weights.nonmember_propensities) == pytest.approx(0.5, abs=0.05)
    assert weights.usable
