"""Overfitting level against what adversary 1 achieves (Figure 2)."""

from __future__ import annotations

import pandas as pd
from scipy.stats import spearmanr

from mlleaks.experiments.lab import Lab
from mlleaks.experiments.study import PAPER, WORDS, Row, Study, TooFew, pick, rows, target_rows
from mlleaks.report.chapters import Finding, Picture


def run(lab: Lab, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return the target's overfitting level and what adversary 1 achieves against it."""
    target, _ = lab.pair(dataset, seed)
    return [*rows("adversary-1", lab.adversary_1(dataset, seed), target), *target_rows(target)]


def check(table: pd.DataFrame) -> Finding:
    """Check that more overfitting goes with more leakage, and more classes with both."""
    level = pick(table, "overfitting")
    told, all_rise = [], True
    for metric in ("precision", "auc"):
        both = pd.concat([level, pick(table, metric, attack="adversary-1")], axis=1).dropna()
        if len(both) < 5:
            raise TooFew("a rank correlation says nothing of fewer than five data sets")
        found = spearmanr(both.iloc[:, 0], both.iloc[:, 1])
        all_rise &= found.statistic > 0 and found.pvalue < 0.05
        told.append(
            f"with its {metric} {found.statistic:.2f} (p "
            f"{'< 0.001' if found.pvalue < 0.001 else f'= {found.pvalue:.2g}'})"
        )
    words = [name for name in WORDS if name in level.index]
    auc = pick(table, "auc", attack="adversary-1")
    evidence = f"rank correlation of the overfitting level over {len(both)} data sets {' and '.join(told)}."
    if words:
        classes = "; ".join(f"{name} {level[name]:.2f} and {auc[name]:.3f}" for name in words)
        rises = "rises" if auc[words].is_monotonic_increasing else "does not always rise"
        evidence += (
            f" The same records in more classes (overfitting level and AUC): {classes}; the AUC {rises}."
        )
    return Finding("reproduced" if all_rise else "not reproduced", evidence)


STUDY = Study(
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
)
