"""Overfitting level against what adversary 1 achieves (Figure 2)."""

from __future__ import annotations

import pandas as pd
from scipy.stats import spearmanr

from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import (
    IMAGES,
    PAPER,
    SMALL,
    WORDS,
    Row,
    Study,
    TooFew,
    pick,
    rows,
    target_rows,
    verdict,
)


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return the target's overfitting level and what adversary 1 achieves against it."""
    target, _ = lab.pair(dataset, seed)
    return [*rows("adversary-1", lab.adversary_1(dataset, seed), target), *target_rows(target)]


def check(table: pd.DataFrame) -> Finding:
    """Check that more overfitting goes with more leakage over the paper's data sets, and more classes too.

    Purchase-k and Words-k are left out of the correlation: the same records five times are one data set.
    """
    level, told, holds = pick(table, "overfitting"), [], {}
    for metric in ("precision", "recall", "AUC"):
        both = pd.concat([level, pick(table, metric.lower(), attack="adversary-1")], axis=1).dropna()
        both = both[both.index.isin((*SMALL, *IMAGES))]
        if len(both) < 5:
            raise TooFew("a rank correlation says nothing of fewer than five data sets")
        found = spearmanr(both.iloc[:, 0], both.iloc[:, 1])
        holds[metric] = bool(found.statistic > 0 and found.pvalue < 0.05)
        chance = "< 0.001" if found.pvalue < 0.001 else f"= {found.pvalue:.2g}"
        told.append(f"with its {metric} {found.statistic:.2f} (p {chance}, {len(both)} data sets)")
    evidence = f"rank correlation of the overfitting level over the paper's data sets {', '.join(told)}."
    words = [name for name in WORDS if name in level.index]
    if words:
        auc = pick(table, "auc", attack="adversary-1")
        classes = "; ".join(f"{name} {level[name]:.2f} and {auc[name]:.3f}" for name in words)
        rises = "rises" if auc[words].is_monotonic_increasing else "does not always rise"
        evidence += (
            f" The same records in more classes (overfitting level and AUC): {classes}; the AUC {rises}."
        )
    return verdict(holds, evidence)


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
                ("precision", "recall", "auc"),
                ("overfitting level", "data set"),
            ),
        ),
        metrics=("train_accuracy", "test_accuracy", "overfitting", "precision", "recall", "auc"),
        index=("dataset",),
        position=2,
    ),
)
