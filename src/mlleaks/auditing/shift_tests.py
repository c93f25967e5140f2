"""Tests of whether two sides differ: by a classifier's scores, and by single features."""

from __future__ import annotations

import numpy as np

from mlleaks.auditing.pooled_records import PooledRecords
from mlleaks.data.descriptors import Descriptors
from mlleaks.results.blind_check import FeatureShift
from mlleaks.stats import metrics, permutation, stratified
from mlleaks.types import Floats, Ints

DRAWS = 1999
"""Random labellings: the smallest p-value of a test is 1 / (DRAWS + 1)."""
FEATURES = 3


def shift_tests(
    pooled: PooledRecords,
    descriptors: Descriptors,
    scores: Floats,
    blocks: Ints,
    rng: np.random.Generator,
) -> tuple[dict[str, float], tuple[FeatureShift, ...]]:
    """Return the p-values of both tests, and the features that differ most.

    Quantities are centred within blocks, where labels are permuted, and have one variance. The largest of
    their differences is compared with the largest one of each random labelling, which corrects for their
    number. Source: P. Westfall, S. Young, Resampling-Based Multiple Testing (1993).
    """
    ranks = stratified.standardized_ranks(scores, blocks) * (blocks > 0)
    values = np.column_stack([ranks, _centred(descriptors.columns, blocks)])
    observed, random = permutation.labelled_sums(pooled.first, values, blocks, rng, draws=DRAWS)
    p_values = {"classifier": float(permutation.at_least(observed[:1], random[:, 0])[0])}
    gaps, largest = np.abs(observed[1:]), np.abs(random[:, 1:]).max(axis=1, initial=0)
    corrected = permutation.at_least(gaps, largest)
    p_values["features"] = float(corrected.min(initial=1.0))
    best: dict[str, FeatureShift] = {}
    for place in np.argsort(-gaps, kind="stable"):
        feature, quantity = descriptors.names[place]
        if feature not in best and len(best) < FEATURES:
            auc = metrics.auc(pooled.member, descriptors.columns[:, place])
            best[feature] = FeatureShift(feature, quantity, auc, float(corrected[place]))
    return p_values, tuple(best.values())


def _centred(columns: Floats, blocks: Ints) -> Floats:
    centred = columns.astype(float)
    for block in np.unique(blocks):
        centred[blocks == block] -= centred[blocks == block].mean(axis=0)
    return np.asarray(centred / np.maximum(np.sqrt((centred**2).mean(axis=0)), 1e-9))
