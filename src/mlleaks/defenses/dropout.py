"""Dropout on the input of a network, its dense layers or its hidden layer (paper, section on defenses)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlleaks.defenses.base import NetworkDefense, require_network, require_share
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.storage.added_fields import added
from mlleaks.storage.tags import tagged
from mlleaks.types import Trainer

RATIO = 0.5
"""The paper's, on both layers."""


@tagged("DropoutTrainer")
@dataclass(frozen=True, kw_only=True)
class DropoutTrainer(NetworkDefense):
    """A network of another trainer with dropout before some of its layers.

    Parameters
    ----------
    base : NetworkTrainer
    input_ratio, dense_ratio, hidden_ratio : float
        The share of numbers set to zero at each step of training, in [0, 1): before the first layer, the
        first dense layer after convolutions, and the last layer.

    Raises
    ------
    InputError
        A ratio outside [0, 1), or a ``dense_ratio`` for a network that begins with a dense layer.
    """

    input_ratio: float = RATIO
    hidden_ratio: float = RATIO
    dense_ratio: float = added(0.0, before=0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for ratio in (self.input_ratio, self.dense_ratio, self.hidden_ratio):
            require_share(ratio, "a dropout ratio")

    def network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return the untrained network with its dropout layers."""
        from mlleaks.models.torch.architectures import dropping

        net = self.base.network(shape, n_classes, rng)
        return dropping(net, first=self.input_ratio, dense=self.dense_ratio, last=self.hidden_ratio)


def dropout(trainer: Trainer, *, inputs: float = RATIO, hidden: float = RATIO) -> Trainer:
    """Return a trainer of the same network with dropout on its input and its last hidden layer.

    Of images that is the pixels: `dense_dropout` drops what the convolutions make of them. Of wide sparse
    records the numbers that are not zero are dropped, words of a text; the mean that is subtracted from them
    (``center``) is not.

    Parameters
    ----------
    trainer : NetworkTrainer
        `MLPTrainer`, `CNNTrainer`, or a `ModuleTrainer` of a `torch.nn.Sequential`.
    inputs, hidden : float
        The share of numbers set to zero at each step of training, in [0, 1); the paper has 0.5 twice.

    Raises
    ------
    InputError
        No network, or a ratio outside [0, 1).

    References
    ----------
    Srivastava et al., *Dropout*, JMLR 15 (2014).

    Examples
    --------
    >>> from mlleaks.models import MLPTrainer
    >>> dropout(MLPTrainer(epochs=3), hidden=0.2).hidden_ratio
    0.2
    """
    base = require_network(trainer, "dropout")
    return DropoutTrainer(base=base, input_ratio=inputs, hidden_ratio=hidden)


DEFENSES = (DefenseSpec("dropout", dropout, for_networks=True, position=1),)
