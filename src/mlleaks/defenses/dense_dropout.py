"""Dropout on what enters a convolutional network's dense layers, and on its hidden layer."""

from __future__ import annotations

from mlleaks.defenses.base import require_network
from mlleaks.defenses.dropout import RATIO, DropoutTrainer
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError
from mlleaks.models import CNNTrainer, MLPTrainer
from mlleaks.types import Trainer


def dense_dropout(trainer: Trainer, *, dense: float = RATIO, hidden: float = RATIO) -> Trainer:
    """Return a trainer of the same network with dropout on what enters its dense layers.

    Without half of its pixels, an image is hardly the same; here the convolutions see all of it. The paper
    does not say which of the two it means by dropout on the input.

    Parameters
    ----------
    trainer : NetworkTrainer
        `CNNTrainer`, or a `ModuleTrainer` of a `torch.nn.Sequential` with convolutions.
    dense, hidden : float
        The share of numbers set to zero at each step of training, in [0, 1).

    Raises
    ------
    InputError
        No network, a network that begins with a dense layer, or a ratio outside [0, 1).

    References
    ----------
    Srivastava et al., *Dropout*, JMLR 15 (2014).

    Examples
    --------
    >>> from mlleaks.models import CNNTrainer
    >>> dense_dropout(CNNTrainer(epochs=3), hidden=0.2).dense_ratio
    0.5
    """
    base = require_network(trainer, "dense dropout")
    if isinstance(base, MLPTrainer):
        raise InputError(
            "dense dropout for MLPTrainer",
            expected="a network with convolutions: an MLP's dense layers begin at the input",
            fix="Use dropout(trainer).",
        )
    return DropoutTrainer(base=base, input_ratio=0.0, dense_ratio=dense, hidden_ratio=hidden)


DEFENSES = (
    DefenseSpec("dense-dropout", dense_dropout, for_networks=True, trainers=(CNNTrainer,), position=3),
)
