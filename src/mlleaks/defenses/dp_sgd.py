"""Differentially private training: DP-SGD, by Opacus."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from mlleaks.defenses.base import NetworkDefense, require_network
from mlleaks.defenses.spec import DefenseSpec
from mlleaks.errors import InputError, missing_extra
from mlleaks.models.network import NetworkModel, torch_loop
from mlleaks.models.sparse_input import Inputs, dense
from mlleaks.runtime.threads import for_step
from mlleaks.storage.tags import tagged
from mlleaks.types import Dataset, Model, Records, Trainer

EPSILON, DELTA, CLIP = 8.0, 1e-5, 1.0


@tagged("PrivateModel")
@dataclass(frozen=True)
class PrivateModel(NetworkModel):
    """A network trained with differential privacy.

    Parameters
    ----------
    epsilon, delta : float
        What its training has spent, by Renyi accounting.
    """

    epsilon: float
    delta: float


@tagged("PrivateTrainer")
@dataclass(frozen=True, kw_only=True)
class PrivateTrainer(NetworkDefense):
    """A network trained by DP-SGD.

    Parameters
    ----------
    base : NetworkTrainer
    epsilon, delta : float
        The privacy that training may spend.
    clip : float
        The largest norm of one record's gradient.
    """

    epsilon: float = EPSILON
    delta: float = DELTA
    clip: float = CLIP

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.epsilon > 0 and 0 < self.delta < 1 and self.clip > 0):
            raise InputError(
                f"epsilon={self.epsilon}, delta={self.delta}, clip={self.clip}",
                expected="epsilon and clip above 0, delta in (0, 1)",
                fix="Pass other settings.",
            )
        if self.base.objective(np.random.default_rng(0)) is not None:
            raise InputError(
                f"DP-SGD of {type(self.base).__name__}",
                expected="a network trained on cross entropy of single records",
                fix="Leave the other defense out.",
            )

    def inputs(self, X: Records) -> Inputs:
        """Return records as the network takes them; sparse ones are written out."""
        return dense(self.base.inputs(X))

    def __call__(self, data: Dataset, rng: np.random.Generator) -> Model:
        """Return the network; its ``epsilon`` and ``delta`` say what its training has spent."""
        _require_opacus()
        loop = torch_loop()
        from mlleaks.models.torch import dp_training as private  # imports Opacus, which takes seconds

        X = self.inputs(data.X)
        scale = self.scale(X)
        if scale is not None:
            X = scale(X)
        net = loop.prepared(self.network(X.shape[1:], data.n_classes, rng), rng)
        with loop.seeded(rng.spawn(1)[0]), for_step(loop.operations(net, X, self.settings.batch)):
            privacy = private.Privacy(self.epsilon, self.delta, self.clip)
            spent = private.train_privately(net, X, data.y, settings=self.settings, privacy=privacy, rng=rng)
        return PrivateModel(net, self, scale, spent, self.delta)


def dp_sgd(
    trainer: Trainer, *, epsilon: float = EPSILON, delta: float = DELTA, clip: float = CLIP
) -> Trainer:
    """Return a trainer of the same network with differential privacy (extra ``dp``).

    The means and deviations by which images and centred records are scaled are not private, and a module
    whose own code mixes the records of a batch is not found out.

    Parameters
    ----------
    trainer : NetworkTrainer
    epsilon, delta : float
        The privacy that training may spend; the noise is chosen so that it is not exceeded.
    clip : float
        The largest norm of one record's gradient.

    References
    ----------
    Abadi et al., *Deep learning with differential privacy*, CCS 2016; Yousefpour et al., *Opacus*, 2021.

    Examples
    --------
    >>> from mlleaks.models import MLPTrainer
    >>> dp_sgd(MLPTrainer(), epsilon=3).epsilon
    3
    """
    _require_opacus()
    base = require_network(trainer, "DP-SGD")
    return PrivateTrainer(base=base, epsilon=epsilon, delta=delta, clip=clip)


def _require_opacus() -> None:
    if find_spec("opacus") is None:
        raise missing_extra("opacus", "dp")


DEFENSES = (DefenseSpec("dp-sgd", dp_sgd, position=9),)
