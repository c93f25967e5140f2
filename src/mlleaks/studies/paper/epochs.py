"""How long the target is trained (Figure 3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pandas as pd

from mlleaks.results.reproduction import FIRST, Column, Finding, Picture, ShortTable, attack_columns
from mlleaks.stats.criteria import is_above
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.studies.engine.conclusions import conclude, each_is
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick
from mlleaks.studies.engine.study import READINGS, WORDS, Row, Study, attack_rows, target_rows

SHARES = (0.1, 0.2, 0.4, 0.6, 1.0)
"""Shares of the reference network's epochs."""


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what adversary 1 achieves if target and shadow are trained for several numbers of epochs."""
    reference = context.scale.reference(dataset)
    result: list[Row] = []
    for epochs in sorted({max(1, round(share * reference.epochs)) for share in SHARES}):
        trainer = replace(reference, epochs=epochs)
        target, _ = context.pair(dataset, seed, trainer)
        result += attack_rows(
            "adversary-1", context.attack("adversary-1", dataset, seed, trainer), target, epochs=epochs
        )
        result += target_rows(target, epochs=epochs)
    return result


def check(measured: Measurements) -> Finding:
    """Check that the longest training overfits and leaks more than the shortest on every data set."""
    figures, details, holds = {}, [], {}
    for metric in ("overfitting", "precision", "recall", "AUC"):
        rows = measured.only(metric=metric.lower())
        both = _ends(rows.table, metric)
        changes = {str(name): rows.only(dataset=name).estimate(_rise, metric) for name in both.index}
        holds[metric] = each_is(is_above, list(changes.values()))
        each = (f"{name} {row.iloc[0]:.3f} to {row.iloc[1]:.3f}" for name, row in both.iterrows())
        undecided = [name for name, change in changes.items() if is_above(change.interval(), 0.0) is None]
        some = f" (not decided: {', '.join(undecided)})" if undecided else ""
        figures[metric] = f"{_share(changes.values())}{some}"
        details.append(f"{metric[0].upper()}{metric[1:]}: {', '.join(each)}.")
    first, last = (number(measured.tidy["epochs"]) for number in (min, max))
    what = f"Data sets with more after {last} epochs than after {first}, by the intervals"
    return conclude(holds, figures, what=what, details=" ".join(details))


def _share(changes: Collection[SeedMean]) -> str:
    """Return on how many data sets the interval of a change lies above 0."""
    return f"{sum(is_above(change.interval(), 0.0) is True for change in changes)} of {len(changes)}"


def _ends(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric after the shortest and the longest training, on the data sets that have both."""
    values = pick(table, metric.lower(), ["dataset", "epochs"]).unstack()
    if len(values.columns) < 2:
        raise MissingRows("all targets are trained for the same number of epochs")
    both = values[values.columns[[0, -1]]].dropna()
    if both.empty:
        raise MissingRows(f"no data set has the {metric} after both numbers of epochs")
    return both


def _rise(table: pd.DataFrame, metric: str) -> float:
    [(_, (first, last))] = _ends(table, metric).iterrows()
    return float(last - first)


STUDIES = (
    Study(
        name="epochs",
        title="The longer a model is trained, the more it leaks",
        figure="Figure 3",
        claim="With more training epochs the target overfits more, and the attack's precision and recall "
        "grow.",
        datasets=("location", "news", "cifar100", *WORDS),
        run=run,
        check=check,
        targets=("dataset",),
        pictures=(
            Picture(
                "lines",
                "epochs",
                "dataset",
                (*READINGS, "overfitting"),
                ("epochs", "data set"),
            ),
        ),
        index=("dataset", "epochs"),
        metrics=("overfitting", *READINGS),
        short=ShortTable(
            ("dataset",),
            tuple(
                column
                for name, which in (("fewest epochs", min), ("most epochs", max))
                for column in (
                    Column(f"{name}, overfitting level", ("overfitting",), {"epochs": which}),
                    *attack_columns(name, **FIRST, epochs=which),
                )
            ),
        ),
        position=3,
    ),
)
