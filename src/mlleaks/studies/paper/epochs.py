"""How long the target is trained (Figure 3)."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import WORDS, Row, Study, TooFew, pick, rows, target_rows, verdict

SHARES = (0.1, 0.2, 0.4, 0.6, 1.0)
"""Of the reference's epochs."""


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves against targets of several ages; her shadow is as old."""
    reference = lab.scale.reference(dataset)
    told: list[Row] = []
    for epochs in sorted({max(1, round(share * reference.epochs)) for share in SHARES}):
        trainer = replace(reference, epochs=epochs)
        target, _ = lab.pair(dataset, seed, trainer)
        told += rows("adversary-1", lab.adversary_1(dataset, seed, trainer), target, epochs=epochs)
        told += target_rows(target, epochs=epochs)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Check that the longest training overfits and leaks more than the shortest on every data set."""
    told, holds = [], {}
    for metric in ("overfitting", "precision", "recall", "AUC"):
        values = pick(table, metric.lower(), ["dataset", "epochs"]).unstack()
        if len(values.columns) < 2:
            raise TooFew("all targets are of one age")
        first, last = values.columns[[0, -1]]
        both = values[[first, last]].dropna()
        if both.empty:
            raise TooFew(f"no data set has the {metric} of both ages")
        holds[metric] = bool((both[last] > both[first]).all())
        figures = "; ".join(f"{name} {row[first]:.3f} to {row[last]:.3f}" for name, row in both.iterrows())
        told.append(f"{metric} {figures}")
    return verdict(holds, f"after {first} and after {last} epochs: {'; '.join(told)}.")


STUDIES = (
    Study(
        name="epochs",
        title="The longer a model is trained, the more it leaks",
        figure="Figure 3",
        claim="With the number of training epochs the target overfits more, and the attack's precision and "
        "recall grow.",
        datasets=("location", "news", "cifar100", *WORDS),
        run=run,
        check=check,
        pictures=(
            Picture(
                "lines",
                "epochs",
                "dataset",
                ("precision", "recall", "auc", "overfitting"),
                ("epochs", "data set"),
            ),
        ),
        index=("dataset", "epochs"),
        metrics=("overfitting", "precision", "recall", "auc"),
        position=3,
    ),
)
