"""Adversary 3's statistics, which need no shadow model and no training."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.threshold import calibrate
from mlleaks.outputs.signals import maximum, negative_entropy, standard_deviation
from mlleaks.results.reproduction import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import pick_columns
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, attack_rows

STATISTICS = {"maximum": maximum, "standard deviation": standard_deviation, "entropy": negative_entropy}


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what each statistic achieves with the threshold from random queries."""
    target, answers = context.target_and_random_answers(dataset, seed)
    return [
        row
        for name, statistic in STATISTICS.items()
        for row in attack_rows(name, calibrate(answers, statistic), target)
    ]


def check(table: pd.DataFrame) -> Finding:
    """Check that the largest posterior alone has a high AUC on most data sets."""
    auc = pick_columns(table, "auc", ["dataset", "attack"], ["maximum"])
    best = auc["maximum"]
    high = int((best > 0.75).sum())
    spread = (auc.max(axis=1) - auc.min(axis=1)).max()
    figures = ", ".join(f"{name} {value:.2f}" for name, value in best.items())
    return Finding(
        "reproduced" if high > len(best) / 2 else "not reproduced",
        f"AUC of the largest posterior: {figures}. It is above 0.75 on {high} of {len(best)} data sets. The "
        f"three statistics differ by {spread:.3f} at the most.",
    )


STUDIES = (
    Study(
        name="training-free",
        title="The largest posterior alone separates members",
        figure="Section on adversary 3 (AUC)",
        claim="On most data sets the maximum, the standard deviation and the entropy of the posteriors rank "
        "members before non-members.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(Picture("dots", "dataset", "attack", ("auc",), ("", "statistic")),),
        metrics=("auc", "tpr@1%fpr"),
        position=11,
    ),
)
