"""MixUp: a network learns from mixtures of two records, and sees none as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlleaks.defenses.base import NetworkDefense, parts_of, require_network
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError
from mlleaks.models.settings import Objective
from mlleaks.models.sparse_input import Inputs, dense
from mlleaks.storage.tags import tagged
from mlleaks.types import Records, Trainer

ALPHA = 1.0


@tagged("MixUpTrainer")
@dataclass(frozen=True, kw_only=True)
class MixUpTrainer(NetworkDefense):
    """A network that learns from ``share * record + (1 - share) * another``, and from labels likewise.

    Parameters
    ----------
    base : NetworkTrainer
    alpha : float
        Each batch has one share, drawn from Beta(alpha, alpha); above 0.
    """

    alpha: float = ALPHA

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.alpha > 0:
            raise InputError(f"alpha={self.alpha}", expected="a number above 0", fix="Pass another alpha.")
        if any(isinstance(part, MixUpTrainer) for part in parts_of(self.base)):
            raise InputError("MixUp of MixUp", expected="one of it", fix="Pass a larger alpha.")

    def inputs(self, X: Records) -> Inputs:
        """Return records as the network takes them; sparse ones are written out."""
        return dense(self.base.inputs(X))

    def objective(self, rng: np.random.Generator) -> Objective:
        """Return the base's objective on mixtures."""
        from mlleaks.models.torch.loop import cross_entropy

        inner = self.base.objective(rng) or cross_entropy

        def mixed(net: Callable[[Any], Any], some: Any, labels: Any) -> Any:
            share = float(rng.beta(self.alpha, self.alpha))
            other = rng.permutation(len(some))
            mixture = share * some + (1 - share) * some[other]
            answers = net(mixture)
            return share * inner(lambda _: answers, mixture, labels) + (1 - share) * inner(
                lambda _: answers, mixture, labels[other]
            )

        return mixed


def mixup(trainer: Trainer, *, alpha: float = ALPHA) -> Trainer:
    """Return a trainer of the same network that learns from mixtures of two records.

    Parameters
    ----------
    trainer : NetworkTrainer
    alpha : float
        Above 0; the larger, the more even the mixtures.

    References
    ----------
    Zhang et al., *mixup*, ICLR 2018.

    Examples
    --------
    >>> from mlleaks.models import MLPTrainer
    >>> mixup(MLPTrainer()).alpha
    1.0
    """
    base = require_network(trainer, "MixUp")
    return MixUpTrainer(base=base, alpha=alpha)


DEFENSES = (DefenseSpec("mixup", mixup, position=6),)
