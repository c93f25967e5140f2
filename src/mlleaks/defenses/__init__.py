"""Defenses: trainer to trainer or model to model, one file per defense."""

from __future__ import annotations

from mlleaks.defenses.dense_dropout import dense_dropout
from mlleaks.defenses.distillation import DistilledTrainer, distillation
from mlleaks.defenses.dp_sgd import PrivateModel, PrivateTrainer, dp_sgd
from mlleaks.defenses.dropout import DropoutTrainer, dropout
from mlleaks.defenses.early_stopping import EarlyStoppingTrainer, early_stopping
from mlleaks.defenses.facets import changes_answers, held_out_share
from mlleaks.defenses.holdout import without_held_out
from mlleaks.defenses.label_smoothing import SmoothingTrainer, label_smoothing
from mlleaks.defenses.masked_models import MaskedModel, MaskedTrainer, mask_model, mask_trainer
from mlleaks.defenses.memguard import MemGuard, MemGuardTrainer, memguard
from mlleaks.defenses.mixup import MixUpTrainer, mixup
from mlleaks.defenses.output_masks import LabelOnly, Rounded, Temperature, TopK
from mlleaks.defenses.self_distillation import SelfDistilledTrainer, self_distillation
from mlleaks.defenses.sklearn_stacking import StackedDefense
from mlleaks.defenses.spec import Defense, DefenseSpec
from mlleaks.defenses.stacking import StackedModel, StackingTrainer, stacking
from mlleaks.defenses.weight_decay import weight_decay
from mlleaks.runtime.registry import Registry

REGISTRY: Registry[DefenseSpec] = Registry(__name__, "DEFENSES", "defense")
"""All defenses by name."""

__all__ = [
    "REGISTRY",
    "Defense",
    "DefenseSpec",
    "DistilledTrainer",
    "DropoutTrainer",
    "EarlyStoppingTrainer",
    "LabelOnly",
    "MaskedModel",
    "MaskedTrainer",
    "MemGuard",
    "MemGuardTrainer",
    "MixUpTrainer",
    "PrivateModel",
    "PrivateTrainer",
    "Rounded",
    "SelfDistilledTrainer",
    "SmoothingTrainer",
    "StackedDefense",
    "StackedModel",
    "StackingTrainer",
    "Temperature",
    "TopK",
    "changes_answers",
    "dense_dropout",
    "distillation",
    "dp_sgd",
    "dropout",
    "early_stopping",
    "held_out_share",
    "label_smoothing",
    "mask_model",
    "mask_trainer",
    "memguard",
    "mixup",
    "self_distillation",
    "stacking",
    "weight_decay",
    "without_held_out",
]
