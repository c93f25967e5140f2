"""Model stacking as a defense."""

from __future__ import annotations

from mlleaks.defenses import stacking
from mlleaks.studies.engine.defended import study
from mlleaks.studies.engine.study import PAPER, WORDS

STUDIES = (
    study(
        "stacking",
        stacking,
        title="Model stacking protects",
        claim="A network and a forest under a logistic regression, each trained on records of "
        "its own, lower all "
        "three attacks at almost the same accuracy.",
        published="CIFAR-100, adversary 1: precision and recall fall by more than 30 %.",
        datasets=(*PAPER, *WORDS),
        position=16,
    ),
)
