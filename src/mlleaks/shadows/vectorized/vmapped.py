"""Copies of any module trained as one program, by `torch.func`: stacked weights, one vmapped gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.modules.batchnorm import _NormBase

from mlleaks.errors import ModelError, first_line
from mlleaks.models import Adam, ConstantSchedule, NetworkTrainer
from mlleaks.models.network import InputScale
from mlleaks.models.sparse_input import dense
from mlleaks.models.torch import loop
from mlleaks.models.torch.keyed_dropout import KeyedDropout, advance
from mlleaks.progress import track
from mlleaks.runtime.threads import for_step
from mlleaks.shadows.vectorized.batches import Batches
from mlleaks.types import Dataset, Floats, Ints, Records

State = dict[str, Tensor]
"""Names of parameters or buffers, and their values for all models ``(K, ...)``."""

_TOLERANCE = 1e-5
"""Of posteriors after one step in float32: rounding stays far below, another function far above."""


class ModuleGroup:
    """``K`` networks of one structure.

    Parameters
    ----------
    trainer : NetworkTrainer
    untrained : sequence of Module
        The networks, which keep their weights: the group has copies.
    scales : sequence of InputScale or None
        How each model's inputs are scaled.
    """

    def __init__(
        self, trainer: NetworkTrainer, untrained: Sequence[nn.Module], scales: Sequence[InputScale | None]
    ) -> None:
        self.trainer, self.net, self.scales = trainer, untrained[0], scales
        self.place = loop.device(trainer.settings.device)
        trained = {name for name, p in self.net.named_parameters() if p.requires_grad}
        states = [dict(_named(net)) for net in untrained]
        stacked = {
            name: torch.stack([state[name].detach() for state in states]).to(self.place) for name in states[0]
        }
        self.weights: State = {name: t for name, t in stacked.items() if name in trained}
        self.rest: State = {name: t for name, t in stacked.items() if name not in trained}
        self.keys = [
            self.rest[f"{name}.key" if name else "key"]
            for name, layer in self.net.named_modules()
            if isinstance(layer, KeyedDropout)
        ]

    def train(self, X: Floats, y: Ints, members: Sequence[Ints], rngs: Sequence[np.random.Generator]) -> None:
        """Train all networks on the inputs ``X (n, ...)``, each on its members of them."""
        settings = self.trainer.settings
        records, labels = torch.from_numpy(X).to(self.place), torch.tensor(y, device=self.place)
        mean, deviation = self._scaling()
        batches = Batches(members, settings.batch)
        # a weight of one axis is a bias; in a group it has two
        names = [[n for n, w in self.weights.items() if (w.ndim > 2) is decays] for decays in (True, False)]
        decaying, constant = ([self.weights[name] for name in part] for part in names)
        update = settings.optimizer.start([(decaying, 2 * settings.l2), (constant, 0.0)])
        slopes = vmap(grad(self._loss), randomness="error")
        self.net.train()
        done, total = 0, max(1, settings.epochs * len(batches.sizes))
        for _ in track(range(settings.epochs), "training"):
            for rows, some, shares in batches.epoch(labels, rngs):
                x = records[rows]
                if mean is not None and deviation is not None:
                    x = x.sub_(mean).div_(deviation)
                gradients = slopes(self.weights, self.rest, x, some, shares)
                update(
                    [[gradients[name].contiguous() for name in part] for part in names],
                    settings.learning_rate * settings.schedule(done / total),
                )
                advance(self.keys)
                done += 1
        self.net.eval()

    @torch.inference_mode()
    def posteriors(self, X: Records) -> Iterator[Floats]:
        """Yield each model's softmax ``(n, k)`` in float32."""
        inputs = dense(self.trainer.inputs(X))
        self.net.eval()
        for model, scale in enumerate(self.scales):
            state = {name: t[model] for name, t in (self.weights | self.rest).items()}
            net = _Stateful(self.net, state)
            yield loop.softmax(net, scale(inputs) if scale else inputs, place=self.place)

    def _loss(self, weights: State, rest: State, x: Tensor, labels: Tensor, shares: Tensor) -> Tensor:
        with loop.autocast(self.place, self.trainer.settings.precision):
            logits = functional_call(self.net, weights | rest, (x,))
        each = nn.functional.cross_entropy(logits.float(), labels, reduction="none")
        return (each * shares).sum()

    def _scaling(self) -> tuple[Tensor | None, Tensor | None]:
        scales = [scale for scale in self.scales if scale is not None]
        if not scales:
            return None, None
        parts = (np.stack([s.mean for s in scales]), np.stack([s.deviation for s in scales]))
        mean, deviation = (torch.from_numpy(part).unsqueeze(1).to(self.place) for part in parts)
        return mean, deviation


