"""Made answers of models with a leak of known strength, and the evidence that attacks may have about them.

Every model answers record ``i`` by the same law. The scaled logit of its true class is ``d_i + e``, plus
`GAP` if the model was trained on it, with ``d_i`` (how easy the record is) and ``e`` standard normal. What
is left of the posterior goes to the other classes at random. So the AUC of the best possible attack is
known: ``Phi(GAP / sqrt(2))`` for an attacker who knows how easy a record is, as reference models show, and
``Phi(GAP / 2)`` for one who does not. Without a leak the gap is 0, and all is as for non-members.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax
from scipy.stats import norm

from mlleaks.attacks.needs import (
    AugmentedAnswers,
    BoundaryDistances,
    Evidence,
    Labels,
    NoisyAnswers,
    Population,
    RandomQueries,
    Records,
    ReferenceModels,
    ShadowModels,
    Variants,
)
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.label_robustness import LabelEvidence, LabelRobustness, ShadowRobustness
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.variant_signals import VariantSignals
from mlleaks.types import Bools, Dataset, Floats, Ids, Ints, Observations, Outputs

GAP = 2.0
"""By how much training on a record raises its scaled logit, where something leaks."""
AUDITED, FURTHER, CLASSES, MODELS = 2000, 500, 5, 8
"""Audited records, further ones, classes, reference models."""
LOOKS = 2
"""Further answers about each record that an attacker has who queries variants of it."""
_VARIANTS = (Variants, NoisyAnswers, AugmentedAnswers, BoundaryDistances)
_EASE = (ReferenceModels, Records)
"""Evidence that shows how easy each record is."""


@dataclass(frozen=True)
class PlantedLeak:
    """A target's answers with known membership, and the evidence for attacks on it.

    Parameters
    ----------
    target : Observations
    items : mapping of kind of need to evidence
    gap : float
        The strength of the leak; 0 is none.
    """

    target: Observations
    items: Mapping[type, Any]
    gap: float

    @property
    def evidence(self) -> Evidence:
        """All of it, as `AttackSpec.build` takes it."""
        return Evidence(self.items)

    def missing(self, spec: AttackSpec) -> list[str]:
        """Return the kinds of evidence that an attack needs and that are not made here."""
        return [type(need).__name__ for need in spec.needs if type(need) not in self.items]

    def best_auc(self, spec: AttackSpec) -> float:
        """Return the AUC of the best possible attack that is given what ``spec`` is.

        Examples
        --------
        >>> from mlleaks.attacks import REGISTRY
        >>> leak = PlantedLeak(target=None, items={}, gap=2.0)
        >>> round(leak.best_auc(REGISTRY["gap"]), 3), round(leak.best_auc(REGISTRY["lira"]), 3)
        (0.841, 0.921)
        """
        kinds = {type(need) for need in (*spec.needs, *spec.uses)}
        answers = 1 + LOOKS * bool(kinds & set(_VARIANTS))
        ease = 0.0 if kinds & set(_EASE) else 1.0
        return float(norm.cdf(self.gap / np.sqrt(2 * (ease + 1 / answers))))


def plant(gap: float, seed: int) -> PlantedLeak:
    """Return made answers with a leak of this strength; see the head of this module.

    Parameters
    ----------
    gap : float
        0 or more.
    seed : int

    Examples
    --------
    >>> leak = plant(2.0, seed=0)
    >>> len(leak.target), round(float(leak.target.member.mean()), 2)
    (2000, 0.5)
    """
    rng = np.random.default_rng(seed)
    ease, labels = rng.normal(size=AUDITED + FURTHER), rng.integers(CLASSES, size=AUDITED + FURTHER)
    ids = np.arange(AUDITED + FURTHER)
    member = np.append(_half(rng, AUDITED), np.zeros(FURTHER, dtype=bool))
    answers = _answers(ease + gap * member, labels, ids, rng)
    audited, unseen = np.arange(AUDITED), np.arange(AUDITED, AUDITED + FURTHER)
    references = _references(gap, ease, labels, rng)
    queries = _answers(rng.normal(size=1000), rng.integers(CLASSES, size=1000), np.arange(1000), rng)
    label_only = _label_evidence(gap, ease[:AUDITED], member[:AUDITED], rng)
    features = np.column_stack([ease, rng.normal(size=(len(ease), 3))])
    items = {
        ShadowModels: (_shadow(gap, rng),),
        RandomQueries: Outputs(queries.posteriors),
        Labels: True,
        ReferenceModels: references,
        Variants: _variants(gap, ease[:AUDITED], member[:AUDITED], references, rng),
        Population: answers.take(unseen),
        Records: Dataset("made", features, labels, CLASSES, ids),
        NoisyAnswers: label_only,
        AugmentedAnswers: label_only,
        BoundaryDistances: label_only,
    }
    return PlantedLeak(Observations(answers.take(audited), member[:AUDITED]), items, gap)


def _half(rng: np.random.Generator, n: int) -> Bools:
    return np.asarray(rng.permutation(n) % 2 == 0)


def _answers(means: Floats, labels: Ints, ids: Ids, rng: np.random.Generator) -> Outputs:
    """Return posteriors whose true class has the scaled logit ``means`` plus noise."""
    rows = np.arange(len(means))
    rest = rng.normal(size=(len(means), CLASSES))
    rest[rows, labels] = -np.inf
    right = expit(means + rng.normal(size=len(means)))
    posteriors = softmax(rest, axis=1) * (1 - right)[:, None]
    posteriors[rows, labels] = right
    return Outputs(posteriors, labels, ids)


def _shadow(gap: float, rng: np.random.Generator) -> Observations:
    member, labels = _half(rng, AUDITED), rng.integers(CLASSES, size=AUDITED)
    return Observations(
        _answers(rng.normal(size=AUDITED) + gap * member, labels, np.arange(AUDITED), rng), member
    )


def _references(gap: float, ease: Floats, labels: Ints, rng: np.random.Generator) -> References:
    """Return pairs of models that were trained on complementary halves of the audited records."""
    half = np.stack([_half(rng, AUDITED) for _ in range(MODELS // 2)])
    inside = np.zeros((MODELS, len(ease)), dtype=bool)
    inside[:, :AUDITED] = np.stack([half, ~half], axis=1).reshape(MODELS, AUDITED)
    values = ease + gap * inside + rng.normal(size=inside.shape)
    signals = ReferenceSignals(values, inside, labels, np.arange(len(ease)))
    pairs = np.repeat(np.arange(MODELS // 2), 2)
    return References(
        signals.records(np.arange(AUDITED)), pairs, signals.records(np.arange(AUDITED, len(ease)))
    )


def _variants(
    gap: float, ease: Floats, member: Bools, references: References, rng: np.random.Generator
) -> VariantSignals:
    inside = references.audited.trained_on
    target = (ease + gap * member)[:, None] + rng.normal(size=(len(ease), LOOKS))
    models = (ease + gap * inside)[:, :, None] + rng.normal(size=(*inside.shape, LOOKS))
    return VariantSignals(target, models, references.audited.ids)


def _label_evidence(gap: float, ease: Floats, member: Bools, rng: np.random.Generator) -> LabelEvidence:
    """Return how well classes withstand changes: the more, the higher the scaled logit; and a shadow's."""
    other = rng.permutation(member)
    of_target = ease + gap * member + rng.normal(size=(LOOKS, len(ease)))
    of_shadow = rng.normal(size=len(ease)) + gap * other + rng.normal(size=(LOOKS, len(ease)))
    return LabelEvidence(
        LabelRobustness(expit(of_target), np.arange(len(ease))),
        ShadowRobustness(expit(of_shadow), other, of_shadow[0] > 0),
    )
