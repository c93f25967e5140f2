"""Calling a trainer: the one place where freshly trained models are checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlleaks.models.alignment import align_columns
from mlleaks.outputs.interface import require_model
from mlleaks.runtime.foreign_code import calling
from mlleaks.types import Dataset, Model, Trainer


def train_model(trainer: Trainer, data: Dataset, rng: np.random.Generator) -> Model:
    """Return the model that ``trainer`` makes of ``data``, with a column for every class that it can name.

    Parameters
    ----------
    trainer : Trainer
    data : Dataset
        The trainer may write into it: pass a copy of what is used again.
    rng : numpy.random.Generator

    Raises
    ------
    ModelError
        The trainer raises, or returns something without ``predict_proba``.

    Examples
    --------
    >>> data = Dataset("toy", np.array([[0.0], [1.0]]), np.array([0, 1]), 2)
    >>> train_model(lambda data, rng: None, data, np.random.default_rng(0))
    Traceback (most recent call last):
    mlleaks.errors.ModelError: got None as what the trainer <lambda> returned; expected a trained ...
    """
    name = _name(trainer)
    with calling(
        f"from the trainer {name}",
        expected=f"a model trained on {len(data)} records",
        fix="Call trainer(data, rng) in Python on a few records to see what is wrong.",
    ):
        model = trainer(data, rng)
    require_model(model, f"what the trainer {name} returned")
    return align_columns(model, data.n_classes)


def _name(trainer: Any) -> str:
    return str(getattr(trainer, "__name__", type(trainer).__name__))
