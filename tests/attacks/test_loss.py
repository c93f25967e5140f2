"""The loss attack: its threshold is the average loss of a shadow model's members."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlleaks.attacks.loss import LossAttack, calibrate_loss
from mlleaks.errors import InputError
from mlleaks.types import Observations, Outputs
from tests.synthetic import planted


def test_scores_are_minus_the_cross_entropy():
    outputs = planted(1, n=200).outputs
    loss = -np.log(outputs.posteriors[np.arange(200), outputs.labels])
    np.testing.assert_allclose(LossAttack().score(outputs), -loss)


def test_the_threshold_is_the_average_loss_of_the_members_of_all_shadows():
    shadows = [planted(2, n=300, seed=1), planted(2, n=100, seed=2)]
    losses = [
        -np.log(shadow.outputs.posteriors[np.arange(len(shadow)), shadow.outputs.labels])[shadow.member]
        for shadow in shadows
    ]
    assert calibrate_loss(shadows).threshold == pytest.approx(-np.concatenate(losses).mean())


def test_without_a_shadow_nothing_is_flagged():
    attack = calibrate_loss(None)
    assert math.isnan(attack.threshold)
    assert not (attack.score(planted(3, n=50).outputs) > attack.threshold).any()


@pytest.mark.parametrize("p", [1.0, 0.9, 0.123])
def test_members_of_one_loss_are_all_flagged(p):
    n = 997
    answers = Outputs(np.tile([p, 1 - p], (n, 1)), np.zeros(n, dtype=int))
    attack = calibrate_loss([Observations(answers, np.arange(n) % 3 > 0)])
    assert (attack.score(answers) > attack.threshold).all()


def test_labels_are_needed():
    bare = Outputs(planted(1, n=10).outputs.posteriors)
    with pytest.raises(InputError, match="outputs without labels; expected the true class of each record"):
        LossAttack().score(bare)
    with pytest.raises(InputError, match="shadow models' answers without labels"):
        calibrate_loss([Observations(bare, np.arange(10) % 2 == 0)])
