"""Where names on the command line meet trainers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlleaks.cli.choices import choose
from mlleaks.errors import InputError

if TYPE_CHECKING:
    from mlleaks.types import Trainer


def trainer(name: str, records: Any = None) -> Any:
    """Return the trainer that ``name`` stands for, or list the known ones.

    Parameters
    ----------
    name : str
    records : array, sparse matrix or DataFrame, optional
        What it will be trained on: an estimator of rows gets images as rows.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    from mlleaks.models import CNNTrainer, MLPTrainer, of_rows

    known: dict[str, Any] = {
        "boosting": HistGradientBoostingClassifier(),
        "cnn": CNNTrainer(),
        "forest": RandomForestClassifier(),
        "logistic": LogisticRegression(max_iter=1000),
        "mlp": MLPTrainer(),
        "tree": DecisionTreeClassifier(),
    }
    chosen = choose("the trainer", name, known)
    return of_rows(chosen) if hasattr(chosen, "fit") and getattr(records, "ndim", 2) > 2 else chosen


def configured(name: str, X: Any, settings: dict[str, Any]) -> Trainer:
    """Return the trainer of this name, with settings that are not None; only networks have any."""
    from mlleaks.models import NetworkTrainer, as_trainer

    chosen = as_trainer(trainer(name, X))
    given = {key: value for key, value in settings.items() if value is not None}
    if not given:
        return chosen
    if not isinstance(chosen, NetworkTrainer):
        raise InputError(
            f"{', '.join(f'--{key}' for key in given)} for {name}", expected="cnn or mlp", fix="Leave it out."
        )
    return chosen.with_settings(replace(chosen.settings, **given))
