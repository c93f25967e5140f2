"""Early stopping: training ends when held-out records are answered no better."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from mlleaks.data.splits import disjoint
from mlleaks.defenses.base import NetworkDefense, require_network
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError
from mlleaks.models.network import NetworkModel, torch_loop
from mlleaks.models.sparse_input import Inputs, dense
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Model, Records, Trainer

SHARE, PATIENCE = 0.1, 3


@tagged("EarlyStoppingTrainer")
@dataclass(frozen=True, kw_only=True)
class EarlyStoppingTrainer(NetworkDefense):
    """A network with the weights of the epoch after which it answered held-out records best.

    Parameters
    ----------
    base : NetworkTrainer
    share : float
        Of the training records that are held out, in (0, 1).
    patience : int
        Epochs without a smaller loss after which training ends.
    """

    share: float = SHARE
    patience: int = PATIENCE

    @property
    def held_out_share(self) -> float:
        """The share of its members that no weight is fitted to: they decide when training ends."""
        return self.share

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share < 1 or self.patience < 1:
            raise InputError(
                f"share={self.share}, patience={self.patience}",
                expected="a share in (0, 1) and a patience of 1 or more",
                fix="Pass other settings.",
            )

    def inputs(self, X: Records) -> Inputs:
        """Return records as the network takes them; sparse ones are written out."""
        return dense(self.base.inputs(X))

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the network trained on ``data`` but for what is held out."""
        loop = torch_loop()
        fitted, held_out = (data.take(rows) for rows in disjoint(data.y, (1 - self.share, self.share), rng))
        X, inputs = self.inputs(fitted.X), self.inputs(held_out.X)
        scale = self.scale(X)
        if scale is not None:
            X, inputs = scale(X), scale(inputs)
        net = loop.prepared(self.network(X.shape[1:], data.n_classes, rng), rng)
        losses: list[float] = []
        best = deepcopy(net.state_dict())

        def enough() -> bool:
            nonlocal best
            p = loop.softmax(net.eval(), inputs)[np.arange(len(held_out)), held_out.y]
            net.train()
            loss = float(-np.log(np.maximum(p, 1e-12)).mean())
            losses.append(np.inf if np.isnan(loss) else loss)
            if losses[-1] == min(losses):
                best = deepcopy(net.state_dict())
            return len(losses) - int(np.argmin(losses)) > self.patience

        with loop.seeded(rng.spawn(1)[0]):
            loop.train_network(net, X, fitted.y, trainer=self, rng=rng, hooks=loop.Hooks(enough))
        net.load_state_dict(best)
        return NetworkModel(net, self, scale)


def early_stopping(trainer: Trainer, *, share: float = SHARE, patience: int = PATIENCE) -> Trainer:
    """Return a trainer of the same network that stops when held-out records are answered no better.

    The records that are held out count as members in an audit of the trainer, though no weight was
    fitted to them.

    Parameters
    ----------
    trainer : NetworkTrainer
        Its epochs are the most that there can be.
    share : float
        Of the training records that are held out, in (0, 1); every class needs at least two records.
    patience : int
        Epochs without a smaller loss after which training ends.

    Raises
    ------
    InputError
        The trainer trains no network; ``share`` or ``patience`` out of range.

    References
    ----------
    Song, Mittal, *Systematic evaluation of privacy risks*, USENIX Security 2021, as a defense.

    Examples
    --------
    >>> from mlleaks.models import MLPTrainer
    >>> early_stopping(MLPTrainer(), patience=2).patience
    2
    """
    base = require_network(trainer, "early stopping")
    return EarlyStoppingTrainer(base=base, share=share, patience=patience)


DEFENSES = (DefenseSpec("early-stopping", early_stopping, for_networks=True, position=4),)
