"""The training loop of DP-SGD: per-record gradients, clipped and with noise, by Opacus."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from opacus import GradSampleModule
from opacus.accountants import RDPAccountant
from opacus.accountants.utils import get_noise_multiplier
from opacus.optimizers import DPOptimizer
from opacus.validators import ModuleValidator
from torch import Tensor, nn

from mlleaks.errors import InputError, first_line
from mlleaks.models.sparse_input import Inputs, dense
from mlleaks.models.torch.keyed_dropout import advance, keys_of
from mlleaks.models.torch.loop import cross_entropy, device, grouped
from mlleaks.progress import track
from mlleaks.types import Ints

if TYPE_CHECKING:
    from mlleaks.models.settings import TrainingSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Privacy:
    """The privacy that training may spend.

    Parameters
    ----------
    epsilon : float
        Above 0.
    delta : float
        In (0, 1).
    clip : float
        The largest norm of one record's gradient, above 0.
    """

    epsilon: float
    delta: float
    clip: float


def train_privately(
    net: nn.Module,
    X: Inputs,
    y: Ints,
    *,
    settings: TrainingSettings,
    privacy: Privacy,
    rng: np.random.Generator,
) -> float:
    """Train ``net`` in place within a privacy budget; return the epsilon that was spent.

    Each step draws every record with probability ``batch / n``, as the accountant assumes.

    Parameters
    ----------
    net : Module
        The untrained network.
    X : Inputs (n, ...)
    y : int array (n,)
        The class of each record.
    settings : TrainingSettings
        In float32.
    privacy : Privacy
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        A layer mixes records (batch norm, say), or Opacus has no per-record gradient for it.
    """
    _require_trainable(net, settings)
    if settings.epochs == 0:
        net.eval()
        return 0.0
    if privacy.delta >= 1 / len(y):
        log.warning(
            "delta %g is not below one in %d records: the guarantee says little", privacy.delta, len(y)
        )
    place, n = device(settings.device), len(y)
    records = torch.from_numpy(dense(X)).to(place)
    labels = torch.from_numpy(np.ascontiguousarray(y)).to(place)
    rate = min(1.0, settings.batch / n)
    steps = settings.epochs * -(-n // settings.batch)
    multiplier = _noise(privacy, rate=rate, steps=steps)
    net.to(place).train()
    keys = keys_of(net)
    separate: Any = GradSampleModule(net, loss_reduction="mean")
    weights, biases = groups = grouped(net)
    private = DPOptimizer(
        torch.optim.SGD([*weights, *biases], lr=1.0),  # clips and adds noise; the update is the trainer's
        noise_multiplier=multiplier,
        max_grad_norm=privacy.clip,
        expected_batch_size=max(1, round(n * rate)),
        generator=torch.Generator(device=place).manual_seed(int(rng.integers(2**63))),
    )
    update = settings.optimizer.start([(weights, 2 * settings.l2), (biases, 0.0)])
    accountant = RDPAccountant()
    for step in track(range(steps), "training"):
        rows = torch.from_numpy(np.flatnonzero(rng.random(n) < rate)).to(place)
        private.zero_grad()
        _record_gradients(separate, records[rows], labels[rows])
        private.pre_step()
        slopes: Any = [[p.grad for p in group] for group in groups]
        update(slopes, settings.learning_rate * settings.schedule(step / steps))
        accountant.step(noise_multiplier=multiplier, sample_rate=rate)
        advance(keys)
    _forget_gradients(net, separate)
    with _without_known_warnings():
        return float(accountant.get_epsilon(privacy.delta))


def _require_trainable(net: nn.Module, settings: TrainingSettings) -> None:
    require_separable(net)
    if settings.precision != "float32":
        raise InputError(
            f"DP-SGD in {settings.precision}",
            expected="float32",
            fix='Leave precision out, or pass "float32".',
        )


def _record_gradients(separate: Any, records: Tensor, labels: Tensor) -> None:
    """Give every weight the gradient of each record's loss, ``(n, ...)``; there may be no record."""
    if len(records):
        with _without_known_warnings():
            cross_entropy(separate, records, labels).backward()  # type: ignore[no-untyped-call]
    else:
        for p in separate.parameters():
            if p.requires_grad:
                p.grad_sample = torch.zeros((0, *p.shape), device=records.device)


def _forget_gradients(net: nn.Module, separate: Any) -> None:
    """Leave nothing of the training in a network that is to answer."""
    separate.to_standard_module().zero_grad(set_to_none=True)
    for p in net.parameters():  # sums of clipped gradients before the noise must not leave with the model
        for name in [name for name in vars(p) if not name.startswith("__")]:
            delattr(p, name)
    net.eval()


@contextmanager
def _without_known_warnings() -> Iterator[None]:
    """Keep Opacus from speaking of other Renyi orders, and PyTorch of Opacus's hooks."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Full backward hook", UserWarning)
        warnings.filterwarnings("ignore", "Optimal order", UserWarning)
        yield


def _noise(privacy: Privacy, *, rate: float, steps: int) -> float:
    """Return the noise multiplier that spends this much privacy."""
    try:
        with _without_known_warnings():
            return float(
                get_noise_multiplier(
                    target_epsilon=privacy.epsilon,
                    target_delta=privacy.delta,
                    sample_rate=rate,
                    steps=steps,
                    accountant="rdp",
                )
            )
    except ValueError as error:
        raise InputError(
            f"epsilon={privacy.epsilon} for {steps} steps on {rate:.1%} of the records each "
            f"({first_line(error)})",
            expected="an epsilon that some noise can reach",
            fix="Pass a larger epsilon, fewer epochs, or smaller batches.",
        ) from error


def require_separable(net: nn.Module) -> None:
    """Raise `InputError` that names the layer unless every gradient can be had for each record."""
    if not any(p.requires_grad for p in net.parameters()):
        raise InputError(
            "a network without weights to train", expected="at least one", fix="Let some ask for a gradient."
        )
    own = [name for name, _ in net.named_parameters(recurse=False)]
    if own:
        raise InputError(
            f"the weights {', '.join(own)}, which belong to no layer, in a network for DP-SGD",
            expected="weights in layers that Opacus knows",
            fix="Put them into torch.nn layers.",
        )
    for name, layer in net.named_modules():
        errors = ModuleValidator.validate(nn.Sequential(layer), strict=False) if name else []
        if errors:
            why = first_line(errors[0]).split(". ")[0]
            raise InputError(
                f"the layer {name} ({type(layer).__name__}) for DP-SGD ({why})",
                expected="layers that treat each record by itself",
                fix="Replace it: batch norm by torch.nn.GroupNorm, for instance.",
            )
