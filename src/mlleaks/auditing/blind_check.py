"""Whether members and non-members differ by themselves, whatever the model says.

If they do, every attack overstates: it finds the difference between two sets, not membership.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from mlleaks.auditing.blind_classifiers import CLASSIFIERS
from mlleaks.auditing.near_records import with_near_duplicates
from mlleaks.auditing.pooled_records import FEWEST, pool_records
from mlleaks.auditing.progressive import blocks_of, progressive_scores
from mlleaks.auditing.shift_tests import shift_tests
from mlleaks.data.descriptors import describe_records
from mlleaks.data.record_columns import width_of
from mlleaks.errors import MLLeaksError, first_line
from mlleaks.results.blind_check import BlindCheck
from mlleaks.runtime.threads import one_thread
from mlleaks.stats import stratified
from mlleaks.types import Bools, MemberSplit

MOST, SECONDS = 5000, 5.0
RATE, BASE = 300_000, 40
"""Numbers a second, and numbers that a record counts for beside its features: how long a check takes."""
UNREADABLE = (MLLeaksError, ValueError, TypeError, ArithmeticError, MemoryError)
"""What records that cannot be described end in; an audit goes on without the check."""


def blind_check(
    split: MemberSplit, rng: np.random.Generator, *, most: int = MOST, seconds: float = SECONDS
) -> BlindCheck:
    """Return whether members and non-members differ in distribution.

    Classifiers that never see the audited model learn to distinguish the sides and are tested on other
    records. A second test looks for the feature that differs most. Both are permutation tests; the p-value is
    corrected for the two. Records that are on both sides, or nearly so, are counted.

    Parameters
    ----------
    split : MemberSplit
        With X as array (n, d), images (n, h, w[, c]), sparse matrix or DataFrame.
    rng : numpy.random.Generator
        The same one gives the same result, in any order of rows; exchanged sides change only directions.
    most : int
        At most so many records of each side take part.
    seconds : float
        About how long the check may take on one core. It decides how many records take part, by how many
        features they have, and not by the clock: results stay the same on a slower machine.

    Returns
    -------
    BlindCheck
        With ``why_not`` instead of an error if the records are too few or cannot be read.

    Examples
    --------
    >>> from mlleaks.types import Dataset
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3))
    >>> X[:200, 1] += 1
    >>> data = Dataset("toy", X, np.zeros(400, int), 1)
    >>> check = blind_check(MemberSplit(data.take(np.arange(200)), data.take(np.arange(200, 400))), rng)
    >>> check.differs, check.features[0].feature
    (True, '1')
    """
    started = time.perf_counter()
    try:
        with one_thread():
            check = _check(split, rng, records_in(split, most, seconds))
    except UNREADABLE as error:
        check = BlindCheck(why_not=first_line(error))
    return replace(check, seconds=time.perf_counter() - started)


def records_in(split: MemberSplit, most: int, seconds: float) -> int:
    """Return how many records of each side can take part within about so many seconds.

    Examples
    --------
    >>> from mlleaks.types import Dataset
    >>> data = Dataset("toy", np.zeros((4, 210)), np.zeros(4, int), 1)
    >>> records_in(MemberSplit(data, data), 5000, 5.0)
    3000
    """
    width = max(width_of(side.X) for side in (split.members, split.nonmembers))
    return max(FEWEST, min(most, int(seconds * RATE / (width + BASE) / 2)))


def _check(split: MemberSplit, rng: np.random.Generator, most: int) -> BlindCheck:
    pooled, duplicates = pool_records(split, rng, most=most)
    descriptors = describe_records(pooled.data, rng)
    blocks = blocks_of(pooled.first, rng)
    scores = progressive_scores(descriptors, pooled.first, blocks)
    tested = blocks > 0
    p_values, features = shift_tests(pooled, descriptors, scores, blocks, rng)
    return BlindCheck(
        auc=stratified.auc(pooled.first[tested], scores[tested], blocks[tested]),
        p_value=min(1.0, 2 * min(p_values.values())),
        p_values=p_values,
        classifiers=tuple(CLASSIFIERS),
        n_members=int(pooled.member.sum()),
        n_nonmembers=int((~pooled.member).sum()),
        features=features,
        duplicates=with_near_duplicates(duplicates, pooled, descriptors, rng),
        notes=(*_sampled(split, pooled.member), *descriptors.notes),
    )


def _sampled(split: MemberSplit, member: Bools) -> tuple[str, ...]:
    """Return a note if not all records took part."""
    sizes = (len(split.members), len(split.nonmembers))
    used = (int(member.sum()), int((~member).sum()))
    if sizes == used:
        return ()
    return (
        f"{used[0]:,} of {sizes[0]:,} members and {used[1]:,} of {sizes[1]:,} non-members took part, "
        "chosen at random.",
    )
