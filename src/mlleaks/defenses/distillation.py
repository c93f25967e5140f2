"""Knowledge distillation: a student learns a teacher's answers about records new to the teacher."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.data.splits import disjoint
from mlleaks.defenses.base import NetworkDefense, require_network
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError
from mlleaks.models import as_trainer
from mlleaks.outputs.query import query
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Model, Trainer

SHARE = 0.5


@tagged("DistilledTrainer")
@dataclass(frozen=True, kw_only=True)
class DistilledTrainer(NetworkDefense):
    """A network that learns what a teacher answers about other records than the teacher's own.

    Parameters
    ----------
    base : NetworkTrainer
        The student.
    teacher : Trainer, optional
        By default the student's network.
    share : float
        Of the records that are the teacher's, in (0, 1).
    """

    teacher: Trainer | None = None
    share: float = SHARE

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share < 1:
            raise InputError(
                f"a teacher's share of {self.share}", expected="a number in (0, 1)", fix="Pass another one."
            )

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the student."""
        first, second = (data.take(rows) for rows in disjoint(data.y, (self.share, 1 - self.share), rng))
        teach = self.teacher or self.base
        answers = query(teach(first, rng), second.X, n_classes=data.n_classes).astype(np.float32)
        return self.learned(second, answers, rng)


def distillation(trainer: Trainer, *, teacher: Trainer | None = None, share: float = SHARE) -> Trainer:
    """Return a trainer of the same network as a student: it sees no true class, and other records.

    Parameters
    ----------
    trainer : NetworkTrainer
        The student.
    teacher : Trainer, optional
        Any, defended or not; by default trained as the student's network is.
    share : float
        Of the records that are the teacher's, in (0, 1).

    References
    ----------
    Shejwalkar, Houmansadr, *Membership privacy for machine learning models through knowledge
    transfer*, AAAI 2021.

    Examples
    --------
    >>> from mlleaks.models import MLPTrainer
    >>> distillation(MLPTrainer(), share=0.4).share
    0.4
    """
    base = require_network(trainer, "distillation")
    checked = None if teacher is None else as_trainer(teacher)
    return DistilledTrainer(base=base, teacher=checked, share=share)


DEFENSES = (DefenseSpec("distillation", distillation, position=7),)
