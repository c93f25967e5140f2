"""The paper's constant learning rate beside one that decays at the end of training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from mlleaks.models import ConstantSchedule, ConstantThenDecay
from mlleaks.models.schedules import Schedule
from mlleaks.results.reproduction import ADVERSARY_1, Column, Finding, Picture, ShortTable
from mlleaks.stats.criteria import Answer, all_hold, is_below
from mlleaks.stats.intervals import LEVEL
from mlleaks.stats.over_seeds import ENOUGH
from mlleaks.stats.spread_ratio import spread_ratio
from mlleaks.studies.engine.conclusions import at_two_levels, finding
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick_columns
from mlleaks.studies.engine.study import READINGS, WORDS, Row, Study, attack_rows, target_rows
from mlleaks.types import Floats

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


def check(measured: Measurements) -> Finding:
    """Check that with the decaying rate the AUC varies at most 1.5 times as much as with the constant one."""
    figures, ratios, answers = [], [], []
    table, names = measured.table, (CONSTANT, DECAYING)
    train = pick_columns(table, "train_accuracy", ["dataset", "schedule"], names)
    datasets = list(dict.fromkeys(table["dataset"]))
    jointly = 1 - (1 - LEVEL) / len(datasets)
    for dataset in datasets:
        runs = _runs(measured.only(dataset=dataset))
        answers.append(at_two_levels(partial(_varies_little, runs), yes=LEVEL, no=jointly))
        each = (
            f"{name} {runs[name].mean():.3f} (standard deviation {runs[name].std(ddof=1):.3f}, training "
            f"accuracy {train.loc[dataset, name]:.3f})"
            for name in names
        )
        value, low, high = spread_ratio(runs[DECAYING], runs[CONSTANT])
        ratios.append(f"{dataset} {value:.2f} ({low:.2f} to {high:.2f})")
        figures.append(f"{dataset}: {', '.join(each)}")
    return finding(
        all_hold(answers),
        "Standard deviation of adversary 1's AUC over seeds, with the decaying rate divided by that with the "
        f"constant one: {'; '.join(ratios)}.",
        f"Adversary 1's AUC. {'; '.join(figures)}.",
        figure=f"ratio on {ratios[-1]}",
    )


def _varies_little(runs: Mapping[str, Floats], level: float) -> Answer:
    _, low, high = spread_ratio(runs[DECAYING], runs[CONSTANT], level)
    return is_below((low, high), 1.5)


def _runs(measured: Measurements) -> dict[str, Floats]:
    """Return adversary 1's AUC of each seed, by schedule."""
    rows = measured.only(metric="auc", attack="adversary-1").tidy
    of_seeds = rows.groupby(["schedule", "seed"])["value"].mean()
    runs = {name: of_seeds[name].to_numpy(float) for name in (CONSTANT, DECAYING)}
    if min(map(len, runs.values())) < ENOUGH:
        raise MissingRows(f"how much seeds vary shows with {ENOUGH} or more only")
    return runs


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
        metrics=("train_accuracy", "test_accuracy", *READINGS),
        short=ShortTable(
            ("dataset", "schedule"),
            (
                Column("training accuracy", ("train_accuracy",)),
                Column("test accuracy", ("test_accuracy",)),
                *ADVERSARY_1,
            ),
        ),
        position=23,
    ),
)
