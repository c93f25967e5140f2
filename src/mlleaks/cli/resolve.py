"""Where names on the command line become objects: trainers, backends, signals, records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlleaks.cli.options import BackendName, SignalName, TrainerName
from mlleaks.errors import InputError

if TYPE_CHECKING:
    from mlleaks.outputs.signals import Signal
    from mlleaks.shadows import Backend
    from mlleaks.types import Dataset, Trainer


def estimator_of(name: str, records: Any = None) -> Any:
    """Return the estimator or trainer of this name.

    Parameters
    ----------
    name : str
        One of `TrainerName`, or package.module:attribute.
    records : array, sparse matrix or DataFrame, optional
        What it will be trained on: an estimator of rows gets images as rows.

    Raises
    ------
    InputError, ModelError
        The attribute cannot be imported, or is no trainer: see `mlleaks.targets.load_trainer`.
    """
    if name not in set(TrainerName):
        from mlleaks.targets import load_trainer

        return load_trainer(name)
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    from mlleaks.models import CNNTrainer, MLPTrainer, of_rows

    estimators: dict[str, Any] = {
        TrainerName.BOOSTING: HistGradientBoostingClassifier(),
        TrainerName.CNN: CNNTrainer(),
        TrainerName.FOREST: RandomForestClassifier(),
        TrainerName.LOGISTIC: LogisticRegression(max_iter=1000),
        TrainerName.MLP: MLPTrainer(),
        TrainerName.TREE: DecisionTreeClassifier(),
    }
    estimator = estimators[name]
    needs_rows = hasattr(estimator, "fit") and getattr(records, "ndim", 2) > 2
    return of_rows(estimator) if needs_rows else estimator


def trainer_of(name: str, X: Any, **settings: Any) -> Trainer:
    """Return the trainer of this name.

    Parameters
    ----------
    name : str
        One of `TrainerName`, or package.module:attribute.
    X : array, sparse matrix or DataFrame
        The records that it will be trained on.
    **settings
        Fields of a network's settings; None leaves the default.

    Raises
    ------
    InputError
        A setting for a trainer that is no network, or a value that does not fit.
    """
    from mlleaks.models import NetworkTrainer, as_trainer

    trainer = as_trainer(estimator_of(name, X))
    changes = {key: value for key, value in settings.items() if value is not None}
    if not changes:
        return trainer
    if not isinstance(trainer, NetworkTrainer):
        options = ", ".join(f"--{key}" for key in changes)
        raise InputError(f"{options} for {name}", expected="cnn or mlp", fix=f"Omit {options}.")
    return trainer.with_settings(replace(trainer.settings, **changes))


def backend_of(name: str, *, jobs: int | None = None, address: str | None = None, gpus: float = 0) -> Backend:
    """Return the backend of this name.

    Raises
    ------
    InputError
        An option that belongs to another backend.
    """
    from mlleaks.shadows import InProcess, Processes, RayCluster

    if name != BackendName.RAY and (address is not None or gpus):
        raise InputError(
            f"--address or --gpus with --backend {name}",
            expected="--backend ray",
            fix="Pass --backend ray, or omit them.",
        )
    if jobs is not None and name != BackendName.PROCESSES and (name, jobs) != (BackendName.IN_PROCESS, 1):
        raise InputError(
            f"--jobs {jobs} with --backend {name}",
            expected="--backend processes (in-process is --jobs 1)",
            fix="Pass --backend processes, or omit --jobs.",
        )
    backends: dict[str, Backend] = {
        BackendName.PROCESSES: Processes(-1 if jobs is None else jobs),
        BackendName.IN_PROCESS: InProcess(),
        BackendName.RAY: RayCluster(address=address, gpus=gpus),
    }
    return backends[name]


def device_of(name: str) -> str | None:
    """Return the device of this name; None, which stands for a measurement, for ``auto``."""
    return None if name == "auto" else name


def signal_of(name: str) -> Signal:
    """Return the function that computes what is kept of an answer."""
    from mlleaks.outputs.signals import scaled_logit, true_posterior, whole

    signals: dict[str, Signal] = {
        SignalName.POSTERIORS: whole,
        SignalName.TRUE_POSTERIOR: true_posterior,
        SignalName.SCALED_LOGIT: scaled_logit,
    }
    return signals[name]


def records_of(data: str, label: str | None) -> Dataset:
    """Return a data set by its name, or the records of a file with classes numbered from 0 on.

    Raises
    ------
    InputError
        Neither a data set nor a file of records, a label for a data set, or records without classes.
    """
    import numpy as np
    import pandas as pd

    from mlleaks.data.record_files import read_records
    from mlleaks.datasets import REGISTRY, load_dataset
    from mlleaks.types import Dataset

    if data in REGISTRY:
        if label is not None:
            raise InputError(
                f"--label {label} with the data set {data}",
                expected="--label only with a file of records",
                fix="Omit --label.",
            )
        return load_dataset(data)
    if not Path(data).suffix:
        raise InputError(
            f"the data {data!r}",
            expected=f"one of {', '.join(REGISTRY)}, or a file of records (.csv, .parquet, .npz)",
            fix="See `mlleaks datasets`.",
        )
    X, y, ids = read_records({"records": Path(data)}, label, None)["records"]
    if y is None:
        raise InputError(f"no classes in {data}", expected="a column of classes", fix="Name it with --label.")
    if pd.isna(y).any():
        raise InputError(
            f"{int(pd.isna(y).sum())} records without a class in {data}",
            expected="a class in every row",
            fix="Fill the column, or remove these records.",
        )
    names, numbers = np.unique(y, return_inverse=True)
    ids = np.arange(len(y)) if ids is None else ids
    return Dataset(Path(data).stem, X, numbers.astype(np.int64), len(names), ids)
