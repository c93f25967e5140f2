"""The formulas against slow references, and what they must be in cases that can be worked out."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.errors import InputError
from mlleaks.models.loss_statistics import loss_trace_iqr, tail_statistic


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 7, 50])
def test_the_range_is_that_of_numpy_record_by_record(epochs):
    rng = np.random.default_rng(epochs)
    losses = rng.exponential(size=(epochs, 40)).astype(np.float32)
    losses[rng.random(losses.shape) < 0.2] = np.nan
    losses[0] = 1  # each record has one loss at least
    slow = [np.subtract(*np.percentile(c[~np.isnan(c)].astype(float), [75, 25])) for c in losses.T]
    np.testing.assert_allclose(loss_trace_iqr(losses), slow, atol=1e-12)


def test_a_record_without_a_loss_has_no_range():
    assert np.isnan(loss_trace_iqr(np.array([[1.0, np.nan], [2.0, np.nan]]))[1])


def test_the_order_of_epochs_does_not_matter_to_the_range():
    losses = np.random.default_rng(0).random((9, 5))
    np.testing.assert_array_equal(loss_trace_iqr(losses), loss_trace_iqr(losses[::-1]))


@pytest.mark.parametrize("losses", [np.zeros(3), np.zeros((0, 3))], ids=["one axis", "no epoch"])
def test_losses_without_epochs_are_refused(losses):
    with pytest.raises(InputError, match=r"shape .*; expected shape \(epochs, records\)"):
        loss_trace_iqr(losses)


def slow_tail(losses, nonmember_losses, fnr):
    """Try each member's loss as the threshold: the lowest that misses few enough members."""
    allowed = [t for t in losses if np.mean(losses > t) <= fnr]
    return max(np.mean(nonmember_losses > t) for t in allowed)


@pytest.mark.parametrize("fnr", [0.0, 0.01, 0.1, 0.5])
@pytest.mark.parametrize("decimals", [1, 12], ids=["ties", "no ties"])
def test_the_tail_is_the_best_true_negative_rate_that_misses_few_members(fnr, decimals):
    rng = np.random.default_rng(3)
    losses, nonmember_losses = rng.exponential(size=157).round(decimals), rng.exponential(2, size=91)
    value = tail_statistic(losses, nonmember_losses.round(decimals), fnr=fnr)
    assert value == slow_tail(losses, nonmember_losses.round(decimals), fnr)


def test_without_a_leak_the_tail_holds_the_false_negative_rate():
    losses = np.random.default_rng(0).exponential(size=(2, 200_000))
    assert tail_statistic(*losses) == pytest.approx(0.01, abs=0.001)


def test_a_model_that_knows_its_members_by_heart_has_all_others_in_the_tail():
    assert tail_statistic(np.zeros(100), np.full(50, 0.1)) == 1


def test_equal_losses_are_not_in_the_tail():
    assert tail_statistic(np.ones(100), np.ones(50)) == 0


@pytest.mark.parametrize(
    ("members", "nonmembers", "message"),
    [
        ([], [1.0], "losses of members"),
        ([1.0], [], "losses of non-members"),
        ([1.0], [np.inf], "losses of non-members"),
        ([[1.0]], [1.0], "losses of members"),
    ],
)
def test_sides_that_say_nothing_are_refused(members, nonmembers, message):
    with pytest.raises(InputError, match=message):
        tail_statistic(np.array(members), np.array(nonmembers))


def test_a_rate_of_one_is_refused():
    with pytest.raises(InputError, match=r"fnr=1.*\[0, 1\)"):
        tail_statistic(np.ones(3), np.ones(3), fnr=1)
