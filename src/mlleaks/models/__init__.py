"""What a classifier is: how to ask it, and how targets and shadows are trained."""

from __future__ import annotations

from mlleaks.models.alignment import aligned
from mlleaks.models.cnn import CNNTrainer
from mlleaks.models.mlp import MLPTrainer
from mlleaks.models.module import ModuleTrainer
from mlleaks.models.network import NetTrainer
from mlleaks.models.resolve import as_trainer, like
from mlleaks.models.schedules import Constant, Settling
from mlleaks.models.scikit_learn import SklearnTrainer, as_rows, of_rows
from mlleaks.models.serialization import load_model, save_model
from mlleaks.models.torch.optimizers import SGD, Adam
from mlleaks.models.training import trained
from mlleaks.outputs.interface import class_names, require_model
from mlleaks.outputs.query import ask, observe
from mlleaks.storage.fingerprint import described

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
