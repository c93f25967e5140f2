"""All defenses by name, with the settings that they have by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from mlleaks.defenses.distillation import distillation
from mlleaks.defenses.dp_sgd import dp_sgd
from mlleaks.defenses.dropout import dropout
from mlleaks.defenses.early_stopping import early_stopping
from mlleaks.defenses.label_smoothing import label_smoothing
from mlleaks.defenses.masked import masking
from mlleaks.defenses.masks import LabelOnly, Rounded, Temperature, TopK
from mlleaks.defenses.memguard import memguard
from mlleaks.defenses.mixup import mixup
from mlleaks.defenses.self_distillation import self_distillation
from mlleaks.defenses.stacking import stacking
from mlleaks.defenses.weight_decay import weight_decay
from mlleaks.errors import InputError, MissingExtra
from mlleaks.models import NetTrainer
from mlleaks.types import Trainer

Defense: TypeAlias = Callable[[Trainer], Trainer]
"""``defense(trainer) -> Trainer``."""

NETWORKS = ("dropout", "stacking", "early-stopping", "self-distillation", "memguard")
"""What a network is tried with unless one says otherwise ..."""
OTHERS = ("stacking", "memguard", "top-1", "rounding", "label-only")
"""... and any other algorithm."""


def catalogue() -> dict[str, Defense]:
    """Return every defense by its name.

    Examples
    --------
    >>> list(catalogue())[:3]
    ['dropout', 'stacking', 'weight-decay']
    """
    return {
        "dropout": dropout,
        "stacking": stacking,
        "weight-decay": weight_decay,
        "early-stopping": early_stopping,
        "label-smoothing": label_smoothing,
        "mixup": mixup,
        "distillation": distillation,
        "self-distillation": self_distillation,
        "dp-sgd": dp_sgd,
        "memguard": memguard,
        "temperature": partial(masking, mask=Temperature()),
        "top-1": partial(masking, mask=TopK(1)),
        "rounding": partial(masking, mask=Rounded(1)),
        "label-only": partial(masking, mask=LabelOnly()),
    }


def usual(trainer: Trainer) -> tuple[str, ...]:
    """Return the names of five defenses that fit a trainer."""
    return NETWORKS if isinstance(trainer, NetTrainer) else OTHERS


def fitting(trainer: Trainer) -> tuple[dict[str, Defense], dict[str, str]]:
    """Return all defenses that fit a trainer and can be had here, and why the others do not."""
    fit, unfit = {}, {}
    for name, defense in catalogue().items():
        try:
            defense(trainer)
        except (InputError, MissingExtra) as error:
            unfit[name] = str(error)
        else:
            fit[name] = defense
    return fit, unfit


def chosen(names: Sequence[str]) -> Mapping[str, Defense]:
    """Return the defenses of these names.

    Raises
    ------
    InputError
        There is none of a name; the message lists those that there are.
    """
    known = catalogue()
    for name in names:
        if name not in known:
            raise InputError(
                f"the defense {name!r}", expected=f"one of {', '.join(known)}", fix="Pass one of them."
            )
    return {name: known[name] for name in names}
