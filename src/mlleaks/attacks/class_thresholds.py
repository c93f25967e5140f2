"""One statistic of an answer, and a threshold for each class that a shadow model teaches.

Source: Song and Mittal, *Systematic Evaluation of Privacy Risks of Machine Learning Models*, USENIX Security
2021, section 3: confidence, entropy and modified entropy. Their attack by correctness is
`mlleaks.attacks.gap`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.labels import true_classes
from mlleaks.attacks.needs import Evidence, Labels, ShadowModels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.observations import concatenate
from mlleaks.outputs.signals import Signal, modified_entropy, negative_entropy, true_posterior
from mlleaks.storage.tags import tagged
from mlleaks.types import Bools, Floats, Ints, Observations, Outputs

FEW = 20
"""A class with fewer members, or fewer non-members, of the shadow has the threshold of all classes."""


@tagged("negative_entropy_of_class")
def entropy_statistic(posteriors: Floats, labels: Ints) -> Floats:
    """Return minus the entropy of each row ``(n,)``; the class is not looked at.

    Examples
    --------
    >>> entropy_statistic(np.array([[0.5, 0.5]]), np.array([0])).round(4)
    array([-0.6931])
    """
    return negative_entropy(posteriors)


@tagged("negative_modified_entropy")
def modified_entropy_statistic(posteriors: Floats, labels: Ints) -> Floats:
    """Return minus `mlleaks.outputs.signals.modified_entropy` ``(n,)``; higher = more likely a member.

    Examples
    --------
    >>> modified_entropy_statistic(np.array([[0.9, 0.1]]), np.array([1])).round(3)
    array([-4.145])
    """
    return -modified_entropy(posteriors, labels)


@tagged("ClassThresholdAttack")
@dataclass(frozen=True)
class ClassThresholdAttack:
    """Flag a record whose statistic is above the threshold of its class.

    Scores of one class rank as the statistic does. Scores of different classes are comparable in that 0 is
    the threshold everywhere, and that a distance from it is in the statistic's own unit (posterior or nats).
    They are not calibrated: one distance may be stronger evidence in one class than in another. The paper
    defines the decisions, not this order.

    Parameters
    ----------
    statistic : callable
        ``statistic(posteriors (n, k), labels (n,)) -> (n,)``, higher = more likely a member.
    thresholds : float array (k + 1,)
        One per class; the last one is that of every class that the shadow model does not have.
    threshold : float
        0: the classes' own thresholds are subtracted.
    """

    statistic: Signal
    thresholds: Floats
    threshold: float = 0.0

    def score(self, outputs: Outputs) -> Floats:
        """Return the statistic minus the threshold of the record's true class ``(n,)``.

        Raises
        ------
        InputError
            The outputs have no labels.
        """
        labels = true_classes(outputs)
        classes = np.minimum(labels, len(self.thresholds) - 1)
        return self.statistic(outputs.posteriors, labels).astype(np.float64) - self.thresholds[classes]


def best_threshold(values: Floats, member: Bools) -> float:
    """Return the threshold of the highest balanced accuracy: values above it are flagged.

    It lies half-way between two values, or at the largest one if it is best to flag nothing. Of equally good
    thresholds it is the highest.

    Parameters
    ----------
    values : float array (n,)
        Higher = more likely a member; at least one of each side.
    member : bool array (n,)

    Examples
    --------
    >>> best_threshold(np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, False, True, True]))
    0.5
    """
    order = np.argsort(values, kind="stable")
    ordered, hit = np.asarray(values, dtype=np.float64)[order], np.asarray(member)[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # ties are flagged together
    below = np.cumsum(hit)[last]
    members, non_members = hit.sum(), (~hit).sum()
    advantage = (last + 1 - below) * members - below * non_members  # whole numbers: rounding breaks no tie
    best = len(last) - 1 - int(np.argmax(advantage[::-1]))
    here = ordered[last[best]]
    if best == len(last) - 1:
        return float(here)
    half = here / 2 + ordered[last[best + 1]] / 2
    return float(half if half < ordered[last[best + 1]] else here)  # neighbours among floating-point numbers


def class_thresholds(values: Floats, labels: Ints, *, member: Bools, n_classes: int) -> Floats:
    """Return the best threshold of each class, and last that of all records together ``(n_classes + 1,)``.

    A class with fewer than `FEW` members or non-members gets the threshold of all records.

    Parameters
    ----------
    values : float array (n,)
        Higher = more likely a member.
    labels : int array (n,)
        True classes.
    member : bool array (n,)
        At least one of each side.
    n_classes : int

    Examples
    --------
    >>> values = np.concatenate([np.repeat([0.0, 1.0], 20), np.repeat([2.0, 3.0], 20)])
    >>> labels, member = np.repeat([0, 1], 40), np.tile(np.repeat([False, True], 20), 2)
    >>> class_thresholds(values, labels, member=member, n_classes=3).tolist()
    [0.5, 2.5, 2.5, 2.5]
    """
    thresholds = np.full(n_classes + 1, best_threshold(values, member))
    order = np.argsort(labels, kind="stable")
    classes, starts = np.unique(labels[order], return_index=True)
    for label, rows in zip(classes, np.split(order, starts[1:]), strict=True):
        members = int(member[rows].sum())
        if min(members, len(rows) - members) >= FEW:
            thresholds[label] = best_threshold(values[rows], member[rows])
    return thresholds


def learn_thresholds(shadows: Observations, statistic: Signal) -> ClassThresholdAttack:
    """Return Song and Mittal's attack by a statistic, with thresholds from shadow models.

    Parameters
    ----------
    shadows : Observations
        The labelled answers of shadow models to their members and to non-members.
    statistic : callable
        See `ClassThresholdAttack`.

    Raises
    ------
    InputError
        The answers have no labels.

    Examples
    --------
    >>> p = np.linspace(0.5, 1, 100)
    >>> answers = Outputs(np.column_stack([p, 1 - p]), np.zeros(100, dtype=int))
    >>> attack = learn_thresholds(Observations(answers, p > 0.75), true_posterior)
    >>> attack.thresholds.round(2)
    array([0.75, 0.75, 0.75])
    """
    posteriors, labels = shadows.outputs.posteriors, true_classes(shadows.outputs, what="shadows' answers")
    values, k = statistic(posteriors, labels), posteriors.shape[1]
    thresholds = class_thresholds(values, labels, member=shadows.member, n_classes=k)
    return ClassThresholdAttack(statistic, thresholds)


def _spec(name: str, looks_at: str, statistic: Signal) -> AttackSpec:
    def build(evidence: Evidence, rng: np.random.Generator) -> ClassThresholdAttack:
        return learn_thresholds(concatenate(evidence[ShadowModels]), statistic)

    return AttackSpec(
        name=f"class-{name}",
        title=f"Song and Mittal: {looks_at}, one threshold per class",
        source="Song and Mittal, USENIX Security 2021, section 3",
        needs=(ShadowModels(1), Labels()),
        build=build,
        threshold_from="shadow model",
    )


ATTACKS = (
    _spec("confidence", "posterior of the true class", true_posterior),
    _spec("entropy", "entropy", entropy_statistic),
    _spec("modified-entropy", "modified entropy", modified_entropy_statistic),
)
