"""Defenses: each takes a trainer or a model and returns one, so that they compose."""

from __future__ import annotations

from mlleaks.defenses.dropout import DropoutTrainer, dropout
from mlleaks.defenses.estimator import StackedDefense
from mlleaks.defenses.stacking import StackedModel, StackingTrainer, stacking

__all__ = ["DropoutTrainer", "StackedDefense", "StackedModel", "StackingTrainer", "dropout", "stacking"]
