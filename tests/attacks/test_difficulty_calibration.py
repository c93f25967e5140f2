"""Difficulty calibration against its equation in plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlleaks.attacks.difficulty_calibration import _fit, calibration_scores
from mlleaks.attacks.posterior_without import posterior_without
from mlleaks.errors import InputError
from tests.attacks.reference_cases import sides, signals
from tests.synthetic import planted_references


def slow(target, references, trained_on):
    out = [sides(references, trained_on, record)[1] for record in range(len(target))]
    usual = np.mean([np.mean(values) for values in out if values])
    means = [sum(values) / len(values) if values else usual for values in out]
    return [x - mean for x, mean in zip(target, means, strict=True)]


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_equation(seed):
    target, references, trained_on = signals(seed)
    scores = calibration_scores(target, references, trained_on=trained_on)
    np.testing.assert_allclose(scores, slow(target, references, trained_on), 1e-9, 1e-9)


def test_the_attack_calibrates_losses():
    references = planted_references(2.0, n=30, models=4)
    x, rows = np.array([4.0, -4.0]), np.array([7, 3])
    losses = np.log1p(np.exp(-references.audited.values[:, rows]))
    target = [-math.log1p(math.exp(-4.0)), -math.log1p(math.exp(4.0))]
    expected = slow(target, -losses, references.audited.trained_on[:, rows])
    np.testing.assert_allclose(_fit(references, None)(x, rows), expected, 1e-9)


def test_refuses_what_does_not_fit():
    target, references, trained_on = signals()
    with pytest.raises(InputError, match="for the same records in the same order"):
        calibration_scores(target[1:], references, trained_on=trained_on)
    with pytest.raises(InputError, match="the target's signals that are not finite"):
        calibration_scores(target * np.inf, references, trained_on=trained_on)


def test_what_other_models_answer_follows_from_two_attacks_of_an_audit():
    references, own = np.log([[0.02, 0.9], [0.04, 0.4]]), np.log([0.8, 0.95])
    scores = {
        "loss": own,
        "difficulty-calibration": calibration_scores(
            own, references, trained_on=np.zeros((2, 2), dtype=bool)
        ),
    }
    np.testing.assert_allclose(posterior_without(scores), np.sqrt([0.02 * 0.04, 0.9 * 0.4]))
    assert posterior_without({"loss": own}) is None
