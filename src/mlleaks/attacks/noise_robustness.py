"""Robustness to noise and augmentation: a model's answer holds longer around records that it was trained on.

Source: Choquette-Choo, Tramer, Carlini, Papernot, *Label-Only Membership Inference Attacks*, ICML 2021,
sections 3.2 (augmentation) and 3.3 (random noise). The score is the share of correct answers; the paper lets
a small network weigh them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mlleaks.attacks.label_attack import label_attack
from mlleaks.attacks.needs import AugmentedAnswers, Labels, NoisyAnswers
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.variants import Variation
from mlleaks.errors import InputError
from mlleaks.types import Floats, Ints, Records

Predict: TypeAlias = Callable[[Records], Ints]
"""From records ``(n, ...)`` to the answered classes ``(n,)``."""

STRENGTHS = (0.1, 0.25, 0.5, 1.0)
"""Noise, in standard deviations of each feature."""


def variant_agreement(
    predict: Predict,
    X: Records,
    labels: Ints,
    rng: np.random.Generator,
    *,
    vary: Variation,
    count: int,
) -> Floats:
    """Return the share of queries that are answered with the record's true class ``(n,)``, in 0..1.

    The record itself is one of them, the others are variants of it. Higher = more likely a member.

    Parameters
    ----------
    predict : callable
        ``predict(X) -> classes (n,)``; it is called ``count`` times, with all records.
    X : array (n, ...), sparse matrix (n, d) or DataFrame
    labels : int array (n,)
        True classes.
    rng : numpy.random.Generator
        Draws the variants.
    vary : callable
        See `mlleaks.attacks.variants.Variation`.
    count : int
        Queries per record, 1 or more.

    Raises
    ------
    InputError
        No queries, or as many labels as there are no records.

    Examples
    --------
    >>> X = np.array([[0.1], [9.0]])
    >>> variant_agreement(lambda X: (X[:, 0] > 0).astype(int), X, np.array([1, 1]), np.random.default_rng(0),
    ...                   vary=lambda X, rng: X + rng.choice([-1, 1]), count=5)
    array([0.8, 1. ])
    """
    labels = np.asarray(labels)
    if count < 1 or len(labels) != X.shape[0]:
        raise InputError(
            f"{count} queries per record, {X.shape[0]} records and {len(labels)} labels",
            expected="at least one query per record, and a label for each",
            fix="Pass another count, or labels of the same length.",
        )
    right = np.asarray(predict(X) == labels, dtype=float)
    for _ in range(count - 1):
        right += predict(vary(X, rng)) == labels
    return right / count


ATTACKS = (
    AttackSpec(
        name="label-noise",
        title="Label-only: class under noise",
        source="Choquette-Choo et al., ICML 2021, section 3.3",
        needs=(NoisyAnswers(), Labels()),
        build=lambda evidence, rng: label_attack(evidence[NoisyAnswers]),
        threshold_from="shadow model",
        reads="predicted class",
    ),
    AttackSpec(
        name="label-augmentation",
        title="Label-only: class under augmentation",
        source="Choquette-Choo et al., ICML 2021, section 3.2",
        needs=(AugmentedAnswers(), Labels()),
        build=lambda evidence, rng: label_attack(evidence[AugmentedAnswers]),
        threshold_from="shadow model",
        reads="predicted class",
    ),
)
