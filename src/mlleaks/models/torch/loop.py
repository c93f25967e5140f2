"""The training loop of one network: all records in memory, one gather and one fused update per step.

Sparse records are gathered and their first layer is updated by `sparse_linear`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mlleaks.errors import InputError, ModelError, first_line
from mlleaks.models.settings import Learner
from mlleaks.models.sparse_input import Inputs, Rows, dense
from mlleaks.models.torch.epoch_losses import EpochLosses
from mlleaks.models.torch.keyed_dropout import advance, keyed, keys_of
from mlleaks.models.torch.sparse_linear import ActiveColumns, batches, first_layer, with_sparse_input
from mlleaks.progress import track
from mlleaks.runtime.threads import for_step
from mlleaks.types import Floats, Ints

_ANSWER_BATCH = 4096


@dataclass(frozen=True)
class Hooks:
    """What looks on while a network is trained; none changes a weight.

    Parameters
    ----------
    enough : function, optional
        After each epoch ``enough()`` may end the training (dense records only).
    losses : EpochLosses, optional
        Sees each batch's logits.
    """

    enough: Callable[[], bool] | None = None
    losses: EpochLosses | None = None


_NO_HOOKS = Hooks()


def train_network(
    net: nn.Module,
    X: Inputs,
    y: Ints | Floats,
    *,
    trainer: Learner,
    rng: np.random.Generator,
    hooks: Hooks = _NO_HOOKS,
) -> None:
    """Train ``net`` in place on ``X (n, ...)`` and classes ``y (n,)`` or posteriors ``y (n, k)``."""
    with for_step(operations(net, X, trainer.settings.batch)):
        _train_network(net, X, y, trainer=trainer, rng=rng, hooks=hooks)


def operations(net: nn.Module, X: Inputs, batch: int) -> float:
    """Return about how many arithmetic operations a step of training takes; infinite for images.

    Over flat records each weight is used once per record: forward, and twice backward, a product and
    a sum each time. Layers over images use theirs many times: such steps are large.
    """
    weights = sum(p.numel() for p in net.parameters())
    return 6.0 * batch * weights if len(X.shape) == 2 else math.inf


def _train_network(
    net: nn.Module,
    X: Inputs,
    y: Ints | Floats,
    *,
    trainer: Learner,
    rng: np.random.Generator,
    hooks: Hooks,
) -> None:
    settings = trainer.settings
    place = device(settings.device)
    labels = torch.from_numpy(np.ascontiguousarray(y)).to(place)
    first = with_sparse_input(net) if isinstance(X, Rows) else None
    channels_last = len(X.shape) == 4
    net.to(place).train()
    if channels_last:
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    narrowed = ActiveColumns(first, X, settings) if first else None
    take = narrowed.batch if narrowed else partial(_resident(X, place).index_select, 0)
    groups, keys = grouped(net), keys_of(net)
    objective = trainer.objective(rng) or cross_entropy

    def forward(some: Tensor) -> Tensor:
        logits: Tensor = net(some.permute(0, 3, 1, 2) if channels_last else some)
        if hooks.losses:
            hooks.losses.see(some, logits)
        return logits

    update = settings.optimizer.start([(groups[0], 2 * settings.l2), (groups[1], 0.0)])
    steps, step = max(1, settings.epochs * -(-len(y) // settings.batch)), 0
    for _ in track(range(settings.epochs), "training"):
        order = torch.from_numpy(rng.permutation(len(y))).to(place)
        for rows in torch.split(order, settings.batch):
            some: Any = take(rows)
            targets = labels[rows]
            if hooks.losses:
                hooks.losses.expect(some, rows, targets)
            with autocast(place, settings.precision):
                loss = objective(forward, some, targets)
            net.zero_grad(set_to_none=True)
            loss.backward()
            rate = settings.learning_rate * settings.schedule(step / steps)
            update(_gradients(groups), rate)
            if narrowed:
                narrowed.update(rate)
            advance(keys)
            step += 1
        if hooks.losses:
            hooks.losses.end_epoch()
        if hooks.enough and hooks.enough():
            break
    net.zero_grad(set_to_none=True)
    if narrowed:
        narrowed.finish()
    net.eval()


def cross_entropy(
    net: Callable[[Tensor], Tensor], some: Tensor, labels: Tensor, *, smoothing: float = 0.0
) -> Tensor:
    """Return the mean cross entropy of a batch; ``smoothing`` of each label is shared by all classes."""
    return nn.functional.cross_entropy(net(some).float(), labels, label_smoothing=smoothing)


def _resident(X: Inputs, place: torch.device) -> Tensor:
    """Return all records on their device, the numbers of each one together."""
    records = torch.from_numpy(dense(X)).to(place)
    return records.permute(0, 2, 3, 1).contiguous() if records.ndim == 4 else records


@torch.inference_mode()
def softmax(net: nn.Module, X: Inputs, *, place: torch.device | None = None) -> Floats:
    """Return the posteriors ``(n, k)`` of ``net`` in float32, computed where its weights are."""
    place = place or next((p.device for p in net.parameters()), torch.device("cpu"))
    parts = batches(net, X, _ANSWER_BATCH, place)
    with for_step(operations(net, X, min(len(X), _ANSWER_BATCH)) / 3):  # no backward pass
        answers: Floats = torch.cat([torch.softmax(net(some), dim=1).cpu() for some in parts]).numpy()
    return answers


def prepared(net: nn.Module, rng: np.random.Generator) -> nn.Module:
    """Return an untrained network, ready for all loops: its dropout layers have masks of their own."""
    if not isinstance(net, nn.Module):
        raise ModelError(
            f"a network of type {type(net).__name__}",
            expected="a torch.nn.Module",
            fix="Let build(shape, n_classes) return one.",
        )
    return keyed(net, rng)


def has_sparse_layer(net: nn.Module) -> bool:
    """Return whether a network's first layer was trained on sparse records."""
    return first_layer(net) is not None


