"""The paper's two defenses beside more recent ones."""

from __future__ import annotations

import logging

import pandas as pd

from mlleaks.defenses import REGISTRY, Defense
from mlleaks.errors import InputError, MissingExtra
from mlleaks.results.comparison import NONE
from mlleaks.results.reproduction import Finding
from mlleaks.stats.pareto import front
from mlleaks.storage.atomic import is_unwritable
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

log = logging.getLogger(__name__)

PAPER_DEFENSES = ("dropout", "stacking")


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return accuracy and what the attackers achieve without and with every defense that can be used."""
    reference = context.scale.reference(dataset)
    usable: dict[str, Defense] = {}
    for name, spec in REGISTRY.items():
        try:
            context.pair(dataset, seed, spec.apply(reference))
        except (InputError, MissingExtra) as error:  # parts with too few records of a class, say
            if is_unwritable(error):
                raise
            log.warning("%s is skipped on %s: %s", name, dataset, error)
        else:
            usable[name] = spec.apply
    return measure_defenses(context, dataset, seed, other_datasets, defenses=usable)


def check(table: pd.DataFrame) -> Finding:
    """Check that no other defense is better than both of the paper's in accuracy and in leakage."""
    strongest, accuracy = strongest_and_accuracy(table)
    sentences, holds = [], True
    for dataset in strongest.index.unique("dataset"):
        both = pd.DataFrame({"auc": strongest[dataset], "test_accuracy": accuracy[dataset]}).dropna()
        if not {NONE, *PAPER_DEFENSES} <= set(both.index):
            raise MissingRows(f"{dataset} lacks one of {', '.join((NONE, *PAPER_DEFENSES))}")
        best = front(both, "auc").iloc[::-1]
        holds &= any(name in best.index for name in PAPER_DEFENSES)
        points = ", ".join(
            f"{name} {row['test_accuracy']:.3f} and {row['auc']:.3f}" for name, row in best.iterrows()
        )
        none = both.loc[NONE]
        sentences.append(
            f"{dataset} (no defense: {none['test_accuracy']:.3f} and {none['auc']:.3f}): {points}."
        )
    return Finding(
        "reproduced" if holds else "not reproduced",
        "The defenses that no other one beats in both accuracy and leakage, with their test accuracy and the "
        f"strongest attack's AUC. {' '.join(sentences)}",
    )


STUDIES = (
    Study(
        name="defenses-compared",
        title="The paper's defenses beside more recent ones",
        figure="Ours",
        claim="At least one of dropout and stacking is still on the Pareto front: no other defense beats it "
        "in both accuracy and leakage.",
        datasets=("location", "words-100"),
        run=run,
        check=check,
        pictures=defense_pictures("defense", "dataset", "data set", ("attack", "defense")),
        across=True,
        index=INDEX,
        metrics=SHOWN,
        position=18,
    ),
)
