"""Whether a model that does not leak could have given such scores.

Without a leak, members and non-members are exchangeable: all labellings of the pooled records are
equally likely. The tests condition on the pooled scores and assume nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import hypergeom, mannwhitneyu

from mlleaks.stats.labellings import few_valued_rank_sum, tied_rank_sum
from mlleaks.stats.metrics import members_above_all, roc
from mlleaks.types import Bools, Floats

TAIL = 0.02
"""The share of all records, highest scores first, that the tail test looks at."""

FEW_VALUES = 20
"""Number of different scores up to which labellings are sampled as counts."""

OFTEN = 0.05
"""If two records tie with at least this probability, the rank sum is not taken to be normal."""


def ranking(member: Bools, scores: Floats) -> float:
    """Return the p-value of "members do not score higher" (rank sum, one-sided, ties in).

    Scores of two values: Fisher's exact test; of up to `FEW_VALUES`: labellings sampled as counts. Where
    two records rarely tie, Mann and Whitney's test: the rank sum is nearly normal. Else one value may hold
    so many records that the few outside decide: see `labellings.tied_rank_sum`. All sort the records once.

    Examples
    --------
    >>> member = np.repeat([True, False], 50)
    >>> ranking(member, member * 1.0) < 1e-6, ranking(member, np.zeros(100))
    (True, 1.0)
    """
    values, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    members = np.bincount(group, weights=member, minlength=len(values)).astype(int)
    if len(values) <= 2:
        return _at_least(members[-1], len(member), int(member.sum()), int(sizes[-1]))
    if len(values) <= FEW_VALUES:
        return few_valued_rank_sum(members, sizes)
    shares = sizes / len(member)
    if shares @ shares < OFTEN:
        test = mannwhitneyu(scores[member], scores[~member], alternative="greater", method="asymptotic")
        return float(test.pvalue)
    return tied_rank_sum(member, (np.cumsum(sizes) - (sizes - 1) / 2)[group])


def tail(member: Bools, scores: Floats, share: float = TAIL) -> float:
    """Return the p-value of "the highest scores hold no more members than chance".

    It detects what the mean rank hides: a leak of some records. The threshold is chosen from the pooled
    scores, so the number of members above it is hypergeometric (Fisher's exact test).

    Examples
    --------
    >>> member = np.repeat([True, False], 500)
    >>> some = np.arange(1000.0) % 500
    >>> some[:20] = 1000
    >>> tail(member, some) < 1e-4
    True
    """
    members, records = highest(member, scores, share)
    return _at_least(members, len(member), int(member.sum()), records)


def highest(member: Bools, scores: Floats, share: float = TAIL) -> tuple[int, int]:
    """Return how many members there are among the highest scores, and how many records that is.

    At most ``share`` of all records, but at least those that tie at the top.

    Examples
    --------
    >>> highest(np.array([True, False, False]), np.array([3.0, 2.0, 1.0]), 0.7)
    (1, 2)
    """
    curve = roc(member, scores)
    flagged = curve.true_positives + curve.false_positives
    cut = max(1, int(np.searchsorted(flagged, share * len(member), side="right")) - 1)
    return int(curve.true_positives[cut]), int(flagged[cut])


def lead(member: Bools, scores: Floats) -> float:
    """Return the p-value of "no more members than chance score above every other record".

    It detects a leak of a few records: the chance that the first ``k`` of a random order are all members.

    Examples
    --------
    >>> member = np.repeat([True, False], 500)
    >>> few = np.arange(1000.0) % 500
    >>> few[:12] = 1000
    >>> lead(member, few) < 1e-3
    True
    """
    ahead = members_above_all(member, scores)
    return _at_least(ahead, len(member), int(member.sum()), ahead)


TESTS = {"ranking": ranking, "tail": tail, "lead": lead}
"""The tests of every attack's scores, by name."""


def _at_least(least: int, n: int, members: int, size: int) -> float:
    """Return the chance of ``least`` or more members among ``size`` random ones of ``n`` records."""
    return float(hypergeom.sf(int(least) - 1, n, members, size))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return ``p_values`` corrected for their number, each valid for any dependence.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979).

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return [float(value) for value in corrected]
