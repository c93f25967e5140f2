"""Optimizers: one fused update for all weights, of one network or of a group of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mlleaks.storage.tags import tagged

if TYPE_CHECKING:
    from torch import Tensor

ParameterGroup: TypeAlias = "tuple[Sequence[Tensor], float]"
"""Weights, and the decay that is added to their gradient: ``decay * w``."""

Update: TypeAlias = "Callable[[Sequence[Sequence[Tensor]], float], None]"
"""``update(gradients, rate)``: change all weights in place; gradients in groups like the weights."""


@tagged("Adam")
@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, 2015).

    Parameters
    ----------
    beta1, beta2 : float
        Decay of the averages of the gradient and of its square, in 0..1.
    eps : float
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def start(self, groups: Sequence[ParameterGroup]) -> Update:
        """Return the update of these weights, with averages of zero."""
        import torch

        means = [[torch.zeros_like(w) for w in weights] for weights, _ in groups]
        squares = [[torch.zeros_like(w) for w in weights] for weights, _ in groups]
        places = {w.device for weights, _ in groups for w in weights}
        steps = {place: torch.tensor(0.0, device=place) for place in places}

        @torch.no_grad()
        def update(gradients: Sequence[Sequence[Tensor]], rate: float) -> None:
            for step in steps.values():
                step += 1  # noqa: PLW2901 (in place)
            for (weights, decay), slopes, mean, square in zip(groups, gradients, means, squares, strict=True):
                # what torch.optim.Adam(fused=True) ends in; its way there costs as much as a small update
                torch._fused_adam_(
                    list(weights),
                    list(slopes),
                    mean,
                    square,
                    [],
                    [steps[w.device] for w in weights],
                    lr=rate,
                    beta1=self.beta1,
                    beta2=self.beta2,
                    weight_decay=decay,
                    eps=self.eps,
                    amsgrad=False,
                    maximize=False,
                )

        return update


@tagged("SGD")
@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum.

    Parameters
    ----------
    momentum : float
        In 0..1; zero is the plain method.

    Examples
    --------
    >>> import torch
    >>> w = torch.tensor([1.0, 2.0])
    >>> SGD(momentum=0.0).start([([w], 0.0)])([[torch.tensor([1.0, 1.0])]], 0.5)
    >>> w
    tensor([0.5000, 1.5000])
    """

    momentum: float = 0.9

    def start(self, groups: Sequence[ParameterGroup]) -> Update:
        """Return the update of these weights."""
        import torch
        from torch.optim.sgd import sgd

        speeds: list[list[Tensor | None]] = [[None] * len(weights) for weights, _ in groups]

        @torch.no_grad()
        def update(gradients: Sequence[Sequence[Tensor]], rate: float) -> None:
            for (weights, decay), slopes, speed in zip(groups, gradients, speeds, strict=True):
                sgd(
                    list(weights),
                    list(slopes),
                    speed,
                    fused=True,
                    weight_decay=decay,
                    momentum=self.momentum,
                    lr=rate,
                    dampening=0.0,
                    nesterov=False,
                    maximize=False,
                )

        return update
