"""The paper's attack model beside that of the published code, each with several thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pandas as pd

from mlleaks.attacks.spec import Attack
from mlleaks.attacks.top_k import learn
from mlleaks.results.reproduction import Finding, Picture, ShortTable, attack_columns
from mlleaks.stats.criteria import is_below
from mlleaks.stats.metrics import roc
from mlleaks.stats.rounding import number
from mlleaks.studies.engine.as_published import softmax_regression
from mlleaks.studies.engine.conclusions import finding, spoken
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.measurements import Measurements
from mlleaks.studies.engine.rows import pick, pick_columns
from mlleaks.studies.engine.study import PAPER, READINGS, WORDS, Row, Study, attack_rows
from mlleaks.types import Floats, Ints, Observations

HALF, EVEN = "at one half", "where precision equals recall on the shadow"
BOUND = "where the smaller of the two is largest on the target (a bound)"
"""No attacker can choose it: it needs the target's members. Precision and recall cannot both be larger."""

MODELS = ("softmax regression", "perceptron")

Worth: TypeAlias = Callable[[Ints, Ints, int], Ints | Floats]
"""What a threshold is worth: from the records flagged, the members among them, and all members."""


def run(context: StudyContext, dataset: str, seed: int, other_datasets: tuple[str, ...]) -> list[Row]:
    """Return what a perceptron and softmax regression achieve, each with three thresholds."""
    target, shadow = context.pair(dataset, seed)
    perceptron = learn(shadow, context.seeds(seed).stream("attack adversary-1"))
    result: list[Row] = []
    attacks = {"perceptron": perceptron, "softmax regression": softmax_regression(shadow)}
    for name, attack in attacks.items():
        even = replace(attack, threshold=break_even(attack, shadow))
        bound = replace(attack, threshold=max_min_threshold(attack, target))
        cuts = {HALF: attack, EVEN: even, BOUND: bound}
        for cut, variant in cuts.items():
            result += attack_rows(name, variant, target, cut=cut)
    return result


def break_even(attack: Attack, observations: Observations) -> float:
    """Return the threshold at which precision and recall come closest: as many flagged as members.

    Examples
    --------
    >>> from mlleaks.attacks.threshold import ThresholdAttack
    >>> from mlleaks.outputs.signals import maximum
    >>> from mlleaks.types import Outputs
    >>> p = np.array([0.9, 0.8, 0.7, 0.6])
    >>> member = np.array([True, False, True, False])
    >>> labelled = Observations(Outputs(np.column_stack([p, 1 - p])), member)
    >>> break_even(ThresholdAttack(maximum, 0.0), labelled) < 0.8
    True
    """
    return _best_cut(attack, observations, lambda flagged, right, members: -np.abs(flagged - members))


def max_min_threshold(attack: Attack, observations: Observations) -> float:
    """Return the threshold at which the smaller of precision and recall is largest.

    Examples
    --------
    >>> from mlleaks.attacks.threshold import ThresholdAttack
    >>> from mlleaks.outputs.signals import maximum
    >>> from mlleaks.types import Outputs
    >>> p = np.array([0.9, 0.8, 0.7, 0.6])
    >>> member = np.array([True, False, True, False])
    >>> labelled = Observations(Outputs(np.column_stack([p, 1 - p])), member)
    >>> round(max_min_threshold(ThresholdAttack(maximum, 0.0), labelled), 6)
    0.7
    """
    return _best_cut(
        attack,
        observations,
        lambda flagged, right, members: np.minimum(right / np.maximum(1, flagged), right / members),
    )


def _best_cut(attack: Attack, observations: Observations, worth: Worth) -> float:
    """Return the threshold that is worth most."""
    curve = roc(observations.member, attack.score(observations.outputs))
    flagged = curve.true_positives + curve.false_positives
    best = int(worth(flagged, curve.true_positives, curve.n_members).argmax())
    return float(np.nextafter(curve.thresholds[best], -np.inf))


def check(measured: Measurements) -> Finding:
    """Check that the AUCs of the two attack models differ by less than 0.02 on average."""
    table = measured.table
    gap = measured.only(metric="auc", cut=HALF).estimate(_gaps)
    figures = []
    for dataset in _gaps(table).index:
        each = [
            f"{cut} {number(pick(table, 'precision', cut=cut, attack='perceptron')[dataset])} and "
            f"{number(pick(table, 'recall', cut=cut, attack='perceptron')[dataset])}"
            for cut in (HALF, EVEN)
        ]
        figures.append(f"{dataset}: {', '.join(each)}")
    return finding(
        is_below(gap.interval(), 0.02),
        f"The AUCs of the two models differ by {spoken(gap)[1:]} on average, by {_gaps(table).max():.3f} at "
        "most.",
        f"Precision and recall of the perceptron: {'; '.join(figures)}.",
        figure=f"AUCs differ by {spoken(gap)[1:]}",
    )


def _gaps(table: pd.DataFrame) -> pd.Series[float]:
    """Return by how much the AUCs of the two models differ on each data set."""
    auc = pick_columns(table, "auc", ["dataset", "attack"], MODELS, cut=HALF)
    return (auc["softmax regression"] - auc["perceptron"]).abs()


STUDIES = (
    Study(
        name="attack-model",
        title="The attack model and its threshold",
        figure="Published code",
        claim="The attack model does not matter: the softmax regression of the published code and the "
        "paper's perceptron lead to the same conclusions.",
        datasets=(*PAPER, *WORDS),
        run=run,
        check=check,
        pictures=(Picture("dots", "dataset", "attack", READINGS, ("", "attack model")),),
        index=("dataset", "attack", "cut"),
        short=ShortTable(
            ("dataset",),
            tuple(c for model in MODELS for c in attack_columns(model, attack=model, cut=HALF)),
        ),
        position=24,
    ),
)
