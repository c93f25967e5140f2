"""Overfitting level against what adversary 1 achieves (Figure 2)."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import ADVERSARY_1, Column, Finding, Picture, ShortTable
from mlleaks.stats.correlation import rank_correlation
from mlleaks.stats.criteria import Answer
from mlleaks.studies.engine.conclusions import conclude
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick
from mlleaks.studies.engine.study import (
    IMAGES,
    PAPER,
    READINGS,
    SMALL,
    WORDS,
    Row,
    Study,
    attack_rows,
    target_rows,
)


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return the target's overfitting level and what adversary 1 achieves against it."""
    target, _ = context.pair(dataset, seed)
    return [
        *attack_rows("adversary-1", context.attack("adversary-1", dataset, seed), target),
        *target_rows(target),
    ]


def check(measured: Measurements) -> Finding:
    """Check that more overfitting goes with more leakage over the paper's data sets, and more classes too.

    The unit is the data set: a rank correlation is above or below 0 if its p-value is below 0.05. It is
    without Purchase-k and Words-k: the same records five times are one data set.
    """
    table = measured.table
    level, figures = pick(table, "overfitting"), {}
    holds: dict[str, Answer] = {}
    for metric in ("precision", "recall", "AUC"):
        both = pd.concat([level, pick(table, metric.lower(), attack="adversary-1")], axis=1).dropna()
        both = both[both.index.isin((*SMALL, *IMAGES))]
        if len(both) < 5:
            raise MissingRows("a rank correlation needs at least five data sets")
        correlation = rank_correlation(*both.to_numpy(float).T)
        holds[metric] = correlation.value > 0 if correlation.p_value < 0.05 else None
        chance = "< 0.001" if correlation.p_value < 0.001 else f"= {correlation.p_value:.2g}"
        figures[metric] = f"{correlation.value:.2f} (p {chance}, {len(both)} data sets)"
    what = "Rank correlation of the target's overfitting level with the attack's figures, over data sets"
    return conclude(holds, figures, what=what, details=_by_classes(table, level))


def _by_classes(table: pd.DataFrame, level: pd.Series[float]) -> str:
    """Return a sentence on Words-k: overfitting level and AUC by the number of classes."""
    variants = [name for name in WORDS if name in level.index]
    if not variants:
        return ""
    auc = pick(table, "auc", attack="adversary-1")
    classes = "; ".join(f"{name} {level[name]:.2f} and {auc[name]:.3f}" for name in variants)
    rises = "rises" if auc[variants].is_monotonic_increasing else "does not always rise"
    return f"The same records in more classes, with overfitting level and AUC: {classes}. The AUC {rises}."


STUDIES = (
    Study(
        name="overfitting",
        title="The more a model overfits, the more it leaks",
        figure="Figure 2",
        claim="The attack's precision and recall grow with the target's overfitting level, and with the "
        "number of classes.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(
            Picture(
                "scatter",
                "overfitting",
                "dataset",
                READINGS,
                ("overfitting level", "data set"),
            ),
        ),
        metrics=("train_accuracy", "test_accuracy", "overfitting", *READINGS),
        index=("dataset",),
        short=ShortTable(
            ("dataset",),
            (
                Column("test accuracy", ("test_accuracy",)),
                Column("overfitting level", ("overfitting",)),
                *ADVERSARY_1,
            ),
        ),
        position=2,
    ),
)
