"""The paper's two defenses beside more recent ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import pandas as pd

from mlleaks.defenses import REGISTRY, Defense
from mlleaks.errors import InputError, MissingExtra
from mlleaks.results.comparison import NONE
from mlleaks.results.reproduction import FIRST, Column, Finding, ShortTable, attack_columns
from mlleaks.stats.criteria import Answer, all_hold, any_holds, is_above, is_below
from mlleaks.stats.intervals import LEVEL
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.stats.pareto import front
from mlleaks.storage.atomic import is_unwritable
from mlleaks.studies.engine.conclusions import at_two_levels, finding
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows
from mlleaks.studies.engine.study import Row, Study
from mlleaks.studies.paper.defended import (
    INDEX,
    SHOWN,
    defense_pictures,
    leak_and_accuracy,
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


def check(measured: Measurements) -> Finding:
    """Check that no other defense is better than both of the paper's in accuracy and in leakage."""
    strongest, accuracy = strongest_and_accuracy(measured.table)
    sentences, fronts_by_name, fronts = [], [], []
    for dataset in strongest.index.unique("dataset"):
        both = pd.DataFrame({"auc": strongest[dataset], "test_accuracy": accuracy[dataset]}).dropna()
        if not {NONE, *PAPER_DEFENSES} <= set(both.index):
            raise MissingRows(f"{dataset} lacks one of {', '.join((NONE, *PAPER_DEFENSES))}")
        best = front(both, "auc").iloc[::-1]
        fronts.append([_rivals(measured, str(dataset), name, both.index) for name in PAPER_DEFENSES])
        points = ", ".join(
            f"{name} {row['test_accuracy']:.3f} and {row['auc']:.3f}" for name, row in best.iterrows()
        )
        none = both.loc[NONE]
        fronts_by_name.append(f"{dataset}: {', '.join(map(str, best.index))}")
        sentences.append(
            f"{dataset} (no defense: {none['test_accuracy']:.3f} and {none['auc']:.3f}): {points}."
        )
    rivals = max(len(rivals) for names in fronts for rivals in names)
    answer = at_two_levels(
        lambda level: all_hold(any_holds(_on_front(rivals, level) for rivals in names) for names in fronts),
        yes=1 - (1 - LEVEL) / len(PAPER_DEFENSES),
        no=1 - (1 - LEVEL) / (rivals * len(fronts)),
    )
    return finding(
        answer,
        "The defenses that no other one beats in both accuracy and leakage, by the means. "
        f"{'; '.join(fronts_by_name)}.",
        f"With their test accuracy and the strongest attack's AUC: {' '.join(sentences)}",
    )


def _rivals(
    measured: Measurements, dataset: str, defense: str, names: Iterable[str]
) -> list[tuple[SeedMean, SeedMean]]:
    """Return the leak and the accuracy of each other defense minus those of one."""
    return [leak_and_accuracy(measured, dataset, name, defense) for name in names if name != defense]


def _on_front(rivals: Sequence[tuple[SeedMean, SeedMean]], level: float) -> Answer:
    """Return whether no other defense beats one in both accuracy and leakage."""
    beaten = any_holds(
        all_hold((is_below(leak.interval(level), 0.0), is_above(accuracy.interval(level), 0.0)))
        for leak, accuracy in rivals
    )
    return None if beaten is None else not beaten


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
        short=ShortTable(
            ("defense",),
            tuple(
                column
                for name in ("location", "words-100")
                for column in (
                    Column(f"{name}, test accuracy", ("test_accuracy",), {"dataset": name}),
                    *attack_columns(name, **FIRST, dataset=name),
                )
            ),
        ),
        position=21,
    ),
)
