"""The paper's convolutional network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlleaks.errors import InputError
from mlleaks.models.network import InputScale, PlainTrainer, numeric
from mlleaks.storage.added_fields import added
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Records


@tagged("CNNTrainer")
@dataclass(frozen=True, kw_only=True)
class CNNTrainer(PlainTrainer):
    """The paper's CNN over images ``(n, height, width[, channels])``.

    Pixels are standardised, each with its own mean and standard deviation over the training
    images; Glorot-uniform weights, zero biases. `convolutional` in `models.torch.architectures`
    has the layers, `TrainingSettings` the other parameters.

    Parameters
    ----------
    hidden : int
        Units of the hidden (last but one) layer, tanh.
    gain : float
        Of the convolutions' first weights, above 0: how much wider they are spread than Glorot's. The
        square root of 2 in the paper's code; the dense layers have 1.

    Raises
    ------
    InputError
        Records that are no images, or images smaller than 12x12: nothing is left after the layers; or a
        gain that is not above 0.
    """

    hidden: int = 128
    gain: float = added(math.sqrt(2), before=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.gain) and self.gain > 0):
            raise InputError(
                f"gain={self.gain}", expected="a number above 0", fix="Leave it out for the paper's."
            )

    def inputs(self, X: Records) -> Floats:
        """Return images as float32 ``(n, channels, height, width)``, channels last in memory."""
        shape = tuple(X.shape)
        if len(shape) not in (3, 4) or min(shape[1:3]) < 12:
            raise InputError(
                f"records of shape {shape}",
                expected="images (n, height, width) or (n, height, width, channels), 12x12 or larger",
                fix="Use MLPTrainer for records that are no images.",
            )
        return numeric(X, shape if len(shape) == 4 else (*shape, 1)).transpose(0, 3, 1, 2)

    def scale(self, X: Floats) -> InputScale:
        """Return each pixel's mean and standard deviation (1 where it never changes)."""
        deviation = X.std(axis=0)
        deviation[deviation == 0] = 1
        return InputScale(X.mean(axis=0), deviation)

    def network(self, shape: tuple[int, ...], n_classes: int, rng: np.random.Generator) -> Any:
        """Return the untrained network."""
        from mlleaks.models.torch.architectures import convolutional

        channels, height, width = shape
        return convolutional((channels, height, width), self.hidden, n_classes, rng, gain=self.gain)
