"""The paper's two networks, as PyTorch modules that answer logits."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from mlleaks.errors import InputError


def perceptron(width: int, hidden: int, n_classes: int, rng: np.random.Generator) -> nn.Module:
    """Return an untrained network ``width -> hidden (tanh) -> n_classes``."""
    net = nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, n_classes))
    return _started(net, rng)


def convolutional(
    shape: tuple[int, int, int], hidden: int, n_classes: int, rng: np.random.Generator, *, gain: float
) -> nn.Module:
    """Return the paper's untrained CNN for images of ``shape`` (channels, height, width).

    Convolution 5x5, 32 filters, same padding, ReLU; pooling 2x2; convolution 5x5, 32 filters, no
    padding, ReLU; pooling 2x2; ``hidden`` tanh units; logits. The ReLU comes after its pooling here:
    the largest of four and the larger of it and zero commute, and a quarter of the numbers is left.
    ``gain`` widens the convolutions' first weights.
    """
    channels, height, width = shape
    kernel, filters = 5, 32
    left = [(side // 2 - kernel + 1) // 2 for side in (height, width)]
    net = nn.Sequential(
        nn.Conv2d(channels, filters, kernel, padding="same"),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(filters, filters, kernel),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(filters * left[0] * left[1], hidden),
        nn.Tanh(),
        nn.Linear(hidden, n_classes),
    )
    return _started(net, rng, gain)


def dropping(net: nn.Module, *, first: float = 0.0, dense: float = 0.0, last: float = 0.0) -> nn.Module:
    """Return ``net`` with dropout before its first layer, its first dense layer and its last one.

    Raises
    ------
    InputError
        It is no `torch.nn.Sequential` that ends with a linear layer; or, for ``dense``, it begins with one.
    """
    if not (isinstance(net, nn.Sequential) and isinstance(net[-1], nn.Linear)):
        raise InputError(
            f"a network of type {type(net).__name__}",
            expected="a torch.nn.Sequential that ends with a Linear",
            fix="Put torch.nn.Dropout layers where you want them in the module that you build.",
        )
    layers = list(net)
    start = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.Linear))
    if dense and not any(parameter.numel() for layer in layers[:start] for parameter in layer.parameters()):
        raise InputError(
            "dropout on what enters the dense layers, of a network that begins with them",
            expected="convolutions, or other layers that learn, before the first Linear",
            fix="Use dropout(trainer): here its input is the same.",
        )
    before, between, end = ([nn.Dropout(ratio)] if ratio else [] for ratio in (first, dense, last))
    return nn.Sequential(*before, *layers[:start], *between, *layers[start:-1], *end, layers[-1])


def _started(net: nn.Module, rng: np.random.Generator, gain: float = 1.0) -> nn.Module:
    """Return ``net`` with Glorot-uniform weights, of this gain in convolutions, and zero biases."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    for parameter in net.parameters():
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter, gain if parameter.ndim > 2 else 1.0, generator=generator)
        else:
            nn.init.zeros_(parameter)
    return net
