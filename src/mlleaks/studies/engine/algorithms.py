"""The algorithms of the combining attack: the paper's network, logistic regression, random forest."""

from __future__ import annotations

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlleaks.data.protocol import SHADOW, TARGET
from mlleaks.models import SklearnTrainer, of_rows
from mlleaks.studies.engine.context import StudyContext
from mlleaks.types import Observations, Trainer

ALGORITHMS = ("network", "logistic", "forest")


def algorithms(lab: StudyContext, dataset: str) -> dict[str, Trainer]:
    """Return how each of `ALGORITHMS` is trained on a data set."""
    return {
        "network": lab.scale.reference(dataset),
        "logistic": SklearnTrainer(of_rows(LogisticRegression(C=10.0, max_iter=300))),
        "forest": SklearnTrainer(of_rows(RandomForestClassifier(n_estimators=100))),
    }


def observed(
    lab: StudyContext, dataset: str, seed: int
) -> tuple[dict[str, Observations], dict[str, Observations]]:
    """Return a target and a shadow of each algorithm."""
    known = algorithms(lab, dataset)
    for trainer in known.values():
        lab.train(dataset, seed, trainer, [TARGET, SHADOW])
    targets, shadows = (
        {name: lab.observe(dataset, seed, trainer, role) for name, trainer in known.items()}
        for role in (TARGET, SHADOW)
    )
    return targets, shadows
