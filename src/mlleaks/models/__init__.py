"""How classifiers are trained, found for an estimator, saved; PyTorch only in `models.torch`."""

from __future__ import annotations

from mlleaks.models.cnn import CNNTrainer
from mlleaks.models.loss_statistics import loss_trace_iqr, tail_statistic
from mlleaks.models.loss_trace import LossTrace
from mlleaks.models.mlp import MLPTrainer
from mlleaks.models.model_losses import model_losses
from mlleaks.models.module import ModuleTrainer
from mlleaks.models.network import NetworkTrainer, PlainTrainer
from mlleaks.models.resolve import TrainerSource, as_trainer, trainer_like, trainer_source
from mlleaks.models.schedules import ConstantSchedule, ConstantThenDecay
from mlleaks.models.scikit_learn import SklearnTrainer, as_rows, of_rows
from mlleaks.models.serialization import load_model, save_model
from mlleaks.models.settings import TrainingSettings
from mlleaks.models.torch.optimizers import SGD, Adam
from mlleaks.models.training import train_model

__all__ = [
    "SGD",
    "Adam",
    "CNNTrainer",
    "ConstantSchedule",
    "ConstantThenDecay",
    "LossTrace",
    "MLPTrainer",
    "ModuleTrainer",
    "NetworkTrainer",
    "PlainTrainer",
    "SklearnTrainer",
    "TrainerSource",
    "TrainingSettings",
    "as_rows",
    "as_trainer",
    "load_model",
    "loss_trace_iqr",
    "model_losses",
    "of_rows",
    "save_model",
    "tail_statistic",
    "train_model",
    "trainer_like",
    "trainer_source",
]
