"""The algorithms of the combining attack: the paper's network, logistic regression, random forest."""

from __future__ import annotations

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlleaks.data.protocol import SHADOW, TARGET
from mlleaks.models import SklearnTrainer, of_rows
from mlleaks.studies.engine.context import StudyContext
from mlleaks.types import Observations, Trainer

ALGORITHMS = ("network", "logistic", "forest")


def algorithms(context: StudyContext, dataset: str) -> dict[str, Trainer]:
    """Return the trainer of each of `ALGORITHMS` for a data set."""
    return {
        "network": context.scale.reference(dataset),
        "logistic": SklearnTrainer(of_rows(LogisticRegression(C=10.0, max_iter=300))),
        "forest": SklearnTrainer(of_rows(RandomForestClassifier(n_estimators=100))),
    }


def targets_and_shadows(
    context: StudyContext, dataset: str, seed: int
) -> tuple[dict[str, Observations], dict[str, Observations]]:
    """Return one target and one shadow per algorithm."""
    trainers = algorithms(context, dataset)
    for trainer in trainers.values():
        context.train(dataset, seed, trainer, [TARGET, SHADOW])
    targets, shadows = (
        {name: context.observe(dataset, seed, trainer, role) for name, trainer in trainers.items()}
        for role in (TARGET, SHADOW)
    )
    return targets, shadows
