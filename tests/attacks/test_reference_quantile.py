"""Attack R against its interpolation in plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlleaks.attacks.interpolation import LARGEST, MARGIN
from mlleaks.attacks.reference_quantile import reference_quantile_scores
from mlleaks.errors import InputError
from tests.attacks.reference_cases import sides, signals


def slow(loss, other):
    """One loss among sorted others: quantiles by linear interpolation between them."""
    equal = [i + 1 for i, value in enumerate(other) if value == loss]
    if equal:
        quantile = sum(equal) / len(equal)
    else:
        i = sum(value < loss for value in other)
        high = other[i] if i < len(other) else LARGEST
        low = other[i - 1] if i else -MARGIN
        quantile = i + (loss - low) / (high - low)
    return 1 - quantile / (len(other) + 1)


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_interpolation(seed):
    target, references, trained_on = signals(seed)
    target[7], target[8], references[:, 8] = 120.0, -150.0, -200.0
    references[:, 9] = target[9] + np.arange(9) % 2  # some equal the target
    expected = []
    for record, x in enumerate(target):
        other = sides(references, trained_on, record)[1]
        losses = [min(np.logaddexp(0, -value), LARGEST) for value in (x, *other)]
        expected.append(slow(losses[0], sorted(losses[1:])))
    scores = reference_quantile_scores(target, references, trained_on=trained_on)
    np.testing.assert_allclose(scores, expected, 1e-9)


def test_falls_with_the_loss_also_beyond_all_models():
    x = np.linspace(12, -100, 3000)
    references = np.array([[1.0], [3.0], [-2.0], [3.0]]).repeat(3000, axis=1)
    scores = reference_quantile_scores(x, references, trained_on=np.zeros((4, 3000), dtype=bool))
    assert (np.diff(scores) < 0).all()
    assert 0 <= scores[-1] < scores[0] < 1


def test_records_without_loss_are_ranked_by_what_the_models_lose():
    """A forest answers 1 exactly; where models lose more, that says more."""
    references = -np.log(np.expm1(np.array([[0.01, 0.1, 1.0], [2.0, 2.0, 2.0]])))  # logits of these losses
    scores = reference_quantile_scores(np.full(3, 103.6), references, trained_on=np.zeros((2, 3), dtype=bool))
    expected = [1 - MARGIN / (loss + MARGIN) / 3 for loss in (0.01, 0.1, 1.0)]
    np.testing.assert_allclose(scores, expected, 1e-9)


def test_without_a_model_the_loss_alone_ranks():
    scores = reference_quantile_scores(
        np.array([3.0, -3.0]), np.zeros((2, 2)), trained_on=np.ones((2, 2), dtype=bool)
    )
    losses = [math.log1p(math.exp(-3.0)), math.log1p(math.exp(3.0))]
    np.testing.assert_allclose(scores, [1 - (loss + MARGIN) / (LARGEST + MARGIN) for loss in losses], 1e-9)


def test_refuses_what_does_not_fit():
    target, references, trained_on = signals()
    with pytest.raises(InputError, match="for the same records in the same order"):
        reference_quantile_scores(target[1:], references, trained_on=trained_on)
