"""Where names on the command line meet trainers."""

from __future__ import annotations

from typing import Any

from mlleaks.cli.choices import choose


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
