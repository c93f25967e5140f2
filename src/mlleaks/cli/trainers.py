"""Where names on the command line meet trainers."""

from __future__ import annotations

from typing import Any

from mlleaks.errors import InputError


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
    if name not in known:
        raise InputError(
            f"the trainer {name!r}", expected=f"one of {', '.join(known)}", fix="Pass one of them."
        )
    return known[name]
