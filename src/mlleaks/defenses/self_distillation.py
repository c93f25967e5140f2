"""Self-distillation: a student learns for each record the answers of models not trained on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.data.splits import disjoint
from mlleaks.defenses.base import NetworkDefense, require_network
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError
from mlleaks.outputs.query import query
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Model, Trainer

FOLDS = 5


@tagged("SelfDistilledTrainer")
@dataclass(frozen=True, kw_only=True)
class SelfDistilledTrainer(NetworkDefense):
    """A network that learns out-of-fold answers: of each fold, those of a teacher trained on the other folds.

    Parameters
    ----------
    base : NetworkTrainer
        The teachers' and the student's.
    folds : int
        From 2 on.
    """

    folds: int = FOLDS

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.folds < 2:
            raise InputError(f"{self.folds} folds", expected="2 or more", fix="Pass another number.")

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the student."""
        answers = np.empty((len(data), data.n_classes), dtype=np.float32)
        for rows in disjoint(data.y, (1.0,) * self.folds, rng):
            rest = np.setdiff1d(np.arange(len(data)), rows)
            teacher = self.base(data.take(rest), rng)
            answers[rows] = query(teacher, data.take(rows).X, n_classes=data.n_classes)
        return self.learned(data, answers, rng)


def self_distillation(trainer: Trainer, *, folds: int = FOLDS) -> Trainer:
    """Return a trainer of the same network as a student of models that never saw what they teach.

    All records are used, and none with its own class: the student learns to answer each as a model that
    it was no member of. Training takes ``folds + 1`` models.

    Parameters
    ----------
    trainer : NetworkTrainer
    folds : int
        From 2 on; every class needs as many records.

    References
    ----------
    Tang et al., *Mitigating membership inference attacks by self-distillation through a novel
    ensemble architecture*, USENIX Security 2022.

    Examples
    --------
    >>> from mlleaks.models import MLPTrainer
    >>> self_distillation(MLPTrainer(), folds=3).folds
    3
    """
    base = require_network(trainer, "self-distillation")
    return SelfDistilledTrainer(base=base, folds=folds)


DEFENSES = (DefenseSpec("self-distillation", self_distillation, for_networks=True, position=8),)
