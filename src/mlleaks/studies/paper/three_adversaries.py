"""The three adversaries side by side."""

from __future__ import annotations

import pandas as pd

from mlleaks.results.reproduction import Finding, Picture, ShortTable, attack_columns
from mlleaks.stats.criteria import is_below
from mlleaks.studies.engine.conclusions import conclude, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick_columns
from mlleaks.studies.engine.study import PAPER, READINGS, WORDS, Row, Study, attack_rows, source_dataset

NAMES = ("adversary-1", "adversary-2", "adversary-3")


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


def check(measured: Measurements) -> Finding:
    """Check that adversaries 2 and 3, who know less, lose less than 0.1 on the data sets that all have."""
    figures, details, close = {}, [], {}
    for metric in ("AUC", "precision", "recall"):
        rows = measured.only(metric=metric.lower(), attack=NAMES)
        values = _values(rows.table, metric)
        loss = rows.estimate(_loss, metric)
        close[metric] = is_below(loss.interval(), 0.1)
        each = ", ".join(f"{mean:.3f}" for mean in values.mean())
        figures[metric] = spoken(loss)
        details.append(f"{metric} {each} ({len(values)} data sets)")
    what = "Adversary 1 minus the weaker of adversaries 2 and 3, mean over the data sets"
    means = f"Means of adversaries 1, 2 and 3 on the data sets where all have a value: {'; '.join(details)}."
    return conclude(close, figures, what=what, details=means)


def _values(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric of all three adversaries on the data sets where each has a value."""
    columns = pick_columns(table, metric.lower(), ["dataset", "attack"], NAMES)
    values = columns[list(NAMES)].dropna()
    if values.empty:
        raise MissingRows(f"no data set has the {metric} of all three adversaries")
    return values


def _loss(table: pd.DataFrame, metric: str) -> float:
    means = _values(table, metric).mean()
    return float(means["adversary-1"] - means.min())


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
        targets=("dataset",),
        pictures=(Picture("dots", "dataset", "attack", READINGS, ("", "")),),
        across=True,
        short=ShortTable(
            ("dataset",),
            tuple(
                column
                for i, name in enumerate(NAMES, start=1)
                for column in attack_columns(f"adversary {i}", attack=name)
            ),
        ),
        position=14,
    ),
)
