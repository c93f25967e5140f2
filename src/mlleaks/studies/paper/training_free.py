"""Adversary 3's statistics: no shadow, no training."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.threshold import calibrate
from mlleaks.outputs.signals import maximum, negative_entropy, standard_deviation
from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, pick, rows

STATISTICS = {"maximum": maximum, "standard deviation": standard_deviation, "entropy": negative_entropy}


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return how well each statistic ranks members before others, and cuts at the noise threshold."""
    target, noise = lab.target_and_noise(dataset, seed)
    return [
        one
        for name, statistic in STATISTICS.items()
        for one in rows(name, calibrate(noise, statistic), target)
    ]


def check(table: pd.DataFrame) -> Finding:
    """Check that the largest posterior alone ranks members high on most data sets."""
    auc = pick(table, "auc", ["dataset", "attack"]).unstack()
    best = auc["maximum"]
    high = int((best > 0.75).sum())
    spread = (auc.max(axis=1) - auc.min(axis=1)).max()
    told = ", ".join(f"{name} {value:.2f}" for name, value in best.items())
    return Finding(
        "reproduced" if high > len(best) / 2 else "not reproduced",
        f"AUC of the largest posterior: {told}; above 0.75 on {high} of {len(best)}. The three "
        f"statistics differ by "
        f"{spread:.3f} at the most.",
    )


STUDIES = (
    Study(
        name="training-free",
        title="The largest posterior alone separates members",
        figure="Section on adversary 3 (AUC)",
        claim="On most data sets the maximum, the standard deviation and the entropy of the posteriors rank "
        "members first.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(Picture("dots", "dataset", "attack", ("auc",), ("", "statistic")),),
        metrics=("auc", "tpr@1%fpr"),
        position=11,
    ),
)
