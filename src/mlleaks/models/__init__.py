"""What a classifier is: how to ask it, and how targets and shadows are trained."""

from __future__ import annotations

from mlleaks.models.choose import as_trainer, described, like
from mlleaks.models.estimators import SklearnTrainer, aligned
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
    "aligned",
    "as_trainer",
    "ask",
    "described",
    "like",
    "observe",
]