def restored(net: nn.Module, state: dict[str, Any], *, sparse: bool) -> nn.Module:
    """Return ``net`` with weights from arrays, ready to answer."""
    if sparse:
        with_sparse_input(net)
    net.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in state.items()})
    if any(p.ndim == 4 for p in net.parameters()):
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net.eval()


def materialized(net: Any, shape: tuple[int, ...]) -> Any:
    """Return ``net``; its lazy layers, if it has any, get their weights by a record of zeros."""
    if isinstance(net, nn.Module) and any(nn.parameter.is_lazy(p) for p in net.parameters()):
        with torch.no_grad():
            net.eval()(torch.zeros(1, *shape))
        net.train()
    return net


@contextmanager
def seeded(rng: np.random.Generator) -> Iterator[None]:
    """Seed PyTorch's own generators from ``rng`` inside the block, and leave them as they were."""
    with torch.random.fork_rng():
        torch.manual_seed(int(rng.integers(2**63)))
        yield


def grouped(net: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Return the weights, which decay, and the biases (parameters of one axis), which do not."""
    trained = [p for p in net.parameters() if p.requires_grad]
    return [p for p in trained if p.ndim > 1], [p for p in trained if p.ndim <= 1]


def device(name: str) -> torch.device:
    """Return the device of this name, or say that it is not there."""
    try:
        place = torch.device(name)
        torch.empty(1, device=place)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(
            f"the device {name!r} ({first_line(error)})",
            expected="a device that PyTorch can use on this machine",
            fix='Pass device="cpu", or install a PyTorch build for your GPU and its driver.',
        ) from error
    return place


def devices() -> tuple[str, ...]:
    """Return the devices that PyTorch sees here."""
    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def autocast(place: torch.device, precision: str) -> torch.autocast:
    """Return the context in which products have this precision."""
    return torch.autocast(place.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def _gradients(groups: tuple[list[Tensor], list[Tensor]]) -> list[list[Tensor]]:
    """Return the gradients of all weights; zero for one that the loss does not depend on."""
    return [[p.grad if p.grad is not None else torch.zeros_like(p) for p in group] for group in groups]
