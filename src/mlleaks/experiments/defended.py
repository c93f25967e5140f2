"""A defense before and after: the target's accuracy, and the three adversaries who know of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from mlleaks.attacks.label_gap import LabelGapAttack
from mlleaks.attacks.threshold import calibrate
from mlleaks.experiments.lab import Lab
from mlleaks.experiments.study import Row, Study, pick, rows, target_rows
from mlleaks.experiments.three_adversaries import source
from mlleaks.posteriors import maximum
from mlleaks.report.chapters import Finding, Picture
from mlleaks.types import Trainer

NONE = "none"
ATTACKS = ("adversary-1", "adversary-2", "adversary-3")
LEAKS = 0.6
"""AUC of adversary 1 from which on there is something to defend."""
SHOWN = ("test_accuracy", "precision", "recall", "auc")
INDEX = ("dataset", "defense", "attack")


def pictures(row: str, color: str, title: str, heat: tuple[str, str]) -> tuple[Picture, ...]:
    """Return accuracy beside adversary 1's AUC by two columns, and a matrix of all attacks."""
    dots = Picture(
        "dots",
        row,
        color,
        ("test_accuracy", "auc"),
        ("", f"{title} (AUC of adversary 1)"),
        attacks=("target", "adversary-1"),
    )
    return dots, Picture("heat", *heat, ("precision", "recall", "auc"), heat)


def sides(table: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the strongest attack's AUC and the test accuracy of each data set and defense."""
    auc = pick(table, "auc", list(INDEX))
    strongest = auc.groupby(level=["dataset", "defense"], sort=False).max()
    return strongest, pick(table, "test_accuracy", ["dataset", "defense"])


def study(
    name: str,
    defended: Callable[[Trainer], Trainer],
    *,
    title: str,
    claim: str,
    published: str,
    datasets: tuple[str, ...],
) -> Study:
    """Return the study of one defense.

    Parameters
    ----------
    name : str
        Of the defense and of its study.
    defended : callable
        ``defended(trainer) -> Trainer`` puts the defense on the paper's network.
    title, claim, published, datasets : as in `Study`
    """

    def run(lab: Lab, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
        """Return accuracy and the three adversaries' figures without and with the defense."""
        return compared(lab, dataset, seed, others, trainers={name: defended(lab.scale.reference(dataset))})

    return Study(
        name=name,
        title=title,
        figure="Section on defenses",
        claim=claim,
        published=published,
        datasets=datasets,
        run=run,
        check=partial(check, defense=name),
        pictures=pictures("dataset", "defense", "defense", ("defense", "attack")),
        across=True,
        index=INDEX,
        metrics=SHOWN,
    )


def compared(
    lab: Lab, dataset: str, seed: int, others: tuple[str, ...], *, trainers: dict[str, Trainer]
) -> list[Row]:
    """Return what the adversaries achieve against each trainer's model, and its accuracies.

    Adversary 1 trains her shadow with the same defense; unaware of it, without.
    """
    elsewhere = source(dataset, others)
    told: list[Row] = []
    known: dict[str, Trainer] = {NONE: lab.scale.reference(dataset)}
    for name, trainer in (known | trainers).items():
        target, _ = lab.pair(dataset, seed) if name == NONE else lab.pair(dataset, seed, trainer)
        told += rows("adversary-1", lab.adversary_1(dataset, seed, trainer), target, defense=name)
        told += rows("adversary-1, unaware", lab.adversary_1(dataset, seed), target, defense=name)
        noise = lab.noise(dataset, seed, trainer)
        told += rows("adversary-3", calibrate(noise, maximum), target, defense=name)
        told += rows("label-gap", LabelGapAttack(), target, defense=name)
        told += target_rows(target, defense=name)
        if elsewhere is not None:
            told += rows("adversary-2", lab.adversary_1(elsewhere, 0), target, defense=name)
    return told


def check(table: pd.DataFrame, defense: str) -> Finding:
    """Check that every adversary's AUC falls where there is a leak, at little cost in accuracy."""
    index = ["dataset", "defense", "attack"]
    auc = pick(table, "auc", index).unstack("defense")
    precision = pick(table, "precision", index).unstack("defense")
    leaking = auc.xs("adversary-1", level="attack")[NONE] > LEAKS
    names = [name for name, leaks in leaking.items() if leaks]
    falls = {
        attack: (auc[NONE] - auc[defense]).xs(attack, level="attack").reindex(names).mean()
        for attack in ATTACKS
        if attack in auc.index.unique("attack")
    }
    accuracy = pick(table, "test_accuracy", ["dataset", "defense"]).unstack()
    cost = (accuracy[NONE] - accuracy[defense]).reindex(names)
    first = precision.xs("adversary-1", level="attack").reindex(names)
    told = "; ".join(
        f"{name}: accuracy {accuracy[NONE][name]:.3f} to {accuracy[defense][name]:.3f}, "
        f"adversary 1's precision {first[NONE][name]:.2f} to {first[defense][name]:.2f}"
        for name in map(str, names)
    )
    fall = ", ".join(f"{attack} {value:+.3f}" for attack, value in falls.items())
    good = bool(names) and min(falls.values()) > 0.02 and cost.mean() < 0.05
    return Finding(
        "reproduced" if good else "not reproduced",
        f"mean fall of the AUC where there is a leak: {fall}; accuracy lost {cost.mean():+.3f}. {told}.",
    )
