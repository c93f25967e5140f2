"""What all label-only attacks share: a number per record by id, read as a shadow model says.

Robust records tend to be members. But a fully grown tree, say, learns each member by heart: among the records
that it classifies correctly the robust ones are those that are easy anyway, and the fragile ones are members.
Which of these it is shows on a shadow model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.errors import InputError
from mlleaks.outputs.label_robustness import LabelEvidence, ShadowRobustness
from mlleaks.outputs.references import positions_of
from mlleaks.outputs.signals import predicted_classes
from mlleaks.stats.metrics import auc
from mlleaks.types import Bools, Floats, Ids, Outputs


@dataclass(frozen=True)
class Reading:
    """How robustness becomes a score: ``right * correct + robust * v / (1 + v)``.

    Parameters
    ----------
    right : float
        The weight of a correct answer to the record itself.
    robust : float
        The weight of its robustness ``v``, which is 0 or more.

    Examples
    --------
    >>> Reading(right=1, robust=-0.5)(np.array([0.0, 1.0, 0.0]), np.array([True, True, False]))
    array([1.  , 0.75, 0.  ])
    """

    right: float
    robust: float

    def __call__(self, values: Floats, correct: Bools) -> Floats:
        """Return the score of each record ``(n,)``."""
        return np.asarray(self.right * correct + self.robust * values / (1 + values))


ROBUST = Reading(right=0, robust=1)
READINGS = (ROBUST, Reading(right=1, robust=0.5), Reading(right=1, robust=-0.5))
"""The robust ones; the correct ones, the robust ones first; the correct ones, the fragile ones first."""


@dataclass(frozen=True)
class LabelAttack:
    """An attack whose evidence was collected with queries of its own.

    Parameters
    ----------
    ids : array (n,)
        The records that were measured.
    values : float array (n,)
        How robust the class of each is.
    reading : Reading
    threshold : float
        Scores above it are flagged; nan without a shadow model to choose it on.
    """

    ids: Ids
    values: Floats
    reading: Reading
    threshold: float

    def score(self, outputs: Outputs) -> Floats:
        """Return the score of each record ``(n,)``; higher = more likely a member.

        Raises
        ------
        InputError
            Outputs without labels or ids, or records that were not measured.
        """
        fix = "Collect the evidence for the records that are audited, or skip label-only attacks."
        if outputs.ids is None or outputs.labels is None:
            raise InputError(
                "outputs without labels or ids", expected="the class and id of each record", fix=fix
            )
        unknown = ~np.isin(outputs.ids, self.ids)
        if unknown.any():
            raise InputError(
                f"{int(unknown.sum())} records without label-only queries (first: {outputs.ids[unknown][0]})",
                expected="records whose ids are among the measured ones",
                fix=fix,
            )
        correct = predicted_classes(outputs.posteriors) == outputs.labels
        return self.reading(self.values[positions_of(outputs.ids, self.ids)], correct)


def label_attack(evidence: LabelEvidence) -> LabelAttack:
    """Return the attack on what was measured.

    With a shadow model, row and reading are those that tell the shadow's members best. Without one the attack
    flags nobody; it ranks by the mean of all rows, robust records first.

    Parameters
    ----------
    evidence : LabelEvidence
    """
    target, shadow = evidence.target, evidence.shadow
    if shadow is None:
        return LabelAttack(target.ids, target.values.mean(axis=0), ROBUST, float("nan"))
    row, reading = best_reading(shadow)
    threshold = best_threshold(reading(shadow.values[row], shadow.right), shadow.member)
    return LabelAttack(target.ids, target.values[row], reading, threshold)


def best_reading(shadow: ShadowRobustness) -> tuple[int, Reading]:
    """Return the row and reading with the largest AUC on a shadow model; the first of equals.

    Examples
    --------
    >>> member, right = np.array([False, False, True, True]), np.array([False, True, True, True])
    >>> best_reading(ShadowRobustness(np.array([[0.0, 0.9, 0.2, 0.3]]), member, right))
    (0, Reading(right=1, robust=-0.5))
    """
    both = [(row, reading) for row in range(len(shadow.values)) for reading in READINGS]
    aucs = [auc(shadow.member, reading(shadow.values[row], shadow.right)) for row, reading in both]
    return both[int(np.argmax(aucs))]


def best_threshold(scores: Floats, member: Bools) -> float:
    """Return the threshold with the largest difference of recall and false-positive rate.

    It lies midway between two scores; the highest of equally good ones. If all scores are equal, it is they.

    Parameters
    ----------
    scores : float array (n,)
    member : bool array (n,)
        At least one of each kind.

    Examples
    --------
    >>> best_threshold(np.array([0.0, 1.0, 1.0, 3.0]), np.array([False, True, False, True]))
    2.0
    """
    values, rank = np.unique(scores, return_inverse=True)
    counts = [np.bincount(rank[side], minlength=len(values)) for side in (member, ~member)]
    above = [(side.sum() - side.cumsum()) / side.sum() for side in counts]
    gain = above[0] - above[1]
    best = len(values) - 1 - int(np.argmax(gain[::-1]))
    return float(values[best : best + 2].mean())
