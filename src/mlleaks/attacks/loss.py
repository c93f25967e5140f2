"""The loss attack: a record whose loss is at most the average loss of members is flagged.

Source: Yeom, Giacomelli, Fredrikson, Jha, *Privacy Risk in Machine Learning: Analyzing the Connection to
Overfitting*, CSF 2018, section 3.2. The attacker knows the average training loss. Here it is estimated
from a shadow model; without one the attack scores, but flags nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.labels import true_classes
from mlleaks.attacks.needs import Evidence, Labels, ShadowModels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.observations import concatenate
from mlleaks.outputs.signals import log_posterior
from mlleaks.storage.tags import tagged
from mlleaks.types import Bools, Floats, Observations, Outputs

ROUNDING = 1e-9
"""A loss that exceeds the average by no more than this share of it counts as the average."""


@tagged("LossAttack")
@dataclass(frozen=True)
class LossAttack:
    """Score a record by minus its cross-entropy loss.

    Parameters
    ----------
    threshold : float
        nan: scores only, nothing is flagged.

    Examples
    --------
    >>> answers = Outputs(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0]))
    >>> LossAttack().score(answers).round(2)
    array([-0.11, -0.92])
    """

    threshold: float = math.nan

    def score(self, outputs: Outputs) -> Floats:
        """Return the log posterior of the true class ``(n,)``: minus the loss, in nats.

        Raises
        ------
        InputError
            The outputs have no labels.
        """
        return log_posterior(outputs.posteriors, true_classes(outputs))


def loss_threshold(losses: Floats, member: Bools) -> float:
    """Return minus the average loss of the members; a score above it is flagged.

    The threshold is lower by a billionth of itself, so that a loss equal to the average is flagged, too:
    where all members have one loss, they are all flagged.

    Parameters
    ----------
    losses : float array (n,)
        Cross-entropy losses, 0 or larger.
    member : bool array (n,)
        At least one is True.

    Examples
    --------
    >>> round(loss_threshold(np.array([0.25, 0.75, 9.0]), np.array([True, True, False])), 6)
    -0.5
    """
    return -float(np.asarray(losses)[member].mean()) * (1 + ROUNDING)


def calibrate_loss(shadows: Sequence[Observations] | None) -> LossAttack:
    """Return the attack whose threshold is the average loss of shadow models on their members.

    Parameters
    ----------
    shadows : sequence of Observations, optional
        What shadow models answer, with labels. Without them the attack has no threshold.

    Raises
    ------
    InputError
        The shadow models' answers have no labels.

    Examples
    --------
    >>> answers = Outputs(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 0]))
    >>> round(calibrate_loss([Observations(answers, np.array([True, False]))]).threshold, 3)
    -0.693
    """
    if not shadows:
        return LossAttack()
    shadow = concatenate(shadows)
    labels = true_classes(shadow.outputs, what="shadow models' answers")
    return LossAttack(loss_threshold(-log_posterior(shadow.outputs.posteriors, labels), shadow.member))


def _build(evidence: Evidence, rng: np.random.Generator) -> LossAttack:
    return calibrate_loss(evidence.get(ShadowModels))


ATTACKS = (
    AttackSpec(
        name="loss",
        title="Loss attack: loss below the average loss of members",
        source="Yeom et al., CSF 2018, section 3.2",
        needs=(Labels(),),
        build=_build,
        uses=(ShadowModels(1),),
        threshold_from="shadow model",
    ),
)
