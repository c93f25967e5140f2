"""The training loop: all records in memory, one gather an epoch, one fused step a batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from mlleaks.models.schedules import Schedule
from mlleaks.progress import track
from mlleaks.types import Floats, Ints

_ANSWER_BATCH = 4096


def fit(
    net: nn.Module,
    X: Floats,
    y: Ints,
    *,
    epochs: int,
    batch: int,
    learning_rate: float,
    l2: float,
    schedule: Schedule,
    rng: np.random.Generator,
) -> None:
    """Train ``net`` in place on ``X (n, ...)`` and ``y (n,)``, in a fresh random order each epoch."""
    records, labels = torch.from_numpy(X), torch.from_numpy(np.ascontiguousarray(y))
    optimizer = torch.optim.Adam(_decayed(net, l2), lr=learning_rate, fused=True)
    loss = nn.CrossEntropyLoss()
    steps, step = max(1, epochs * -(-len(records) // batch)), 0
    net.train()
    for _ in track(range(epochs), "training"):
        order = torch.from_numpy(rng.permutation(len(records)))
        batches = zip(torch.split(records[order], batch), torch.split(labels[order], batch), strict=True)
        for some, classes in batches:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * schedule(step / steps)
            optimizer.zero_grad()
            loss(net(some), classes).backward()
            optimizer.step()
            step += 1
    net.eval()


@torch.inference_mode()
def softmax(net: nn.Module, X: Floats) -> Floats:
    """Return the posteriors ``(n, k)`` of ``net`` in float32."""
    batches = torch.split(torch.from_numpy(X), _ANSWER_BATCH)
    answers: Floats = torch.cat([torch.softmax(net(some), dim=1) for some in batches]).numpy()
    return answers


def _decayed(net: nn.Module, l2: float) -> list[dict[str, object]]:
    """Return parameter groups: ``l2 * sum(w ** 2)`` has gradient ``2 * l2 * w``; no biases."""
    weights = [p for p in net.parameters() if p.ndim > 1]
    biases = [p for p in net.parameters() if p.ndim == 1]
    return [{"params": weights, "weight_decay": 2 * l2}, {"params": biases}]
