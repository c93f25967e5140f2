"""What a classifier is: how to ask it, and how targets and shadows are trained."""

from __future__ import annotations

from mlleaks.models.choose import as_trainer, like
from mlleaks.models.cnn import CNNTrainer
from mlleaks.models.describe import described
from mlleaks.models.estimators import SklearnTrainer, aligned, as_rows, of_rows
from mlleaks.models.interface import class_names, require_model
from mlleaks.models.mlp import MLPTrainer
from mlleaks.models.modules import ModuleTrainer
from mlleaks.models.nets import NetTrainer
from mlleaks.models.observe import ask, observe
from mlleaks.models.optimizers import SGD, Adam
from mlleaks.models.saved import load_model, save_model
from mlleaks.models.schedules import Constant, Settling
from mlleaks.models.training import trained

__all__ = [
    "SGD",
    "Adam",
    "CNNTrainer",
    "Constant",
    "MLPTrainer",
    "ModuleTrainer",
    "NetTrainer",
    "Settling",
    "SklearnTrainer",
    "aligned",
    "as_rows",
    "as_trainer",
    "ask",
    "class_names",
    "described",
    "like",
    "load_model",
    "observe",
    "of_rows",
    "require_model",
    "save_model",
    "trained",
]
