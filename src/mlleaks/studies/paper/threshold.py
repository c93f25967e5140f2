"""Adversary 3's threshold from random queries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlleaks.attacks.threshold import calibrate
from mlleaks.outputs.signals import maximum
from mlleaks.results.study import Finding, Picture
from mlleaks.stats.rounding import number
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, pick, rows
from mlleaks.types import Observations, Outputs

TOPS = (1, 5, 10, 25, 50, 75, 90)
"""The top-t-percentiles, in percent."""
BINS = 20


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return precision and recall for each t, and the distributions of the largest posterior."""
    target, noise = lab.target_and_noise(dataset, seed)
    told: list[Row] = []
    for t in TOPS:
        told += rows("adversary-3-maximum", calibrate(noise, maximum, top=t / 100), target, t=t, who="")
    return told + ([] if seed else _distributions(target, noise))


def _distributions(target: Observations, noise: Outputs) -> list[Row]:
    """Return the share of members, others and random queries in each bin of the largest posterior."""
    p = maximum(target.outputs.posteriors)
    groups = {"members": p[target.member], "others": p[~target.member], "random": maximum(noise.posteriors)}
    edges = np.linspace(0, 1, BINS + 1)
    return [
        {"attack": "distribution", "metric": "share", "t": round(float(low), 3), "who": who}
        | {"value": float(value), "low": float(value), "high": float(value)}
        for who, values in groups.items()
        for low, value in zip(edges, np.histogram(values.clip(0, 1), edges)[0] / len(values), strict=False)
    ]


def check(table: pd.DataFrame) -> Finding:
    """Check that t trades precision for recall, and that some t serves where the model overfits."""
    index = ["dataset", "t"]
    precision, recall = (
        pick(table, m, index, attack="adversary-3-maximum").unstack() for m in ("precision", "recall")
    )
    rising = bool((recall.diff(axis=1).iloc[:, 1:] >= -1e-9).all(axis=None))
    at = 10
    told = "; ".join(
        f"{name} {number(precision.loc[name, at])} and {number(recall.loc[name, at])}"
        for name in recall.index
    )
    useful = int(((precision[at] > 0.6) & (recall[at] > 0.5)).sum())
    return Finding(
        "reproduced" if rising and useful >= len(recall) / 2 else "not reproduced",
        f"recall {'rises' if rising else 'does not always rise'} with t; precision and recall at t = 10 "
        f"%: {told}. Both are "
        f"useful (above 0.6 and 0.5) on {useful} of {len(recall)}.",
    )


STUDIES = (
    Study(
        name="threshold",
        title="Random queries give a threshold",
        figure="Section on adversary 3 (threshold)",
        claim="The top t percent of the answers to random records are a threshold that serves "
        "without any data.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(
            Picture(
                "lines",
                "t",
                "dataset",
                ("precision", "recall"),
                ("top t percent of random queries", "data set"),
            ),
            Picture("steps", "t", "who", ("share",), ("largest posterior", "")),
        ),
        index=("dataset", "t"),
        metrics=("precision", "recall"),
        position=12,
    ),
)
