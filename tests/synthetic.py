"""Made observations with a known leak: the oracle that attacks and statistics are tested against."""

from __future__ import annotations

import io
import tarfile

import numpy as np
from scipy.special import expit

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import (
    AugmentedAnswers,
    BoundaryDistances,
    NoisyAnswers,
    ReferenceModels,
    Variants,
)
from mlleaks.outputs.label_robustness import LabelEvidence, LabelRobustness, ShadowRobustness
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.variant_signals import VariantSignals
from mlleaks.types import Bools, Dataset, Observations, Outputs


def planted(gap: float, n: int = 2000, k: int = 5, seed: int = 0) -> Observations:
    """Answers whose members are more confident of their true class by ``gap``; 0 is no leak at all."""
    rng = np.random.default_rng(seed)
    member = rng.permutation(n) % 2 == 0
    labels = rng.integers(k, size=n)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), labels] += 0.5 + gap * member
    p = np.exp(logits)
    return Observations(Outputs(p / p.sum(axis=1, keepdims=True), labels), member)


def planted_references(
    gap: float, n: int = 2000, further: int = 500, models: int = 8, seed: int = 0
) -> References:
    """Reference models whose scaled logits are higher by ``gap`` for the records that they were trained on.

    The audited records are called 0 to n - 1, the further ones n and up; no model was trained on these.
    """
    rng = np.random.default_rng(seed)
    half = np.stack([rng.permutation(n) % 2 == 0 for _ in range(models // 2)])
    trained_on = np.stack([half, ~half], axis=1).reshape(models, n)
    audited, unseen = rng.normal(gap * trained_on), rng.normal(size=(models, further))
    names, labels = np.arange(n + further), rng.integers(5, size=n + further)
    return References(
        ReferenceSignals(audited, trained_on, labels[:n], names[:n]),
        np.repeat(np.arange(models // 2), 2),
        ReferenceSignals(unseen, np.zeros((models, further), dtype=bool), labels[n:], names[n:]),
    )


def planted_label_evidence(gap: float, member: Bools, seed: int = 0) -> LabelEvidence:
    """Records 0 to n - 1 whose class withstands more by ``gap`` if they are members, and a shadow's."""
    rng = np.random.default_rng(seed)
    other = rng.permutation(member)
    values = [expit(rng.normal(gap * side, size=(2, len(member)))) for side in (member, other)]
    right = rng.random(len(member)) < 0.7
    return LabelEvidence(
        LabelRobustness(values[0], np.arange(len(member))), ShadowRobustness(values[1], other, right)
    )


def planted_variants(
    gap: float, member: Bools, references: References, queries: int = 2, seed: int = 0
) -> VariantSignals:
    """Scaled logits of changed records that are higher by ``gap`` for records a model was trained on."""
    rng = np.random.default_rng(seed)
    audited = references.audited
    inside = np.repeat(audited.trained_on[:, :, None], queries, axis=2)
    target = rng.normal(gap * np.repeat(member[:, None], queries, axis=1))
    return VariantSignals(target, rng.normal(gap * inside), audited.ids)


def images(n=80, side=14, channels=None, seed=0):
    """Two classes that differ in the brightness of one corner."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    shape = (n, side, side) if channels is None else (n, side, side, channels)
    X = rng.integers(0, 100, size=shape).astype(np.uint8)
    X[:, :5, :5] += (y * 100).astype(np.uint8).reshape(-1, *([1] * (len(shape) - 1)))
    return Dataset("made", X, y, 2)


def tar_gz(files):
    """Return a gzipped tar archive of ``{name: content}``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def masks_of(plan):
    """Return which records each model of a plan is trained on ``(models, records)``."""
    return np.array([plan.mask(model) for model in range(len(plan))])


def attacks_that_need(*kinds):
    """Return the names of the registered attacks that cannot do without one of these kinds of evidence."""
    return {name for name, spec in REGISTRY.items() if {type(need) for need in spec.needs} & set(kinds)}


def skipped_by_default(*kinds):
    """Return the names of the attacks that an audit skips by default, and without these kinds of evidence."""
    label_only = (NoisyAnswers, AugmentedAnswers, BoundaryDistances)
    return attacks_that_need(ReferenceModels, Variants, *label_only, *kinds)
