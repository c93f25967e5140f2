"""The three adversaries side by side."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.threshold import calibrate
from mlleaks.experiments.lab import Lab
from mlleaks.experiments.shipped import family
from mlleaks.experiments.study import PAPER, WORDS, Row, Study, pick, rows
from mlleaks.posteriors import maximum
from mlleaks.report.chapters import Finding, Picture

SOURCES = ("cifar100", "news", "location", "words-100")
"""Where adversary 2 learns: the first of these that is at hand and is not the target's domain."""


def source(dataset: str, others: tuple[str, ...]) -> str | None:
    """Return the data set that adversary 2 learns on, chosen without a look at the target.

    Examples
    --------
    >>> source("news", ("cifar100", "news")), source("cifar100", ("cifar100", "news"))
    ('cifar100', 'news')
    >>> source("words-2", ("news", "location", "words-100"))
    'location'
    """
    return next((s for s in SOURCES if s in others and _domain(s) != _domain(dataset)), None)


def _domain(dataset: str) -> str:
    """Return what the records are of; CIFAR-10 and CIFAR-100 are of one kind here."""
    return family(dataset).rstrip("0123456789")


def run(lab: Lab, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what each adversary achieves against the same target."""
    target, _ = lab.pair(dataset, seed)
    noise = lab.noise(dataset, seed, lab.scale.reference(dataset))
    told = [
        *rows("adversary-1", lab.adversary_1(dataset, seed), target),
        *rows("adversary-3", calibrate(noise, maximum), target),
    ]
    elsewhere = source(dataset, others)
    if elsewhere is None:
        return told
    return [*told, *rows("adversary-2", lab.adversary_1(elsewhere, 0), target)]


def check(table: pd.DataFrame) -> Finding:
    """Check that who knows less finds less, but not much less."""
    names = ("adversary-1", "adversary-2", "adversary-3")
    auc = {name: pick(table, "auc", attack=name) for name in names}
    if auc["adversary-2"].empty:
        raise ValueError("adversary 2 had no other data set to learn on")
    told = ", ".join(f"{name} {values.mean():.3f}" for name, values in auc.items())
    close = all(auc["adversary-1"].mean() - values.mean() < 0.1 for values in auc.values())
    precision = ", ".join(f"{pick(table, 'precision', attack=name).mean():.3f}" for name in names)
    return Finding(
        "reproduced" if close else "not reproduced",
        f"mean AUC over {len(auc['adversary-1'])} data sets: {told}; mean precision in the same order "
        f"{precision}.",
    )


STUDY = Study(
    name="three-adversaries",
    title="The three adversaries side by side",
    figure="Section on adversary 3 (comparison)",
    claim="Adversaries 2 and 3, who know and hold much less, are close behind adversary 1.",
    datasets=(*PAPER, *WORDS),
    run=run,
    check=check,
    pictures=(Picture("dots", "dataset", "attack", ("precision", "recall", "auc"), ("", "")),),
    across=True,
)
