"""One attack model per class, over all posteriors: the baseline that the paper compares itself with.

Source: Shokri, Stronati, Song, Shmatikov, *Membership Inference Attacks Against Machine Learning
Models*, IEEE S&P 2017. There the shadows are many (the paper's comparison has ten); here they are
as many as the observations come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.attack_model import fit
from mlleaks.attacks.needs import Evidence, Labels, ShadowModels
from mlleaks.attacks.perceptron import Perceptron
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.top_k import LearnedAttack, learn
from mlleaks.errors import InputError
from mlleaks.outputs.observations import concatenate
from mlleaks.runtime.threads import one_thread
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Ints, Observations, Outputs

HANDFUL = 5
"""A class of fewer members, or of fewer non-members, among the shadows' records has no model of its own."""


@tagged("PerClassAttack")
@dataclass(frozen=True)
class PerClassAttack:
    """One attack model per class; a record's true class chooses the one that evaluates it.

    Parameters
    ----------
    models : mapping of int to Perceptron
        Class -> its model over the posteriors ``(n, n_classes)`` as they stand.
    fallback : LearnedAttack
        Evaluates the records of all other classes, by all posteriors sorted; and every record where
        classes are unknown, or more or fewer than the shadows'.
    n_classes : int
        Of the shadows.
    threshold : float
        Scores above it are flagged.
    """

    models: Mapping[int, Perceptron]
    fallback: LearnedAttack
    n_classes: int
    threshold: float = 0.5

    def score(self, outputs: Outputs) -> Floats:
        """Return the chosen models' probability of "member" ``(n,)``, in 0..1."""
        scores = self.fallback.score(outputs).astype(np.float64)
        if outputs.labels is None or outputs.posteriors.shape[1] != self.n_classes:
            return scores
        for label, rows in _by_class(outputs.labels):
            if label in self.models:
                scores[rows] = self.models[label].predict_proba(outputs.posteriors[rows])[:, 1]
        return scores


def learn_per_class(shadows: Observations, rng: np.random.Generator) -> PerClassAttack:
    """Return Shokri et al.'s attack: an MLP with 64 hidden units per class, over all posteriors.

    Parameters
    ----------
    shadows : Observations
        The labelled answers of one or more shadow models to their members and to non-members;
        put together by `mlleaks.outputs.observations.concatenate`. A class with fewer than `HANDFUL`
        of either has no model of its own: one model for all classes evaluates it.
    rng : numpy.random.Generator
        Starts and orders the training of every model.

    Raises
    ------
    InputError
        The answers have no labels.

    Examples
    --------
    >>> p = np.tile(np.linspace(0, 1, 50), 2)
    >>> y = np.repeat([0, 1], 50)
    >>> answers = Outputs(np.column_stack([p, 1 - p]), y)
    >>> shadows = Observations(answers, (p > 0.5) == (y == 0))  # each class its way
    >>> scores = learn_per_class(shadows, np.random.default_rng(0)).score(answers)
    >>> bool(scores[49] > scores[0]), bool(scores[99] > scores[50])
    (True, False)
    """
    p, labels = shadows.outputs.posteriors, shadows.outputs.labels
    if labels is None:
        raise InputError(
            "shadows' answers without labels",
            expected="the true class of each record, which chooses its attack model",
            fix="Pass labels, or use the attack that has one model for all classes.",
        )
    fallback = learn(shadows, rng, k=None)
    groups = {label: rows for label, rows in _by_class(labels) if _suffices(shadows, rows)}
    with one_thread():  # once for all classes
        models = {c: fit(p[rows], shadows.member[rows], rng) for c, rows in groups.items()}
    return PerClassAttack(models, fallback, p.shape[1])


def _by_class(labels: Ints) -> list[tuple[int, Ints]]:
    """Return each class that occurs with the positions of its records."""
    order = np.argsort(labels, kind="stable")
    values, starts = np.unique(labels[order], return_index=True)
    return list(zip(values.tolist(), np.split(order, starts[1:]), strict=True))


def _suffices(shadows: Observations, rows: Ints) -> bool:
    members = int(shadows.member[rows].sum())
    return min(members, len(rows) - members) >= HANDFUL


def _build(evidence: Evidence, rng: np.random.Generator) -> PerClassAttack:
    return learn_per_class(concatenate(evidence[ShadowModels]), rng)


ATTACKS = (
    AttackSpec(
        name="shokri",
        title="Shokri et al.: one attack model per class, all posteriors",
        source="Shokri et al., S&P 2017, section V",
        needs=(ShadowModels(1), Labels()),
        build=_build,
        threshold_from="attack model",
    ),
)
