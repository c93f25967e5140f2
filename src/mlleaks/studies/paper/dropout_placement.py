"""Where dropout sits: before the first layer, before the dense layers, before the last one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.attacks.spec import Attack
from mlleaks.defenses import DropoutTrainer
from mlleaks.models import CNNTrainer
from mlleaks.results.reproduction import BOTH, BOTH_CLASSES, FIRST, Column, Finding, Picture, ShortTable
from mlleaks.stats.criteria import is_above
from mlleaks.stats.over_seeds import SeedMean
from mlleaks.studies.engine.conclusions import conclude, each_is, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import MissingRows, pick
from mlleaks.studies.engine.study import READINGS, Row, Study, attack_rows, target_rows

SINGLE = (0.25, 0.5, 0.75)
"""Ratios of each place alone; at one half, places are combined as well."""
LONGER = 4
"""How many times as many epochs the longer training has."""
PUBLISHED = (0.61, 0.60, 0.21)
"""With dropout on CIFAR-100: adversary 1's precision and recall, and the target's test accuracy."""
NEAR = 0.02
"""A setting whose three figures are all closer than this is near the published ones."""
NONE, PAPER, DENSE = "none", "input 0.5, hidden 0.5", "dense input 0.5, hidden 0.5"
DATASETS = ("cifar100", "cifar10", "face", "location")
COLUMNS = ["dataset", "epochs", "dropout"]

Ratios = tuple[float, float, float]
"""Of the input, of what enters the dense layers, and of the hidden layer."""


def settings(*, dense: bool) -> list[Ratios]:
    """Return the ratios to try; without those that differ only for networks with convolutions.

    Examples
    --------
    >>> len(settings(dense=True)), len(settings(dense=False))
    (18, 10)
    """
    alone: list[Ratios] = [
        (ratio if place == 0 else 0.0, ratio if place == 1 else 0.0, ratio if place == 2 else 0.0)
        for place in range(3)
        for ratio in SINGLE
    ]
    pairs: list[Ratios] = [pair for r in SINGLE for pair in ((r, 0.0, r), (0.0, r, r))]
    more: list[Ratios] = [(0.5, 0.5, 0.0), (0.5, 0.5, 0.5)]
    return [ratios for ratios in ((0.0, 0.0, 0.0), *alone, *pairs, *more) if dense or not ratios[1]]


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return accuracy and what attackers who know of the dropout achieve, for each place and ratio.

    With one half or none, the network is also trained four times as long.
    """
    reference = context.scale.reference(dataset)
    rows: list[Row] = []
    for ratios in settings(dense=isinstance(reference, CNNTrainer)):
        to_convergence = set(ratios) <= {0.0, 0.5} and sum(ratios[:2]) < 1
        for epochs in (reference.epochs, *((LONGER * reference.epochs,) if to_convergence else ())):
            base = replace(reference, epochs=epochs)
            first, dense, hidden = ratios
            trainer = DropoutTrainer(base=base, input_ratio=first, dense_ratio=dense, hidden_ratio=hidden)
            setting = {"dropout": named(ratios), "epochs": epochs}
            target, _ = context.pair(dataset, seed, trainer if any(ratios) else base)
            rows += target_rows(target, **setting)
            for name in ("adversary-1", "adversary-3-maximum"):
                attack: Attack = context.attack(name, dataset, seed, trainer if any(ratios) else base)
                rows += attack_rows(name, attack, target, **setting)
    return rows


def named(ratios: Ratios) -> str:
    """Return ratios as the table names them.

    Examples
    --------
    >>> named((0.0, 0.5, 0.25)), named((0.0, 0.0, 0.0))
    ('dense input 0.5, hidden 0.25', 'none')
    """
    places = zip(("input", "dense input", "hidden"), ratios, strict=True)
    return ", ".join(f"{place} {ratio:g}" for place, ratio in places if ratio) or NONE


def check(measured: Measurements) -> Finding:
    """Check, on images, that half of the dense input and of the hidden layer protects and costs no accuracy.

    The AUC must fall by more than 0.1, and the accuracy be higher than with half of the pixels dropped.
    """
    shortest = measured.tidy.groupby("dataset")["epochs"].transform("min")
    paper = Measurements(measured.tidy[measured.tidy["epochs"] == shortest])
    accuracy: Any = pick(paper.table, "test_accuracy", COLUMNS)
    images = [name for name in dict.fromkeys(paper.tidy["dataset"]) if DENSE in accuracy[name].droplevel(0)]
    if not images:
        raise MissingRows("no data set of images has every place of dropout")
    first = paper.only(attack="adversary-1", metric="auc")
    falls = [_difference(first.only(dataset=name), NONE, DENSE) for name in images]
    right = paper.only(metric="test_accuracy")
    gains = [_difference(right.only(dataset=name), DENSE, PAPER) for name in images]
    answers = {
        "protection": each_is(is_above, falls, 0.1, criteria=2),
        "accuracy": each_is(is_above, gains, criteria=2),
    }
    figures = {
        "protection": _spoken_each(images, falls),
        "accuracy": _spoken_each(images, gains),
    }
    what = "Fall of adversary 1's AUC with dropout on what enters the dense layers, and accuracy gained over "
    details = " ".join([_figures(measured.table, images), *_nearest(measured.table)])
    return conclude(answers, figures, what=f"{what}dropout on the pixels", details=details)


