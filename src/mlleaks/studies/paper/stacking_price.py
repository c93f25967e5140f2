"""What the disjoint parts of stacking cost in accuracy, and what lowers that cost."""

from __future__ import annotations

from functools import partial

import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from mlleaks.defenses import Defense, self_distillation, stacking
from mlleaks.models import SklearnTrainer
from mlleaks.results.comparison import NONE
from mlleaks.results.reproduction import Finding
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import MissingRows
from mlleaks.studies.engine.study import Row, Study
from mlleaks.studies.paper.defended import (
    INDEX,
    SHOWN,
    defense_pictures,
    measure_defenses,
    strongest_and_accuracy,
)

THIRDS = "equal parts"
WAYS: dict[str, Defense] = {
    THIRDS: stacking,
    "parts 2:2:1": partial(stacking, shares=(2.0, 2.0, 1.0)),
    "parts 6:2:1": partial(stacking, shares=(6.0, 2.0, 1.0)),
    "a forest on top": partial(stacking, final=SklearnTrainer(RandomForestClassifier())),
    "out-of-fold answers, distilled": self_distillation,
}


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return accuracy and what the attackers achieve without stacking and with each way to stack."""
    return measure_defenses(context, dataset, seed, other_datasets, defenses=WAYS)


def check(table: pd.DataFrame) -> Finding:
    """Check that one way wins back half of the accuracy and keeps half of the protection."""
    strongest, accuracy = strongest_and_accuracy(table)
    sentences, holds = [], True
    for dataset in strongest.index.unique("dataset"):
        leak, right = strongest[dataset], accuracy[dataset]
        if not {NONE, *WAYS} <= set(leak.index):
            raise MissingRows(f"{dataset} lacks one of {', '.join((NONE, *WAYS))}")
        enough = 0.5 * (right[NONE] + right[THIRDS]), 0.5 * (leak[NONE] + leak[THIRDS])
        good = [name for name in WAYS if right[name] >= enough[0] and leak[name] <= enough[1]]
        holds &= bool(good)
        figures = "; ".join(f"{name} {right[name]:.3f} and {leak[name]:.3f}" for name in (NONE, *WAYS))
        sentences.append(f"{dataset}: {figures}. Half of both: {' and '.join(good) or 'no way of stacking'}.")
    return Finding(
        "reproduced" if holds else "not reproduced",
        f"Test accuracy and the strongest attack's AUC. {' '.join(sentences)}",
    )


STUDIES = (
    Study(
        name="stacking-price",
        title="What lowers the cost of stacking",
        figure="Ours",
        claim="Another way of stacking wins back half of the accuracy that three equal parts cost, and keeps "
        "half of the protection.",
        datasets=("location", "words-20"),
        run=run,
        check=check,
        pictures=defense_pictures("defense", "dataset", "data set", ("attack", "defense")),
        across=True,
        index=INDEX,
        metrics=SHOWN,
        position=17,
    ),
)
