"""What a classifier is: how to ask it, and how targets and shadows are trained."""

from __future__ import annotations

from mlleaks.models.choose import as_trainer, like
from mlleaks.models.estimators import SklearnTrainer
from mlleaks.models.nets import CNNTrainer, MLPTrainer, NetTrainer
from mlleaks.models.observe import ask, observe
from mlleaks.models.schedules import Constant, Settling

__all__ = [
    "CNNTrainer",
    "Constant",
    "MLPTrainer",
    "NetTrainer",
    "Settling",
    "SklearnTrainer",
    "as_trainer",
    "ask",
    "like",
    "observe",
]
