"""What three disjoint parts cost, and what lowers the price."""

from __future__ import annotations

from functools import partial

import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from mlleaks.defenses import Defense, self_distillation, stacking
from mlleaks.models import SklearnTrainer
from mlleaks.results.study import Finding
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.defended import INDEX, NONE, SHOWN, compared, pictures, sides
from mlleaks.studies.engine.study import Row, Study, TooFew

THIRDS = "equal parts"
WAYS: dict[str, Defense] = {
    THIRDS: stacking,
    "parts 2:2:1": partial(stacking, shares=(2.0, 2.0, 1.0)),
    "parts 6:2:1": partial(stacking, shares=(6.0, 2.0, 1.0)),
    "a forest on top": partial(stacking, final=SklearnTrainer(RandomForestClassifier())),
    "out-of-fold answers, distilled": self_distillation,
}


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return accuracy and the three adversaries' figures without a stack and with each way to stack."""
    return compared(lab, dataset, seed, others, defenses=WAYS)


def check(table: pd.DataFrame) -> Finding:
    """Check that some way wins back half of the accuracy and keeps half of the protection."""
    strongest, accuracy = sides(table)
    told, won = [], True
    for dataset in strongest.index.unique("dataset"):
        leak, right = strongest[dataset], accuracy[dataset]
        if not {NONE, *WAYS} <= set(leak.index):
            raise TooFew(f"{dataset} lacks one of {', '.join((NONE, *WAYS))}")
        enough = 0.5 * (right[NONE] + right[THIRDS]), 0.5 * (leak[NONE] + leak[THIRDS])
        good = [name for name in WAYS if right[name] >= enough[0] and leak[name] <= enough[1]]
        won &= bool(good)
        figures = ", ".join(f"{name} {right[name]:.3f} and {leak[name]:.3f}" for name in (NONE, *WAYS))
        told.append(f"{dataset}: {figures}; half of both with {' and '.join(good) or 'none'}")
    return Finding(
        "reproduced" if won else "not reproduced",
        f"test accuracy and the strongest attack's AUC, {'. '.join(told)}.",
    )


STUDIES = (
    Study(
        name="stacking-price",
        title="What lowers the price of stacking",
        figure="Ours",
        claim="There is a way to win back half of the accuracy that three equal parts cost, and to keep half "
        "of the protection.",
        datasets=("location", "words-20"),
        run=run,
        check=check,
        pictures=pictures("defense", "dataset", "data set", ("attack", "defense")),
        across=True,
        index=INDEX,
        metrics=SHOWN,
        position=17,
    ),
)
