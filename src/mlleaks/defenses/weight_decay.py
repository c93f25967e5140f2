"""Larger weights cost more: L2 regularisation."""

from __future__ import annotations

from dataclasses import replace

from mlleaks.defenses.base import require_network
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.types import Trainer

STRENGTH = 1e-3


def weight_decay(trainer: Trainer, *, strength: float = STRENGTH) -> Trainer:
    """Return a trainer of the same network that adds ``strength * sum(w ** 2)``, or more, to its loss.

    Parameters
    ----------
    trainer : NetworkTrainer
    strength : float
        From 0 on.

    References
    ----------
    Shokri et al., *Membership inference attacks*, S&P 2017, as a defense.

    Examples
    --------
    >>> from mlleaks.models import MLPTrainer
    >>> weight_decay(MLPTrainer()).l2
    0.001
    """
    base = require_network(trainer, "weight decay")
    settings = base.settings
    l2 = strength if strength < 0 else max(settings.l2, strength)
    return base.with_settings(replace(settings, l2=l2))


DEFENSES = (DefenseSpec("weight-decay", weight_decay, position=3),)
