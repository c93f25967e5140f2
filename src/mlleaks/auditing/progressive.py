"""Scores of records by classifiers that were trained on earlier ones."""

from __future__ import annotations

import numpy as np

from mlleaks.auditing.blind_classifiers import CLASSIFIERS
from mlleaks.data.descriptors import Descriptors
from mlleaks.stats.stratified import standardized_ranks
from mlleaks.types import Bools, Floats, Ints

BLOCKS, BLOCK_SIZE = 5, 5
"""How many blocks there are, or fewer where one would have fewer records of a side."""


def blocks_of(first: Bools, rng: np.random.Generator) -> Ints:
    """Return a block for each record at random, with the same share of both sides in each.

    Examples
    --------
    >>> blocks = blocks_of(np.repeat([True, False], [20, 40]), np.random.default_rng(0))
    >>> np.bincount(blocks[:20]).tolist(), np.bincount(blocks[20:]).tolist()
    ([5, 5, 5, 5], [10, 10, 10, 10])
    """
    count = int(np.clip(min(first.sum(), (~first).sum()) // BLOCK_SIZE, 2, BLOCKS))
    blocks = np.empty(len(first), dtype=np.int64)
    for side in (first, ~first):
        places = rng.permutation(np.flatnonzero(side))
        blocks[places] = np.arange(len(places)) * count // len(places)
    return blocks


def progressive_scores(descriptors: Descriptors, first: Bools, blocks: Ints) -> Floats:
    """Return a score for each record of the second block and later, higher = more likely the first side.

    Each block is scored by classifiers that were trained on all earlier blocks: their ranks are averaged,
    with weights that grow with how well they ranked the earlier blocks. If the sides do not differ, the
    labels of a block are random whatever the earlier ones were. So the errors of the blocks are uncorrelated,
    which those of ordinary cross-validation are not: there each record is both trained and tested on.

    Sources: A. Dawid, Journal of the Royal Statistical Society A 147 (1984), prequential evaluation; A. Blum,
    A. Kalai, J. Langford, COLT 1999, progressive validation.

    Parameters
    ----------
    descriptors : Descriptors
    first : bool array (n,)
    blocks : int array (n,)
        ``0..b-1``, with records of both sides in each.

    Returns
    -------
    float array (n,)
        Within a block, comparable; 0 in the first block.
    """
    scores, evidence = np.zeros(len(first)), np.zeros(len(CLASSIFIERS))
    for block in range(1, int(blocks.max()) + 1):
        train, test = np.flatnonzero(blocks < block), np.flatnonzero(blocks == block)
        each = [classifier(descriptors, first, train, test) for classifier in CLASSIFIERS.values()]
        ranks = np.array([standardized_ranks(own, np.zeros(len(test), dtype=np.int64)) for own in each])
        weights = np.exp(evidence - evidence.max())
        scores[test] = (weights / weights.sum()) @ ranks
        evidence += _evidence(ranks, first[test])
    return scores


def _evidence(ranks: Floats, first: Bools) -> Floats:
    """Return how many standard deviations the first side's ranks are above those of random records."""
    n, size = len(first), int(first.sum())
    return np.asarray(ranks[:, first].sum(axis=1) / np.sqrt(size * (n - size) / (n - 1)))
