"""The paper's constant learning rate beside one that decays at the end of training."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mlleaks.models import ConstantSchedule, ConstantThenDecay
from mlleaks.models.schedules import Schedule
from mlleaks.results.reproduction import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.rows import pick_columns
from mlleaks.studies.engine.study import WORDS, Row, Study, attack_rows, target_rows

CONSTANT, DECAYING = "constant", "settling"
"""The schedules' names in the table."""


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return the target's accuracies and what adversary 1 achieves under either schedule."""
    reference = context.scale.reference(dataset)
    schedules: dict[str, Schedule] = {CONSTANT: ConstantSchedule(), DECAYING: ConstantThenDecay()}
    result: list[Row] = []
    for name, schedule in schedules.items():
        trainer = replace(reference, schedule=schedule)
        target, _ = context.pair(dataset, seed, trainer)
        result += attack_rows(
            "adversary-1", context.attack("adversary-1", dataset, seed, trainer), target, schedule=name
        )
        result += target_rows(target, schedule=name)
    return result


def check(table: pd.DataFrame) -> Finding:
    """Check that with the decaying rate the AUC varies at most 1.5 times as much as with the constant one."""
    figures, holds = [], True
    names, index = (CONSTANT, DECAYING), ["dataset", "schedule"]
    auc = pick_columns(table, "auc", index, names, attack="adversary-1")
    train = pick_columns(table, "train_accuracy", index, names)
    low, high = (
        pick_columns(table.assign(value=table[end]), "auc", index, names, attack="adversary-1")
        for end in ("low", "high")
    )
    width = high - low
    for dataset in dict.fromkeys(table["dataset"]):
        holds &= bool(width.loc[dataset, DECAYING] <= 1.5 * width.loc[dataset, CONSTANT])
        each = (
            f"{name} {auc.loc[dataset, name]:.3f} (interval of width {width.loc[dataset, name]:.3f}, "
            f"training accuracy {train.loc[dataset, name]:.3f})"
            for name in names
        )
        figures.append(f"{dataset}: {', '.join(each)}")
    return Finding("reproduced" if holds else "not reproduced", f"Adversary 1's AUC. {'; '.join(figures)}.")


STUDIES = (
    Study(
        name="schedules",
        title="A constant learning rate beside one that decays at the end",
        figure="Ours",
        claim='With a learning rate that falls over the last fifth of training ("settling"), targets and '
        "shadows resemble each other at least as well.",
        datasets=("location", "cifar100", *WORDS),
        run=run,
        check=check,
        pictures=(
            Picture(
                "dots",
                "schedule",
                "dataset",
                ("train_accuracy", "precision", "recall", "auc"),
                ("", "data set"),
            ),
        ),
        index=("dataset", "schedule"),
        metrics=("train_accuracy", "test_accuracy", "precision", "recall", "auc"),
        position=20,
    ),
)
