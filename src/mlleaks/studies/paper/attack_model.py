"""The paper's attack model beside that of the published code, and where either cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlleaks.attacks.base import Attack
from mlleaks.attacks.top_k import LearnedAttack
from mlleaks.outputs.signals import top_k
from mlleaks.results.study import Finding, Picture
from mlleaks.stats.metrics import roc
from mlleaks.stats.rounding import number
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.study import PAPER, WORDS, Row, Study, pick, rows
from mlleaks.types import Ints, Observations

HALF, EVEN = "at one half", "where precision equals recall on the shadow"
BOUND = "where the smaller of the two is largest on the target (a bound)"
"""No adversary knows it: it takes the target's members. Precision and recall cannot both be larger."""


def run(lab: StudyContext, dataset: str, seed: int, others: tuple[str, ...]) -> list[Row]:
    """Return what a perceptron and softmax regression achieve, each with three thresholds."""
    target, shadow = lab.pair(dataset, seed)
    line = LogisticRegression(C=1e6, max_iter=1000)
    line.fit(top_k(shadow.outputs.posteriors), shadow.member)
    known: dict[str, LearnedAttack] = {"softmax regression": LearnedAttack(line)}
    first = lab.adversary_1(dataset, seed)
    assert isinstance(first, LearnedAttack)
    told: list[Row] = []
    for name, attack in {"perceptron": first, **known}.items():
        even = replace(attack, threshold=break_even(attack, shadow))
        bound = replace(attack, threshold=highest(attack, target))
        cuts = {HALF: attack, EVEN: even, BOUND: bound}
        told += [row for cut, known in cuts.items() for row in rows(name, known, target, cut=cut)]
    return told


def break_even(attack: Attack, seen: Observations) -> float:
    """Return the threshold at which precision and recall come closest: as many accused as members.

    Examples
    --------
    >>> from mlleaks.attacks.threshold import ThresholdAttack
    >>> from mlleaks.outputs.signals import maximum
    >>> from mlleaks.types import Outputs
    >>> p = np.array([0.9, 0.8, 0.7, 0.6])
    >>> seen = Observations(Outputs(np.column_stack([p, 1 - p])), np.array([1, 0, 1, 0], bool))
    >>> break_even(ThresholdAttack(maximum, 0.0), seen) < 0.8
    True
    """
    return _best_cut(attack, seen, lambda accused, found, members: -np.abs(accused - members))


def highest(attack: Attack, seen: Observations) -> float:
    """Return the threshold at which the smaller of precision and recall is largest.

    Examples
    --------
    >>> from mlleaks.attacks.threshold import ThresholdAttack
    >>> from mlleaks.outputs.signals import maximum
    >>> from mlleaks.types import Outputs
    >>> p = np.array([0.9, 0.8, 0.7, 0.6])
    >>> seen = Observations(Outputs(np.column_stack([p, 1 - p])), np.array([1, 0, 1, 0], bool))
    >>> round(highest(ThresholdAttack(maximum, 0.0), seen), 6)
    0.7
    """
    return _best_cut(
        attack,
        seen,
        lambda accused, found, members: np.minimum(found / np.maximum(1, accused), found / members),
    )


def _best_cut(attack: Attack, seen: Observations, worth: Callable[[Ints, Ints, int], Any]) -> float:
    """Return the threshold for which ``worth(accused, members among them, all members)`` is largest."""
    curve = roc(seen.member, attack.score(seen.outputs))
    accused = curve.true_positives + curve.false_positives
    best = int(worth(accused, curve.true_positives, curve.n_members).argmax())
    return float(np.nextafter(curve.thresholds[best], -np.inf))


def check(table: pd.DataFrame) -> Finding:
    """Check that the two attack models tell the same story."""
    auc = pick(table, "auc", ["dataset", "attack"], cut=HALF).unstack()
    gap = (auc["softmax regression"] - auc["perceptron"]).abs()
    told = []
    for dataset in auc.index:
        figures = [
            f"{cut} {number(pick(table, 'precision', cut=cut, attack='perceptron')[dataset])} and "
            f"{number(pick(table, 'recall', cut=cut, attack='perceptron')[dataset])}"
            for cut in (HALF, EVEN)
        ]
        told.append(f"{dataset}: {', '.join(figures)}")
    return Finding(
        "reproduced" if gap.mean() < 0.02 else "not reproduced",
        f"AUC of the two differ by {gap.mean():.3f} on average, {gap.max():.3f} at most. Precision and "
        f"recall "
        f"of the perceptron: {'; '.join(told)}.",
    )


STUDIES = (
    Study(
        name="attack-model",
        title="The attack model, and where it cuts",
        figure="Published code",
        claim="The attack model does not matter: the published code's softmax regression and the paper's "
        "perceptron "
        "lead to the same conclusions.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(
            Picture("dots", "dataset", "attack", ("precision", "recall", "auc"), ("", "attack model")),
        ),
        index=("dataset", "attack", "cut"),
        position=21,
    ),
)
