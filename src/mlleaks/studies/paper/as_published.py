"""Our settings beside those of the authors' code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from mlleaks.models import CNNTrainer
from mlleaks.results.reproduction import ADVERSARY_1, BOTH, Column, Finding, Picture, ShortTable
from mlleaks.stats.criteria import all_hold, is_above, is_below
from mlleaks.studies.engine.as_published import DATASETS
from mlleaks.studies.engine.conclusions import each_is, finding, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick_columns
from mlleaks.studies.engine.study import READINGS, Row, Study, attack_rows, target_rows

OURS, PUBLISHED, PLAIN = "ours", "authors' code", "ours, plain Glorot weights"
NEAR = 0.03
"""AUCs that differ by less are alike."""


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return the target's accuracies and what adversary 1 achieves under each setting."""
    contexts = {OURS: _with(context, as_published=False), PUBLISHED: _with(context, as_published=True)}
    rows: list[Row] = []
    for name, some in contexts.items():
        rows += _measured(some, dataset, seed, some.scale.reference(dataset), name)
    reference = contexts[OURS].scale.reference(dataset)
    if isinstance(reference, CNNTrainer):
        rows += _measured(contexts[OURS], dataset, seed, replace(reference, gain=1.0), PLAIN)
    return rows


def _with(context: StudyContext, *, as_published: bool) -> StudyContext:
    return replace(context, scale=replace(context.scale, as_published=as_published))


def _measured(context: StudyContext, dataset: str, seed: int, trainer: Any, name: str) -> list[Row]:
    target, _ = context.pair(dataset, seed, trainer)
    attack = context.attack("adversary-1", dataset, seed, trainer)
    return [
        *attack_rows("adversary-1", attack, target, settings=name),
        *target_rows(target, settings=name),
    ]


def check(measured: Measurements) -> Finding:
    """Check that adversary 1's AUC is the same within 0.03 on every data set."""
    auc = measured.only(metric="auc", attack="adversary-1")
    names = list(dict.fromkeys(auc.tidy["dataset"]))
    changes = [auc.only(dataset=name, settings=[OURS, PUBLISHED]).estimate(_change) for name in names]
    answer = all_hold((each_is(is_above, changes, -NEAR), each_is(is_below, changes, NEAR)))
    most = max(changes, key=lambda change: abs(change.value))
    summary = "Change of adversary 1's AUC with the authors' settings: " + "; ".join(
        f"{name} {spoken(change)}" for name, change in zip(names, changes, strict=True)
    )
    details = " ".join(_figures(measured.table, name) for name in names)
    return finding(answer, f"{summary}.", details, figure=f"AUC {spoken(most)}")


def _change(table: pd.DataFrame) -> float:
    values = table.set_index("settings")["value"]
    if not {OURS, PUBLISHED} <= set(values.index):
        raise MissingRows("one of the settings is missing")
    return float(values[PUBLISHED] - values[OURS])


def _figures(table: pd.DataFrame, dataset: str) -> str:
    """Return adversary 1's figures on a data set, averaged over both classes, under each setting."""
    some = table[table["dataset"] == dataset]
    averages = {BOTH, "accuracy"} <= set(some["metric"])  # else they have taken the place of the members'
    names = (BOTH, "accuracy", "auc") if averages else ("precision", "recall", "auc")
    of = {"attack": "adversary-1"}
    columns = [pick_columns(some, name, ["dataset", "settings"], (), **of).loc[dataset] for name in names]
    rows = pd.concat(columns, axis=1).dropna()
    each = (
        f"{name} {', '.join(f'{value:.3f}' for value in row)}"
        for name, row in zip(rows.index, rows.to_numpy(), strict=True)
    )
    return f"{dataset}: {'; '.join(each)} (precision and recall of both classes, AUC)."


STUDIES = (
    Study(
        name="as-published",
        title="Our settings beside those of the authors' code",
        figure="Published code",
        claim="Adversary 1 does as well with our settings as with those of the authors' code: parts of "
        "CIFAR-10 from its training images, parts of News with means of their own, a constant learning rate, "
        "and softmax regression as the attack model.",
        published="CIFAR-100: precision 0.95 and recall 0.95.",
        datasets=DATASETS,
        run=run,
        check=check,
        pictures=(Picture("dots", "settings", "dataset", ("train_accuracy", *READINGS), ("", "data set")),),
        index=("dataset", "settings"),
        metrics=("train_accuracy", "test_accuracy", *READINGS),
        short=ShortTable(
            ("dataset", "settings"),
            (
                Column("test accuracy", ("test_accuracy",)),
                *ADVERSARY_1,
            ),
        ),
        position=25,
    ),
)
