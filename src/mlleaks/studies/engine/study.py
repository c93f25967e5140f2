"""What a study is: the paper's claim, a grid that is run, and a check of the claim's direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mlleaks.attacks.spec import Attack
from mlleaks.auditing.evaluating import estimates_of, target_facts
from mlleaks.results.reproduction import BOTH, BY_DATASET, Finding, Picture, ShortTable
from mlleaks.stats.both_classes import precision_of_both
from mlleaks.stats.estimate import Estimate
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.types import Observations

Row: TypeAlias = dict[str, Any]
"""A row of a tidy table: what was measured on, and ``metric, value, low, high``."""

METRICS = ("precision", "recall", "auc", "tpr@1%fpr", "accuracy", BOTH)
READINGS = ("precision", "recall", BOTH, "accuracy", "auc")
"""What tables and pictures of attacks show: precision and recall of the members, then of both classes."""
SMALL = ("location", "adult", "face", "news")
IMAGES = ("mnist", "cifar10", "cifar100")
WORDS = ("words-2", "words-10", "words-20", "words-50", "words-100")
PURCHASE = ("purchase-2", "purchase-10", "purchase-20", "purchase-50", "purchase-100")
PAPER = (*SMALL, *IMAGES, *PURCHASE)
"""The paper's data sets and variants."""
LEAKING_AUC = 0.6
"""A model leaks if the AUC of an attack against it is larger than this."""
SOURCES = ("cifar100", "news", "location", "words-100")
"""Where adversary 2 learns: the first of these that is in the run and of another domain than the target."""


def domain(dataset: str) -> str:
    """Return the domain of a data set's records: one name for all data sets that share it.

    Examples
    --------
    >>> domain("words-10") == domain("news"), domain("cifar10") == domain("cifar100")
    (True, True)
    """
    name = dataset.partition("-")[0].rstrip("0123456789")
    return {"words": "news"}.get(name, name)  # Words is made from the same posts as News


def source_dataset(dataset: str, other_datasets: tuple[str, ...]) -> str | None:
    """Return the data set that adversary 2 learns on, chosen without a look at the target.

    Examples
    --------
    >>> source_dataset("news", ("cifar100", "news")), source_dataset("cifar100", ("cifar100", "news"))
    ('cifar100', 'news')
    >>> source_dataset("words-2", ("news", "location", "words-100"))
    'location'
    """
    return next((s for s in SOURCES if s in other_datasets and domain(s) != domain(dataset)), None)


@dataclass(frozen=True)
class Study:
    """One study of the paper.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens.
    title, figure : str
        What it is called, and where the paper has it.
    claim : str
        The paper's result, in our own sentence.
    published : str
        The paper's figures, where they are certain; else empty.
    datasets : tuple of str
        What it runs on by default.
    run : callable
        ``run(context, dataset, seed, other_datasets) -> rows`` for one data set and seed.
        ``other_datasets`` are all data sets of this run, for studies that compare data sets.
    check : callable
        ``check(measured) -> Finding`` by intervals, see `mlleaks.studies.engine.measurements.Measurements`.
        It raises `mlleaks.studies.engine.rows.MissingRows` if the run is too small for it.
    pictures : tuple of Picture
        How it is drawn.
    across : bool
        Whether it needs other data sets than the one it is run on.
    index, metrics : tuple of str
        Rows and columns of its table.
    targets : tuple of str
        The columns that name a target, where the claim is about all targets together, so that those that do
        not leak blur it: then it is checked a second time without them, as an explanation.
    short : ShortTable
        What its text shows of that table.
    file : tuple of str and callable, optional
        A file that is written beside its table: name, and ``make(context, datasets) -> text``.
    position : int
        Its place in the paper's order, from 1 on; last by default.
    """

    name: str
    title: str
    figure: str
    claim: str
    datasets: tuple[str, ...]
    run: Callable[[StudyContext, str, int, tuple[str, ...]], list[Row]]
    check: Callable[[Measurements], Finding]
    pictures: tuple[Picture, ...]
    published: str = ""
    across: bool = False
    index: tuple[str, ...] = ("dataset", "attack")
    metrics: tuple[str, ...] = READINGS
    targets: tuple[str, ...] = ()
    short: ShortTable = BY_DATASET
    file: tuple[str, Callable[[StudyContext, Sequence[str]], str]] | None = None
    position: int = 1000


def attack_rows(name: str, attack: Attack, target: Observations, /, **setting: Any) -> list[Row]:
    """Return what an attack achieves against a target, one row per metric."""
    estimates, n = dict(estimates_of(name, attack, target)), int(target.member.sum())
    m = len(target) - n
    hits, false_alarms = estimates["recall"].value * n, estimates["fpr"].value * m
    estimates[BOTH] = precision_of_both(hits, n, false_alarms, m)
    return [metric_row(metric, estimates[metric], attack=name, **setting) for metric in METRICS]


def target_rows(target: Observations, /, **setting: Any) -> list[Row]:
    """Return the target's accuracies and overfitting level, one row each."""
    estimates = target_facts(target)
    return [metric_row(name, e, attack="target", **setting) for name, e in estimates.items()]


def metric_row(metric: str, e: Estimate, **setting: Any) -> Row:
    """Return one row of a tidy table."""
    return {**setting, "metric": metric, "value": e.value, "low": e.low, "high": e.high}
