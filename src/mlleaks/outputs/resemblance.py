"""How much one model's answers are like another's: what tells algorithms apart from outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp

from mlleaks.errors import InputError
from mlleaks.outputs.signals import predicted_classes, scaled_logit
from mlleaks.types import Floats, Ints, Outputs


@dataclass(frozen=True)
class Resemblance:
    """How much a candidate's answers are like a target's, on records that neither was trained on.

    Parameters
    ----------
    agreement : float
        Share of records for which both answer the same class, in 0..1.
    accuracies : (float, float) or None
        Share of records that the target and the candidate classify correctly; None without labels.
    confidence_distance : float
        Kolmogorov-Smirnov distance between the two distributions of the scaled logit of the answered
        class, in 0..1; 0 = the same distribution.
    truth_distance : float or None
        The same of the true class; None without labels.
    saturations : (float, float)
        Share of posteriors that are exactly 0 or 1, of the target and of the candidate: large for trees
        and forests, small for networks.
    """

    agreement: float
    accuracies: tuple[float, float] | None
    confidence_distance: float
    truth_distance: float | None
    saturations: tuple[float, float]

    @property
    def total(self) -> float:
        """The mean of all parts as likenesses, in 0..1; 1 = nothing distinguishes the models."""
        parts = [self.agreement, 1 - self.confidence_distance, 1 - _gap(self.saturations)]
        if self.accuracies is not None:
            parts.append(1 - _gap(self.accuracies))
        if self.truth_distance is not None:
            parts.append(1 - self.truth_distance)
        return float(np.mean(parts))


def resemblance(target: Outputs, candidate: Outputs) -> Resemblance:
    """Return how much two models' answers to the same records are like each other.

    Parameters
    ----------
    target, candidate : Outputs
        Answers to the same records in the same order, which neither model was trained on: a model is more
        confident on its training records, and so would look different from itself.

    Raises
    ------
    InputError
        Answers of different shapes, to different records, or none at all.

    Examples
    --------
    >>> smooth = Outputs(np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0, 1]))
    >>> resemblance(smooth, smooth).total
    1.0
    >>> tree = Outputs(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1]))
    >>> likeness = resemblance(smooth, tree)
    >>> likeness.agreement, likeness.confidence_distance, likeness.saturations, likeness.total
    (1.0, 1.0, (0.0, 1.0), 0.4)
    """
    _require_same_records(target, candidate)
    both = (target, candidate)
    classes = [predicted_classes(outputs.posteriors) for outputs in both]
    labels = target.labels
    return Resemblance(
        agreement=float(np.mean(classes[0] == classes[1])),
        accuracies=None if labels is None else _pair(*(np.mean(own == labels) for own in classes)),
        confidence_distance=_distance(*(_logits(*pair) for pair in zip(both, classes, strict=True))),
        truth_distance=None if labels is None else _distance(*(_logits(own, labels) for own in both)),
        saturations=_pair(*(np.mean((o.posteriors == 0) | (o.posteriors == 1)) for o in both)),
    )


def _require_same_records(target: Outputs, candidate: Outputs) -> None:
    shapes = np.shape(target.posteriors), np.shape(candidate.posteriors)
    same_labels = target.labels is None or (
        candidate.labels is not None and np.array_equal(target.labels, candidate.labels)
    )
    same_ids = target.ids is None or candidate.ids is None or np.array_equal(target.ids, candidate.ids)
    if shapes[0] != shapes[1] or not shapes[0][0] or not (same_labels and same_ids):
        raise InputError(
            f"answers of shapes {shapes[0]} and {shapes[1]}"
            + ("" if same_labels and same_ids else " to different records"),
            expected="two models' answers to the same records (one or more), in the same order",
            fix="Query both models on one set of records.",
        )


def _logits(outputs: Outputs, classes: Ints) -> Floats:
    return scaled_logit(outputs.posteriors, classes)


def _distance(first: Floats, second: Floats) -> float:
    return float(ks_2samp(first, second, method="asymp").statistic)


def _pair(first: float, second: float) -> tuple[float, float]:
    return float(first), float(second)


def _gap(pair: tuple[float, float]) -> float:
    return abs(pair[0] - pair[1])