def _spoken_each(names: Sequence[str], changes: Sequence[SeedMean]) -> str:
    return ", ".join(f"{name} {spoken(change)}" for name, change in zip(names, changes, strict=True))


def _difference(rows: Measurements, first: str, second: str) -> SeedMean:
    """Return a metric with one dropout minus that with another, on one data set."""

    def difference(table: pd.DataFrame) -> float:
        values = table.set_index("dropout")["value"]
        return float(values[first] - values[second])

    return rows.only(dropout=[first, second]).estimate(difference)


def _figures(table: pd.DataFrame, images: Sequence[str]) -> str:
    """Return test accuracy and adversary 1's AUC by place, on each data set of images."""
    accuracy: Any = pick(table, "test_accuracy", COLUMNS)
    auc: Any = pick(table, "auc", COLUMNS, attack="adversary-1")
    sentences = []
    for name in images:
        epochs = accuracy[name].index.unique("epochs").min()
        each = (
            f"{place} {accuracy[name, epochs, place]:.3f} and {auc[name, epochs, place]:.3f}"
            for place in (NONE, PAPER, DENSE)
        )
        sentences.append(f"On {name}: {'; '.join(each)}.")
    return f"Test accuracy and adversary 1's AUC by place. {' '.join(sentences)}"


def _nearest(table: pd.DataFrame) -> list[str]:
    """Return a sentence on the setting that is nearest to the published figures, if CIFAR-100 is there."""
    some = table[table["dataset"] == "cifar100"]
    if some.empty:
        return []
    averages = {BOTH, "accuracy"} <= set(some["metric"])  # else they have taken the place of the members'
    names = (BOTH, "accuracy") if averages else ("precision", "recall")
    attacked = [pick(some, name, COLUMNS, attack="adversary-1") for name in names]
    figures = pd.concat([*attacked, pick(some, "test_accuracy", COLUMNS)], axis=1)
    distance = (figures - np.array(PUBLISHED)).abs().max(axis=1)
    nearest: Any = distance.idxmin()
    _, epochs, dropout = nearest
    precision, recall, accuracy = figures.loc[nearest]
    near = "It is near them" if np.nanmin(distance) < NEAR else "So none of these is the published one"
    return [
        "Published on CIFAR-100: precision 0.61, recall 0.60, accuracy 0.21. Nearest, averaged over both "
        f"classes: {dropout} after {epochs} epochs, with {precision:.3f}, {recall:.3f} and {accuracy:.3f}. "
        f"{near}."
    ]


def _columns() -> Iterator[Column]:
    """Return the columns of the short table: by data set, after the paper's number of epochs."""
    for name in DATASETS:
        where = {"dataset": name, "epochs": min}
        yield Column(f"{name}, test accuracy", ("test_accuracy",), where)
        if name == "cifar100":
            yield Column(f"{name}, both classes", BOTH_CLASSES, {**where, **FIRST})
        yield Column(f"{name}, AUC", ("auc",), {**where, **FIRST})


STUDIES = (
    Study(
        name="dropout-placement",
        title="Where dropout sits decides what it costs",
        figure="Ours, after the section on defenses",
        claim="On what enters the dense layers and on the hidden layer, dropout protects images, and the "
        "accuracy is higher than with dropout on the pixels.",
        published="CIFAR-100, place not known: precision 0.61, recall 0.60, accuracy 0.21 (0.22 without).",
        datasets=DATASETS,
        run=run,
        check=check,
        pictures=(
            Picture(
                "dots",
                "dropout",
                "dataset",
                ("test_accuracy", "auc"),
                ("", "data set"),
                attacks=("target", "adversary-1"),
            ),
        ),
        index=("dataset", "epochs", "dropout", "attack"),
        metrics=("train_accuracy", "test_accuracy", *READINGS),
        short=ShortTable(("dropout",), tuple(_columns())),
        position=16,
    ),
)
