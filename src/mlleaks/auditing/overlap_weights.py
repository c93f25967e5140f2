"""Weights under which members and non-members have the same features, where the two sides overlap."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from mlleaks.auditing.blind_check import MOST, SECONDS, UNREADABLE, records_in
from mlleaks.auditing.blind_classifiers import CLASSIFIERS
from mlleaks.auditing.pooled_records import pool_records
from mlleaks.auditing.progressive import blocks_of
from mlleaks.data.descriptors import Descriptors, describe_records
from mlleaks.errors import first_line
from mlleaks.results.overlap_weights import FEWEST, OverlapWeights
from mlleaks.runtime.threads import one_thread
from mlleaks.types import Bools, Floats, MemberSplit

LOW, HIGH = 0.1, 0.9
"""Records with a propensity between these have counterparts on the other side."""
ENOUGH = 0.5
"""Weighted figures hold for the records as a whole if that share of them has counterparts."""


def overlap_weights(
    split: MemberSplit, rng: np.random.Generator, *, most: int = MOST, seconds: float = SECONDS
) -> OverlapWeights:
    """Return each record's probability of being a member by its features, and weights that undo it.

    The classifiers of the blind check are trained on some records and applied to the others, until each
    record has log odds that it had no part in. A logistic regression turns these into propensities ``e``.
    Its slopes are not negative, and near zero where classifiers see nothing: then all propensities are
    about 1/2. A member weighs ``1 - e``, a non-member ``e``: such weights are bounded, and make the sides
    alike in what the classifiers see.

    Source: F. Li, K. Morgan, A. Zaslavsky, Journal of the American Statistical Association 113 (2018),
    overlap weights.

    Parameters
    ----------
    split, rng, most, seconds
        As of `blind_check`. Classifiers are trained on a sample; every record gets a weight, so large sides
        take longer.

    Returns
    -------
    OverlapWeights
        In the order of the split's records. With ``why_not`` instead of an error.

    Examples
    --------
    >>> from mlleaks.types import Dataset
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(600, 2))
    >>> X[:300, 0] += 1
    >>> data = Dataset("toy", X, np.zeros(600, int), 1)
    >>> split = MemberSplit(data.take(np.arange(300)), data.take(np.arange(300, 600)))
    >>> weights = overlap_weights(split, rng)
    >>> means = [np.average(s.X[:, 0], weights=w) for s, w in zip(
    ...     (split.members, split.nonmembers), (weights.member_weights, weights.nonmember_weights))]
    >>> weights.usable, bool(abs(means[0] - means[1]) < 0.15)
    (True, True)
    """
    started = time.perf_counter()
    try:
        with one_thread():
            member, nonmember = _propensities(split, rng, records_in(split, most, seconds))
        weights = _weights(member, nonmember)
    except UNREADABLE as error:
        sizes = (len(split.members), len(split.nonmembers))
        even = [np.full(size, 0.5) for size in sizes]
        weights = replace(_weights(*even), usable=False, why_not=first_line(error))
    return replace(weights, seconds=time.perf_counter() - started)


def _propensities(split: MemberSplit, rng: np.random.Generator, most: int) -> tuple[Floats, Floats]:
    """Return the propensities of members and of non-members, in the order of their rows."""
    numbered = [replace(side, ids=np.arange(len(side))) for side in (split.members, split.nonmembers)]
    pooled, _ = pool_records(MemberSplit(*numbered), rng, most=None)
    descriptors = describe_records(pooled.data, rng)
    first = pooled.first
    odds = _cross_fitted(descriptors, first, rng, most)
    of_first = _calibrated(odds, first)
    propensities = of_first if (pooled.member == first).all() else 1 - of_first
    totals = np.bincount(pooled.groups, propensities)  # equal records get equal propensities
    propensities = (totals / np.maximum(np.bincount(pooled.groups), 1))[pooled.groups]
    rows = pooled.data.ids.astype(np.int64)
    sides = []
    for side in (pooled.member, ~pooled.member):
        values = np.empty(int(side.sum()))
        values[rows[side]] = propensities[side]
        sides.append(values)
    return sides[0], sides[1]


def _cross_fitted(descriptors: Descriptors, first: Bools, rng: np.random.Generator, most: int) -> Floats:
    """Return each classifier's log odds ``(n, classifiers)`` from training on the other blocks."""
    blocks = blocks_of(first, rng)
    odds = np.empty((len(first), len(CLASSIFIERS)))
    for block in range(int(blocks.max()) + 1):
        test = np.flatnonzero(blocks == block)
        parts = [rng.permutation(np.flatnonzero((blocks != block) & s))[:most] for s in (first, ~first)]
        train = np.sort(np.concatenate(parts))
        for column, classifier in enumerate(CLASSIFIERS.values()):
            odds[test, column] = classifier(descriptors, first, train, test)
    return odds


def _calibrated(odds: Floats, first: Bools) -> Floats:
    """Return probabilities of the first side as if both were of one size; no classifier counts in reverse."""
    from sklearn.linear_model import LogisticRegression

    columns = np.arange(odds.shape[1])
    while columns.size:
        X = odds[:, columns]
        model = LogisticRegression(C=1.0, class_weight="balanced").fit(X, first)
        if (model.coef_ >= 0).all():
            return np.asarray(model.predict_proba(X)[:, 1])
        columns = np.delete(columns, int(model.coef_[0].argmin()))
    return np.full(len(first), 0.5)


def _weights(member: Floats, nonmember: Floats) -> OverlapWeights:
    both = np.concatenate([member, nonmember])
    overlap = float(((both >= LOW) & (both <= HIGH)).mean()) if both.size else 0.0
    raw = [1 - member, nonmember]
    scaled = [weights / weights.mean() if weights.sum() > 0 else np.ones_like(weights) for weights in raw]
    effective = [float(w.sum() ** 2 / (w**2).sum()) if w.size else 0.0 for w in scaled]
    return OverlapWeights(
        member_propensities=member,
        nonmember_propensities=nonmember,
        member_weights=scaled[0],
        nonmember_weights=scaled[1],
        overlap=overlap,
        effective_members=effective[0],
        effective_nonmembers=effective[1],
        usable=overlap >= ENOUGH and min(effective) >= FEWEST,
    )
