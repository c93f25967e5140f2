"""Many perceptrons trained as one program: batched matrix products, one fused optimizer step.

Every model has its own start, records, order and generator, and gets the numbers that it would get
alone (`tests/test_shadows.py` holds them against each other). The backward pass is written out, so
that every product goes into memory that is reused: nothing is allocated in the loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mlleaks.models.nets import MLPTrainer, flat
from mlleaks.models.networks import perceptron
from mlleaks.progress import track
from mlleaks.types import Dataset, Floats, Ints, Records


class PerceptronStack:
    """``K`` trained perceptrons.

    Parameters
    ----------
    weights : list of Tensor
        Hidden weights ``(K, d, h)`` and biases ``(K, 1, h)``, output weights ``(K, h, k)`` and
        biases ``(K, 1, k)``.
    """

    def __init__(self, weights: list[Tensor]) -> None:
        self.weights = weights

    @torch.inference_mode()
    def posteriors(self, X: Records) -> Iterator[Floats]:
        """Yield each model's softmax ``(n, k)`` in float32."""
        records = torch.from_numpy(flat(X))
        for hidden, bias, out, out_bias in zip(*self.weights, strict=True):
            logits = torch.tanh(records @ hidden + bias) @ out + out_bias
            yield torch.softmax(logits, dim=1).numpy()


def train_stack(
    trainer: MLPTrainer, data: Dataset, members: Sequence[Ints], rngs: Sequence[np.random.Generator]
) -> PerceptronStack:
    """Return one model for each entry of ``members``, all of one length, as ``trainer`` makes them.

    Parameters
    ----------
    trainer : MLPTrainer
    data : Dataset
        All records; model ``i`` is trained on those at ``members[i]``.
    members : sequence of int arrays (n,)
    rngs : sequence of generators
        One a model; used up as the trainer alone would.
    """
    X = torch.from_numpy(flat(data.X))
    weights = _started(trainer, X.shape[1], data.n_classes, rngs)
    for tensor in weights:
        tensor.grad = torch.zeros_like(tensor)
    groups: list[dict[str, Any]] = [
        {"params": weights[::2], "weight_decay": 2 * trainer.l2},
        {"params": weights[1::2]},
    ]
    optimizer = torch.optim.Adam(groups, lr=trainer.learning_rate, fused=True)
    n = len(members[0])
    sizes = [min(trainer.batch, n - start) for start in range(0, n, trainer.batch)]
    steps = {size: _Step(weights, size) for size in set(sizes)}
    done, total = 0, trainer.epochs * len(sizes)
    for _ in track(range(trainer.epochs), "training"):
        orders = [rows[rng.permutation(n)] for rows, rng in zip(members, rngs, strict=True)]
        rows = torch.from_numpy(np.stack(orders))
        labels = torch.from_numpy(data.y)[rows]
        batches = zip(rows.split(sizes, dim=1), labels.split(sizes, dim=1), strict=True)  # type: ignore[no-untyped-call]
        for size, (some, classes) in zip(sizes, batches, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = trainer.learning_rate * trainer.schedule(done / total)
            steps[size].gradients(X, some, classes)
            optimizer.step()
            done += 1
    return PerceptronStack(weights)


class _Step:
    """The memory of one step for batches of one size, and the gradients computed in it."""

    def __init__(self, weights: list[Tensor], size: int) -> None:
        self.weights = weights
        models, width, hidden = weights[0].shape
        classes = weights[2].shape[2]
        self.x = torch.empty(models, size, width)
        self.h, self.dh = torch.empty(models, size, hidden), torch.empty(models, size, hidden)
        self.z = torch.empty(models, size, classes)
        self.minus_one = torch.full((models, size, 1), -1.0)
        self.size = size

    def gradients(self, X: Tensor, rows: Tensor, labels: Tensor) -> None:
        """Write the gradients of the mean cross entropy into the weights' ``grad``."""
        w1, b1, w2, b2 = self.weights
        x, h, z, dh = self.x, self.h, self.z, self.dh
        torch.index_select(X, 0, rows.reshape(-1), out=x.view(-1, X.shape[1]))
        torch.bmm(x, w1, out=h)
        h.add_(b1).tanh_()
        torch.bmm(h, w2, out=z)
        torch.softmax(z.add_(b2), dim=2, out=z)
        z.scatter_add_(2, labels.unsqueeze(2), self.minus_one).div_(self.size)  # d loss / d logits
        torch.bmm(h.transpose(1, 2), z, out=w2.grad)
        torch.sum(z, 1, keepdim=True, out=b2.grad)
        torch.bmm(z, w2.transpose(1, 2), out=dh)
        dh.mul_(h.mul_(h).neg_().add_(1))  # tanh' = 1 - tanh ** 2
        torch.bmm(x.transpose(1, 2), dh, out=w1.grad)
        torch.sum(dh, 1, keepdim=True, out=b1.grad)


def _started(
    trainer: MLPTrainer, width: int, n_classes: int, rngs: Sequence[np.random.Generator]
) -> list[Tensor]:
    nets = [perceptron(width, trainer.hidden, n_classes, rng) for rng in rngs]
    layers = [list(net.parameters()) for net in nets]
    hidden, bias, out, out_bias = (
        torch.stack([p.detach() for p in column]) for column in zip(*layers, strict=True)
    )
    transposed = [hidden.transpose(1, 2), bias.unsqueeze(1), out.transpose(1, 2), out_bias.unsqueeze(1)]
    return [tensor.contiguous() for tensor in transposed]
