"""What the disjoint parts of stacking cost in accuracy, and what lowers that cost."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from mlleaks.defenses import Defense, self_distillation, stacking
from mlleaks.models import SklearnTrainer
from mlleaks.results.comparison import NONE
from mlleaks.results.reproduction import ADVERSARY_1, Column, Finding, ShortTable
from mlleaks.stats.criteria import Answer, all_hold, any_holds, is_above
from mlleaks.stats.intervals import LEVEL
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.studies.engine.conclusions import at_two_levels, finding
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
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


def check(measured: Measurements) -> Finding:
    """Check that one way wins back half of the accuracy and keeps half of the protection."""
    strongest, accuracy = strongest_and_accuracy(measured.table)
    good_ways, sentences, answers = [], [], []
    names = strongest.index.unique("dataset")
    for dataset in names:
        leak, right = strongest[dataset], accuracy[dataset]
        if not {NONE, *WAYS} <= set(leak.index):
            raise MissingRows(f"{dataset} lacks one of {', '.join((NONE, *WAYS))}")
        rows = measured.only(dataset=dataset)
        margins = {name: _beyond_half(rows, name) for name in WAYS}
        one_way = partial(_any_way, margins)
        answers.append(
            at_two_levels(one_way, yes=1 - (1 - LEVEL) / len(WAYS), no=1 - (1 - LEVEL) / len(names))
        )
        good = [name for name, pair in margins.items() if min(margin.value for margin in pair) >= 0]
        figures = "; ".join(f"{name} {right[name]:.3f} and {leak[name]:.3f}" for name in (NONE, *WAYS))
        good_ways.append(f"{dataset}: {' and '.join(good) or 'none'}")
        sentences.append(f"{dataset}: {figures}.")
    return finding(
        all_hold(answers),
        f"Ways of stacking with half of the accuracy and half of the protection, by the means: "
        f"{'; '.join(good_ways)}.",
        f"Test accuracy and the strongest attack's AUC. {' '.join(sentences)}",
    )


def _beyond_half(rows: Measurements, way: str) -> tuple[SeedMean, SeedMean]:
    """Return by how much a way of stacking is beyond half of the protection, and of the accuracy."""

    def beyond(table: pd.DataFrame) -> float:
        largest = table.groupby("defense")["value"].max()
        return float(largest[way] - (largest[NONE] + largest[THIRDS]) / 2)

    some = rows.only(defense=[NONE, THIRDS, way])
    leak = some.only(metric="auc").estimate(lambda table: -beyond(table))
    return leak, some.only(metric="test_accuracy").estimate(beyond)


def _any_way(margins: Mapping[str, tuple[SeedMean, SeedMean]], level: float) -> Answer:
    """Return whether one way is beyond half of both."""
    return any_holds(
        all_hold(is_above(margin.interval(level), 0.0) for margin in pair) for pair in margins.values()
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
        short=ShortTable(
            ("dataset", "defense"),
            (
                Column("test accuracy", ("test_accuracy",)),
                *ADVERSARY_1,
            ),
        ),
        position=20,
    ),
)