class _Stateful(nn.Module):
    """A network with a state that is not its own."""

    def __init__(self, net: nn.Module, state: State) -> None:
        super().__init__()
        self.call = partial(functional_call, net, state)

    def forward(self, x: Tensor) -> Any:
        """Return the network's logits."""
        return self.call((x,))


def train_modules(
    trainer: NetworkTrainer, data: Dataset, members: Sequence[Ints], rngs: Sequence[np.random.Generator]
) -> ModuleGroup:
    """Return one network for each entry of ``members``; see `train_perceptrons`."""
    X = dense(trainer.inputs(data.X))
    untrained = _untrained(trainer, X, data.n_classes, rngs)
    group = ModuleGroup(trainer, untrained, [trainer.scale(X[rows]) for rows in members])
    with for_step(len(untrained) * loop.operations(untrained[0], X, trainer.settings.batch)):
        group.train(X, data.y, members, rngs)
    return group


def why_alone(trainer: NetworkTrainer, data: Dataset) -> str | None:
    """Return why the networks of ``trainer`` cannot be trained in groups; None if they can.

    Parameters
    ----------
    trainer : NetworkTrainer
    data : Dataset
        A few records are enough: two networks make one step with them.
    """
    X, n = dense(trainer.inputs(data.X)), len(data)
    members = [np.arange(n), np.arange(max(1, n - 1))]
    rngs = [np.random.default_rng(seed) for seed in range(2)]
    untrained = _untrained(trainer, X, data.n_classes, rngs)
    for layer in untrained[0].modules():
        if isinstance(layer, _NormBase):
            return f"{type(layer).__name__} mixes the records of a batch or keeps state over batches"
    one_step = replace(
        trainer.settings,
        epochs=1,
        batch=n,
        learning_rate=0.001,
        schedule=ConstantSchedule(),
        optimizer=Adam(eps=1e-5),  # a gradient that is only rounding moves nothing
        precision="float32",
    )
    once = trainer.with_settings(one_step)
    try:
        group = ModuleGroup(once, untrained, [trainer.scale(X[rows]) for rows in members])
        before = {name: t.clone() for name, t in group.rest.items() if not any(t is k for k in group.keys)}
        group.train(X, data.y, members, rngs)
        in_group = list(group.posteriors(data.X))
    except (MemoryError, RuntimeError, ValueError, NotImplementedError) as error:
        return f"torch.func cannot vectorize it ({first_line(error)})"
    if changed := [name for name, t in before.items() if not torch.equal(t, group.rest[name])]:
        return f"it keeps state over batches ({', '.join(changed)})"
    return None if _same(once, data, members, in_group) else "its numbers in a group are not those alone"


def _same(
    trainer: NetworkTrainer, data: Dataset, members: Sequence[Ints], in_group: Sequence[Floats]
) -> bool:
    """Return whether the models of a group answer what they would answer alone."""
    for seed, (rows, answers) in enumerate(zip(members, in_group, strict=True)):
        alone = trainer(data.take(rows), np.random.default_rng(seed)).predict_proba(data.X)
        if not np.allclose(answers, alone, rtol=0, atol=_TOLERANCE, equal_nan=True):
            return False
    return True


def require_logits(trainer: NetworkTrainer, data: Dataset) -> None:
    """Raise `ModelError` unless an untrained network answers a logit for each class.

    Parameters
    ----------
    trainer : NetworkTrainer
    data : Dataset
        A few records are enough.
    """
    X = dense(trainer.inputs(data.X))
    net = trainer.network(X.shape[1:], data.n_classes, np.random.default_rng(0))
    if not isinstance(net, nn.Module):
        return  # said by `loop.prepared`
    with torch.inference_mode():
        logits = net.eval()(torch.from_numpy(X))
    shape = tuple(getattr(logits, "shape", ()))
    if shape != (len(X), data.n_classes):
        raise ModelError(
            f"a network that answers {shape or type(logits).__name__} to {len(X)} records",
            expected=f"logits of shape ({len(X)}, {data.n_classes}), one per class",
            fix="Let build(shape, n_classes) return a network whose last layer has n_classes outputs.",
        )


def _untrained(
    trainer: NetworkTrainer, X: Floats, n_classes: int, rngs: Sequence[np.random.Generator]
) -> list[nn.Module]:
    return [loop.prepared(trainer.network(X.shape[1:], n_classes, rng), rng) for rng in rngs]


def _named(net: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from net.named_parameters()
    yield from net.named_buffers()
