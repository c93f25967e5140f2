"""Where names on the command line meet trainers."""

from __future__ import annotations

from typing import Any

from mlleaks.cli.choices import choose


def trainer(name: str) -> Any:
    """Return the trainer that ``name`` stands for, or list the known ones."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    from mlleaks.models import CNNTrainer, MLPTrainer

    known: dict[str, Any] = {
        "boosting": HistGradientBoostingClassifier(),
        "cnn": CNNTrainer(),
        "forest": RandomForestClassifier(),
        "logistic": LogisticRegression(max_iter=1000),
        "mlp": MLPTrainer(),
        "tree": DecisionTreeClassifier(),
    }
    return choose("the trainer", name, known)
