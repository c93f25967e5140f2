"""The training loop: all records in memory, one gather an epoch, one fused step a batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from mlleaks.progress import track
from mlleaks.types import Floats, Ints


def perceptron(width: int, hidden: int, n_classes: int, rng: np.random.Generator) -> nn.Module:
    """Return an untrained network ``width -> hidden (tanh) -> n_classes`` that answers logits."""
    layers = (nn.Linear(width, hidden), nn.Linear(hidden, n_classes))
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    for layer in layers:
        nn.init.xavier_uniform_(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.Tanh(), layers[1])


def fit(
    net: nn.Module,
    X: Floats,
    y: Ints,
    *,
    epochs: int,
    batch: int,
    learning_rate: float,
    l2: float,
    rng: np.random.Generator,
) -> None:
    """Train ``net`` in place on ``X (n, d)`` and ``y (n,)``, in a fresh random order each epoch."""
    records, labels = torch.from_numpy(X), torch.from_numpy(np.ascontiguousarray(y))
    optimizer = torch.optim.Adam(_decayed(net, l2), lr=learning_rate, fused=True)
    loss = nn.CrossEntropyLoss()
    net.train()
    for _ in track(range(epochs), "training"):
        order = torch.from_numpy(rng.permutation(len(records)))
        batches = zip(torch.split(records[order], batch), torch.split(labels[order], batch), strict=True)
        for some, classes in batches:
            optimizer.zero_grad()
            loss(net(some), classes).backward()
            optimizer.step()
    net.eval()


@torch.inference_mode()
def softmax(net: nn.Module, X: Floats) -> Floats:
    """Return the posteriors ``(n, k)`` of ``net`` in float32."""
    answers: Floats = torch.softmax(net(torch.from_numpy(X)), dim=1).numpy()
    return answers


def _decayed(net: nn.Module, l2: float) -> list[dict[str, object]]:
    """Return parameter groups: ``l2 * sum(w ** 2)`` has gradient ``2 * l2 * w``; no biases."""
    weights = [p for p in net.parameters() if p.ndim > 1]
    biases = [p for p in net.parameters() if p.ndim == 1]
    return [{"params": weights, "weight_decay": 2 * l2}, {"params": biases}]
