"""The paper's two defenses beside those that practitioners know today."""

from __future__ import annotations

import logging

import pandas as pd

from mlleaks.defenses import catalogue
from mlleaks.errors import InputError, MissingExtra
from mlleaks.experiments.defended import NONE, compared
from mlleaks.experiments.lab import Lab
from mlleaks.experiments.study import Row, Study, TooFew, pick
from mlleaks.report.chapters import Finding, Picture
from mlleaks.types import Trainer

log = logging.getLogger(__name__)

PAPER = ("dropout", "stacking")


def run(lab: Lab, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return accuracy and the three adversaries' figures without and with every defense that fits."""
    reference = lab.scale.reference(dataset)
    fitting: dict[str, Trainer] = {}
    for name, defense in catalogue().items():
        try:
            trainer = defense(reference)
            lab.pair(dataset, seed, trainer)
        except (InputError, MissingExtra) as error:  # parts with too few records of a class, say
            log.warning("%s is left out on %s: %s", name, dataset, error)
        else:
            fitting[name] = trainer
    return compared(lab, dataset, seed, others, trainers=fitting)


def check(table: pd.DataFrame) -> Finding:
    """Check that no other defense is better than both of the paper's in accuracy and in leakage."""
    auc = pick(table, "auc", ["dataset", "defense", "attack"])
    strongest = auc.groupby(level=["dataset", "defense"], sort=False).max()
    accuracy = pick(table, "test_accuracy", ["dataset", "defense"])
    told, holds = [], True
    for dataset in strongest.index.unique("dataset"):
        both = pd.DataFrame({"auc": strongest[dataset], "accuracy": accuracy[dataset]}).dropna()
        if not {NONE, *PAPER} <= set(both.index):
            raise TooFew(f"{dataset} lacks one of {', '.join((NONE, *PAPER))}")
        ordered = both.sort_values(["accuracy", "auc"], ascending=[False, True])
        front = ordered[ordered["auc"] < ordered["auc"].cummin().shift(fill_value=2.0)]
        holds &= any(name in front.index for name in PAPER)
        points = ", ".join(
            f"{name} {row['accuracy']:.3f} and {row['auc']:.3f}" for name, row in front.iterrows()
        )
        before = both.loc[NONE]
        told.append(f"{dataset} (none: {before['accuracy']:.3f} and {before['auc']:.3f}): {points}")
    return Finding(
        "reproduced" if holds else "not reproduced",
        f"defenses than which none is better in both, with test accuracy and the strongest attack's AUC: "
        f"{'; '.join(told)}.",
    )


STUDY = Study(
    name="defenses-compared",
    title="The paper's defenses beside those of today",
    figure="Ours",
    claim="At least one of dropout and stacking is still among those than which no other defense is better "
    "in both accuracy and leakage.",
    datasets=("location", "words-100"),
    run=run,
    check=check,
    pictures=(
        Picture(
            "dots",
            "defense",
            "dataset",
            ("test_accuracy", "auc"),
            ("", "data set (AUC of adversary 1)"),
            attacks=("target", "adversary-1"),
        ),
        Picture("heat", "attack", "defense", ("precision", "recall", "auc"), ("attack", "defense")),
    ),
    across=True,
    index=("dataset", "defense", "attack"),
    metrics=("test_accuracy", "precision", "recall", "auc"),
)
