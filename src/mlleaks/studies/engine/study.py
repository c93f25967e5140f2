"""What a study is: the paper's claim, a grid that is run, and a check of the claim's direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from mlleaks.attacks.base import Attack, AttackSpec
from mlleaks.auditing.evaluating import evaluate, target_facts
from mlleaks.results.study import Finding, Picture
from mlleaks.stats.estimate import Estimate
from mlleaks.studies.engine.context import StudyContext
from mlleaks.types import Observations

Row: TypeAlias = dict[str, Any]
"""A line of a tidy table: what was measured on, and ``metric, value, low, high``."""

METRICS = ("precision", "recall", "auc", "tpr@1%fpr", "accuracy")
SMALL = ("location", "adult", "face", "news")
IMAGES = ("mnist", "cifar10", "cifar100")
WORDS = ("words-2", "words-10", "words-20", "words-50", "words-100")
PURCHASE = ("purchase-2", "purchase-10", "purchase-20", "purchase-50", "purchase-100")
PAPER = (*SMALL, *IMAGES, *PURCHASE)
"""The paper's data sets and variants."""


def domain(dataset: str) -> str:
    """Return what a data set's records are of, by one word for all that are of the same.

    Examples
    --------
    >>> domain("words-10") == domain("news"), domain("cifar10") == domain("cifar100")
    (True, True)
    """
    name = dataset.partition("-")[0].rstrip("0123456789")
    return {"words": "news"}.get(name, name)  # Words are made from the same posts


class TooFew(Exception):
    """A check has too little to go by; its words say what is missing."""


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
        What the paper found, in our words.
    published : str
        The paper's figures, where they are known for certain; else empty.
    datasets : tuple of str
        What it runs on by default.
    run : callable
        ``run(lab, dataset, seed, others) -> rows`` for one data set and seed; ``others`` are all
        data sets of this run, for studies across them.
    check : callable
        ``check(summary) -> Finding`` from the means over seeds, see `summary.summarised`; may
        raise `TooFew`.
    pictures : tuple of Picture
        How it is drawn.
    across : bool
        Whether it needs other data sets than the one it is run on.
    index, metrics : tuple of str
        Rows and columns of its table.
    file : tuple of str and callable, optional
        A file that it leaves beside its table: name, and ``make(lab, datasets) -> text``.
    position : int
        Where it stands among the others, from 1 on: the paper's order; last by default.
    """

    name: str
    title: str
    figure: str
    claim: str
    datasets: tuple[str, ...]
    run: Callable[[StudyContext, str, int, tuple[str, ...]], list[Row]]
    check: Callable[[pd.DataFrame], Finding]
    pictures: tuple[Picture, ...]
    published: str = ""
    across: bool = False
    index: tuple[str, ...] = ("dataset", "attack")
    metrics: tuple[str, ...] = ("precision", "recall", "auc")
    file: tuple[str, Callable[[StudyContext, tuple[str, ...]], str]] | None = None
    position: int = 1000


def verdict(holds: Mapping[str, bool], evidence: str) -> Finding:
    """Return what a check concludes of several figures that a claim speaks of, each by itself.

    Examples
    --------
    >>> verdict({"AUC": True, "recall": False}, "AUC +0.1, recall -0.1.")
    Finding(word='reproduced in part', evidence='it holds of AUC, not of recall: AUC +0.1, recall -0.1.')
    """
    good, bad = ([name for name in holds if holds[name] is held] for held in (True, False))
    if good and bad:
        split = f"it holds of {' and '.join(good)}, not of {' and '.join(bad)}"
        return Finding("reproduced in part", f"{split}: {evidence}")
    return Finding("reproduced" if good else "not reproduced", evidence)


def rows(name: str, attack: Attack, seen: Observations, **setting: Any) -> list[Row]:
    """Return what an attack achieves against a target, a row a metric."""
    spec = AttackSpec(name=name, title=name, source="", needs=(), build=lambda evidence, rng: attack)
    estimates = evaluate(spec, attack, seen).estimates
    return [row(metric, estimates[metric], attack=name, **setting) for metric in METRICS]


def target_rows(seen: Observations, **setting: Any) -> list[Row]:
    """Return the target's accuracies and overfitting level."""
    return [row(name, e, attack="target", **setting) for name, e in target_facts(seen).items()]


def row(metric: str, e: Estimate, **setting: Any) -> Row:
    """Return one line of a tidy table."""
    return {**setting, "metric": metric, "value": e.value, "low": e.low, "high": e.high}


def pick(
    table: pd.DataFrame, metric: str, index: str | Sequence[str] = "dataset", **where: Any
) -> pd.Series[float]:
    """Return one metric's means by ``index``, of the rows where columns have the given values."""
    chosen = table["metric"] == metric
    for name, value in where.items():
        chosen &= table[name] == value
    return table[chosen].set_index(index)["value"].astype(float)
