"""The paper's two defenses beside those that practitioners know today."""

from __future__ import annotations

import logging

import pandas as pd

from mlleaks.defenses import REGISTRY, Defense
from mlleaks.errors import InputError, MissingExtra
from mlleaks.results.study import Finding
from mlleaks.storage.atomic import is_unwritable
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.defended import INDEX, NONE, SHOWN, compared, pictures, sides
from mlleaks.studies.engine.study import Row, Study, TooFew

log = logging.getLogger(__name__)

PAPER = ("dropout", "stacking")


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return accuracy and the three adversaries' figures without and with every defense that fits."""
    reference = lab.scale.reference(dataset)
    fitting: dict[str, Defense] = {}
    for name, spec in REGISTRY.items():
        try:
            lab.pair(dataset, seed, spec.apply(reference))
        except (InputError, MissingExtra) as error:  # parts with too few records of a class, say
            if is_unwritable(error):
                raise
            log.warning("%s is left out on %s: %s", name, dataset, error)
        else:
            fitting[name] = spec.apply
    return compared(lab, dataset, seed, others, defenses=fitting)


def check(table: pd.DataFrame) -> Finding:
    """Check that no other defense is better than both of the paper's in accuracy and in leakage."""
    strongest, accuracy = sides(table)
    from mlleaks.stats.pareto import front  # brings the chart library

    told, holds = [], True
    for dataset in strongest.index.unique("dataset"):
        both = pd.DataFrame({"auc": strongest[dataset], "test_accuracy": accuracy[dataset]}).dropna()
        if not {NONE, *PAPER} <= set(both.index):
            raise TooFew(f"{dataset} lacks one of {', '.join((NONE, *PAPER))}")
        best = front(both, "auc").iloc[::-1]
        holds &= any(name in best.index for name in PAPER)
        points = ", ".join(
            f"{name} {row['test_accuracy']:.3f} and {row['auc']:.3f}" for name, row in best.iterrows()
        )
        before = both.loc[NONE]
        told.append(f"{dataset} (none: {before['test_accuracy']:.3f} and {before['auc']:.3f}): {points}")
    return Finding(
        "reproduced" if holds else "not reproduced",
        f"defenses than which none is better in both, with test accuracy and the strongest attack's AUC: "
        f"{'; '.join(told)}.",
    )


STUDIES = (
    Study(
        name="defenses-compared",
        title="The paper's defenses beside those of today",
        figure="Ours",
        claim="At least one of dropout and stacking is still among those than which no other "
        "defense is better "
        "in both accuracy and leakage.",
        datasets=("location", "words-100"),
        run=run,
        check=check,
        pictures=pictures("defense", "dataset", "data set", ("attack", "defense")),
        across=True,
        index=INDEX,
        metrics=SHOWN,
        position=18,
    ),
)
