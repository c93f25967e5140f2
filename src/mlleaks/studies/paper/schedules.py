"""The paper's constant learning rate beside the one that settles."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mlleaks.models import ConstantSchedule, ConstantThenDecay
from mlleaks.models.schedules import Schedule
from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import WORDS, Row, Study, pick, rows, target_rows


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return the target's accuracies and what adversary 1 achieves under either schedule."""
    reference = lab.scale.reference(dataset)
    known: dict[str, Schedule] = {"constant": ConstantSchedule(), "settling": ConstantThenDecay()}
    told: list[Row] = []
    for name, schedule in known.items():
        trainer = replace(reference, schedule=schedule)
        target, _ = lab.pair(dataset, seed, trainer)
        told += rows("adversary-1", lab.adversary_1(dataset, seed, trainer), target, schedule=name)
        told += target_rows(target, schedule=name)
    return told


def check(table: pd.DataFrame) -> Finding:
    """Report how the schedules differ: settling should vary no more between seeds."""
    told, calmer = [], True
    index = ["dataset", "schedule"]
    auc = table[(table["metric"] == "auc") & (table["attack"] == "adversary-1")].set_index(index)
    train = pick(table, "train_accuracy", index)
    for dataset in auc.index.unique("dataset"):
        width = {
            s: float(auc.loc[(dataset, s), "high"] - auc.loc[(dataset, s), "low"])
            for s in ("constant", "settling")
        }
        calmer &= width["settling"] <= 1.5 * width["constant"]
        figures = (
            f"{s} {auc.loc[(dataset, s), 'value']:.3f} (interval of width {width[s]:.3f}, training accuracy "
            f"{train[dataset, s]:.3f})"
            for s in width
        )
        told.append(f"{dataset}: {', '.join(figures)}")
    return Finding("reproduced" if calmer else "not reproduced", f"adversary 1's AUC, {'; '.join(told)}.")


STUDIES = (
    Study(
        name="schedules",
        title="The paper's learning rate beside the one that settles",
        figure="Ours",
        claim="A rate that falls over the last fifth of training leaves targets and shadows that resemble "
        "each other at least as well.",
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
