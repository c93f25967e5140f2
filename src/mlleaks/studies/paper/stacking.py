"""Model stacking as a defense."""

from __future__ import annotations

from functools import partial

from mlleaks.defenses import stacking
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study
from mlleaks.studies.paper.defended import (
    INDEX,
    SHOWN,
    check_defense,
    defended_table,
    defense_pictures,
    measure_defenses,
)


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return accuracy and what the attackers achieve without and with model stacking."""
    return measure_defenses(context, dataset, seed, other_datasets, defenses={"stacking": stacking})


STUDIES = (
    Study(
        name="stacking",
        title="Model stacking protects",
        figure="Section on defenses",
        claim="A network and a forest, combined by a logistic regression, weaken all three attacks if each "
        "of the three models is trained on its own records. The accuracy stays almost the same.",
        published="CIFAR-100, adversary 1: precision and recall fall by more than 30 %.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=partial(check_defense, defense="stacking"),
        pictures=defense_pictures("dataset", "defense", "defense", ("defense", "attack")),
        across=True,
        index=INDEX,
        metrics=SHOWN,
        short=defended_table("stacking"),
        position=18,
    ),
)
