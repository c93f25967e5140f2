"""Shadow models that answer as poorly as the service does: an attacker learns from what there is to see."""

from __future__ import annotations

from typing import Any

from mlleaks.defenses import LabelOnly, Rounded, TopK, mask_trainer
from mlleaks.defenses.masked_models import Mask
from mlleaks.runtime.foreign_code import attribute
from mlleaks.types import Model, Trainer

LABEL_ONLY = "label-only"


def answers_label_only(model: Model) -> bool:
    """Return whether a service answers the class and no score."""
    return any(mask.kind == LABEL_ONLY for mask in _descriptions(model))


def masks_of(model: Model) -> tuple[Mask, ...]:
    """Return the masks that make another model answer as this one does; none for a model in this process."""
    made: dict[str, Any] = {"top-k": TopK, "rounded": Rounded, LABEL_ONLY: lambda _: LabelOnly()}
    return tuple(made[mask.kind](mask.value) for mask in _descriptions(model))


def masked_alike(trainer: Trainer, model: Model) -> Trainer:
    """Return a trainer whose models answer as poorly as ``model``.

    Examples
    --------
    >>> masked_alike("a trainer", "a model that is no service")
    'a trainer'
    """
    for mask in masks_of(model):
        trainer = mask_trainer(trainer, mask)
    return trainer


def _descriptions(model: Model) -> tuple[Any, ...]:
    return tuple(attribute(model, "output_masks") or ())
