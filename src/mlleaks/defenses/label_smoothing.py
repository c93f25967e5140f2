"""Label smoothing: a network is never trained to be certain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from mlleaks.defenses.base import NetworkDefense, require_network, require_share
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError
from mlleaks.models.settings import Objective
from mlleaks.storage.tags import tagged
from mlleaks.types import Trainer

SMOOTHING = 0.1


@tagged("SmoothingTrainer")
@dataclass(frozen=True, kw_only=True)
class SmoothingTrainer(NetworkDefense):
    """A network that learns ``1 - smoothing`` for the true class and the rest shared by all classes.

    Parameters
    ----------
    base : NetworkTrainer
    smoothing : float
        In [0, 1).
    """

    smoothing: float = SMOOTHING

    def __post_init__(self) -> None:
        super().__post_init__()
        require_share(self.smoothing, "label smoothing")
        if self.base.objective(np.random.default_rng(0)) is not None:
            raise InputError(
                f"label smoothing of {type(self.base).__name__}",
                expected="a network trained on cross entropy",
                fix="Put label smoothing on first.",
            )

    def objective(self, rng: np.random.Generator) -> Objective:
        """Return cross entropy with smoothed labels."""
        from mlleaks.models.torch.loop import cross_entropy

        return partial(cross_entropy, smoothing=self.smoothing)


def label_smoothing(trainer: Trainer, *, smoothing: float = SMOOTHING) -> Trainer:
    """Return a trainer of the same network that learns from smoothed labels.

    Parameters
    ----------
    trainer : NetworkTrainer
    smoothing : float
        In [0, 1).

    References
    ----------
    Szegedy et al., *Rethinking the Inception architecture*, CVPR 2016.

    Examples
    --------
    >>> from mlleaks.models import MLPTrainer
    >>> label_smoothing(MLPTrainer(), smoothing=0.2).smoothing
    0.2
    """
    base = require_network(trainer, "label smoothing")
    return SmoothingTrainer(base=base, smoothing=smoothing)


DEFENSES = (DefenseSpec("label-smoothing", label_smoothing, position=5),)
