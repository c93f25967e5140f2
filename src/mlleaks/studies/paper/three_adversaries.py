"""The three adversaries side by side."""

from __future__ import annotations

import pandas as pd

from mlleaks.attacks.threshold import calibrate
from mlleaks.outputs.signals import maximum
from mlleaks.results.study import Finding, Picture
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, TooFew, domain, pick, rows, verdict

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
    return next((s for s in SOURCES if s in others and domain(s) != domain(dataset)), None)


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what each adversary achieves against the same target."""
    target, _ = lab.pair(dataset, seed)
    noise = lab.noise(dataset, seed, lab.scale.reference(dataset))
    told = [
        *rows("adversary-1", lab.adversary_1(dataset, seed), target, source=""),
        *rows("adversary-3", calibrate(noise, maximum), target, source=""),
    ]
    elsewhere = source(dataset, others)
    if elsewhere is None:
        return told
    return [*told, *rows("adversary-2", lab.adversary_1(elsewhere, 0), target, source=elsewhere)]


def check(table: pd.DataFrame) -> Finding:
    """Check that who knows less finds less, but not much less, of each figure that all have."""
    names = ("adversary-1", "adversary-2", "adversary-3")
    told, close = [], {}
    for metric in ("AUC", "precision", "recall"):
        values = pick(table, metric.lower(), ["dataset", "attack"]).unstack().reindex(columns=names).dropna()
        if values.empty:
            raise TooFew(f"no data set has the {metric} of all three adversaries")
        means = values.mean()
        close[metric] = bool(means["adversary-1"] - means.min() < 0.1)
        figures = ", ".join(f"{means[name]:.3f}" for name in names)
        told.append(f"{metric} {figures} ({len(values)} data sets)")
    return verdict(close, f"means of adversaries 1, 2 and 3 where all have one: {'; '.join(told)}.")


STUDIES = (
    Study(
        name="three-adversaries",
        title="The three adversaries side by side",
        figure="Section on adversary 3 (comparison)",
        claim="Adversaries 2 and 3, who know and hold much less, are close behind adversary 1.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(Picture("dots", "dataset", "attack", ("precision", "recall", "auc"), ("", "")),),
        across=True,
        position=13,
    ),
)
