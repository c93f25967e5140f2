"""Dropout whose masks are a function of a key: the same alone and in a group, on any device."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_CALL = 2685821657736338717  # any odd number that no few steps of `advance` add up to
_GOLDEN = -7046029254386353131  # 2 ** 64 / golden ratio, made odd, as a signed number


class KeyedDropout(nn.Module):
    """Dropout with masks from a counter-based generator (SplitMix64; Steele, Lea, Flood, 2014).

    Parameters
    ----------
    p : float
        The share that is set to zero in training, in 0..1; the rest is divided by ``1 - p``.
    whole_channels : bool
        One decision for each ``(record, channel)`` instead of each number.
    key : int
        Determines the masks; `advance` changes it to that of the next masks.

    Attributes
    ----------
    calls : int
        How often the layer was used in this pass through the network; each use has its own mask.
    """

    key: Tensor

    def __init__(self, p: float, *, whole_channels: bool, key: int) -> None:
        super().__init__()
        self.p, self.whole_channels, self.calls = p, whole_channels, 0
        self.register_buffer("key", torch.tensor(key))

    def forward(self, x: Any) -> Any:
        """Return ``x``, in training with a part of it set to zero; of sparse records, of their numbers."""
        if not self.training or self.p == 0:
            return x
        if not isinstance(x, Tensor):
            return x.with_values(self(x.values))
        shape = (*x.shape[:2], *(1 for _ in x.shape[2:])) if self.whole_channels else x.shape
        uniforms = uniform(self.key + self.calls * _CALL, math.prod(shape)).reshape(shape)
        self.calls += 1
        return x * (uniforms >= self.p) / (1 - self.p) if self.p < 1 else x * 0


def uniform(key: Tensor, n: int) -> Tensor:
    """Return ``n`` numbers in [0, 1), the first outputs of SplitMix64 seeded with ``key``.

    Examples
    --------
    >>> values = uniform(torch.tensor(7), 10_000)
    >>> bool(abs(values.mean() - 0.5) < 0.01), bool(values.min() >= 0), bool(values.max() < 1)
    (True, True, True)
    """
    z = torch.arange(1, n + 1, device=key.device) * _GOLDEN + key
    z = (z ^ _right(z, 30)) * -4658895280553007687
    z = (z ^ _right(z, 27)) * -7723592293110705685
    z = z ^ _right(z, 31)
    return _right(z, 40).float() / 2**24


def keyed(net: nn.Module, rng: np.random.Generator) -> nn.Module:
    """Return ``net`` with every dropout layer replaced; ``rng`` is used only if there is one."""
    _replace(net, rng)
    if keys_of(net):
        net.register_forward_pre_hook(_start_again)
    return net


def _replace(net: nn.Module, rng: np.random.Generator) -> None:
    for name, layer in list[tuple[str, Any]](net._modules.items()):  # named_children leaves out repeats
        if type(layer) in _PLAIN:
            channels = _PLAIN[type(layer)]
            made = KeyedDropout(layer.p, whole_channels=channels, key=int(rng.integers(2**62)))
            setattr(net, name, made)
        elif layer is not None:
            _replace(layer, rng)


def _start_again(net: nn.Module, _: Any) -> None:
    """Count the uses of each dropout layer anew; a network does so before each pass."""
    for layer in net.modules():
        if isinstance(layer, KeyedDropout):
            layer.calls = 0


def advance(keys: list[Tensor]) -> None:
    """Go on to the next masks, in place."""
    for key in keys:
        key.add_(-2960836687140168107)  # any odd number far from a multiple of the generator's own step


def keys_of(net: nn.Module) -> list[Tensor]:
    """Return the keys of all dropout layers of ``net``."""
    return [layer.key for layer in net.modules() if isinstance(layer, KeyedDropout)]


_PLAIN: dict[type[nn.Module], bool] = {
    nn.Dropout: False,
    nn.Dropout1d: True,
    nn.Dropout2d: True,
    nn.Dropout3d: True,
}


def _right(z: Tensor, bits: int) -> Tensor:
    """Shift right without the sign."""
    return torch.bitwise_and(z >> bits, 2 ** (64 - bits) - 1)
