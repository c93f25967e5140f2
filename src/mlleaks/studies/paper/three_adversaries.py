"""The three adversaries side by side."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import MissingRows, conclude, pick_columns
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, attack_rows, source_dataset


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what each adversary achieves against the same target."""
    target, _ = context.pair(dataset, seed)
    result = [
        *attack_rows("adversary-1", context.attack("adversary-1", dataset, seed), target, source=""),
        *attack_rows("adversary-3", context.attack("adversary-3-maximum", dataset, seed), target, source=""),
    ]
    source = source_dataset(dataset, other_datasets)
    if source is None:
        return result
    return [
        *result,
        *attack_rows("adversary-2", context.attack("adversary-1", source, 0), target, source=source),
    ]


def check(table: pd.DataFrame) -> Finding:
    """Check that adversaries 2 and 3, who know less, lose less than 0.1 on the data sets that all have."""
    names = ("adversary-1", "adversary-2", "adversary-3")
    figures, close = [], {}
    for metric in ("AUC", "precision", "recall"):
        columns = pick_columns(table, metric.lower(), ["dataset", "attack"], names)
        values = columns[list(names)].dropna()
        if values.empty:
            raise MissingRows(f"no data set has the {metric} of all three adversaries")
        means = values.mean()
        close[metric] = bool(means["adversary-1"] - means.min() < 0.1)
        each = ", ".join(f"{means[name]:.3f}" for name in names)
        figures.append(f"{metric} {each} ({len(values)} data sets)")
    evidence = (
        f"Means of adversaries 1, 2 and 3 on the data sets where all have a value: {'; '.join(figures)}."
    )
    return conclude(close, evidence)


STUDIES = (
    Study(
        name="three-adversaries",
        title="The three adversaries side by side",
        figure="Section on adversary 3 (comparison)",
        claim="Adversary 2 (a shadow on another data set) and adversary 3 (no shadow, only a threshold) "
        "achieve almost as much as adversary 1 (a shadow on the target's kind of data).",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(Picture("dots", "dataset", "attack", ("precision", "recall", "auc"), ("", "")),),
        across=True,
        position=13,
    ),
)
