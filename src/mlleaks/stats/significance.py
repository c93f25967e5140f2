"""Whether a model that does not leak could have given such scores.

Without a leak members and others are exchangeable: any labelling of the pooled records is as
likely as any other. The tests condition on the pooled scores and ask for that alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import hypergeom, mannwhitneyu

from mlleaks.stats.labellings import few_valued_rank_sum, tied_rank_sum
from mlleaks.stats.metrics import roc
from mlleaks.types import Bools, Floats

TAIL = 0.02
"""The share of all records, highest scores first, that the tail test looks at."""

FEW_VALUES = 20
"""Different scores up to which labellings are drawn by counts."""

OFTEN = 0.05
"""The chance that two records tie from which on the rank sum is not taken to be normal."""


def ranking(member: Bools, scores: Floats) -> float:
    """Return the p-value of "members do not score higher" (rank sum, one-sided, ties in).

    Scores of two values: Fisher's exact test; of up to `FEW_VALUES`: labellings drawn by counts. Where two
    records rarely tie, Mann and Whitney's test: the rank sum is as good as normal. Else one value may hold
    so many records that a few others decide: see `labellings.tied_rank_sum`. All sort the records once.

    Examples
    --------
    >>> member = np.repeat([True, False], 50)
    >>> ranking(member, member * 1.0) < 1e-6, ranking(member, np.zeros(100))
    (True, 1.0)
    """
    values, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    found = np.bincount(group, weights=member, minlength=len(values)).astype(int)
    if len(values) <= 2:
        return _at_least(found[-1], len(member), int(member.sum()), int(sizes[-1]))
    if len(values) <= FEW_VALUES:
        return few_valued_rank_sum(found, sizes)
    shares = sizes / len(member)
    if shares @ shares < OFTEN:
        test = mannwhitneyu(scores[member], scores[~member], alternative="greater", method="asymptotic")
        return float(test.pvalue)
    return tied_rank_sum(member, (np.cumsum(sizes) - (sizes - 1) / 2)[group])


def tail(member: Bools, scores: Floats, share: float = TAIL) -> float:
    """Return the p-value of "the highest scores hold no more members than chance".

    It sees what the mean rank hides: a leak of some records. The cut is chosen from the pooled
    scores, so the number of members above it is hypergeometric (Fisher's exact test).

    Examples
    --------
    >>> member = np.repeat([True, False], 500)
    >>> some = np.arange(1000.0) % 500
    >>> some[:20] = 1000
    >>> tail(member, some) < 1e-4
    True
    """
    found, drawn = highest(member, scores, share)
    return _at_least(found, len(member), int(member.sum()), drawn)


def highest(member: Bools, scores: Floats, share: float = TAIL) -> tuple[int, int]:
    """Return how many members there are among the highest scores, and how many records that is.

    At most ``share`` of all records, but at least those that tie at the top.

    Examples
    --------
    >>> highest(np.array([True, False, False]), np.array([3.0, 2.0, 1.0]), 0.7)
    (1, 2)
    """
    curve = roc(member, scores)
    accused = curve.true_positives + curve.false_positives
    cut = max(1, int(np.searchsorted(accused, share * len(member), side="right")) - 1)
    return int(curve.true_positives[cut]), int(accused[cut])


def lead(member: Bools, scores: Floats) -> float:
    """Return the p-value of "no more members than chance score above every other record".

    It sees a leak of a handful: the chance that the first ``k`` of a random order are all members.

    Examples
    --------
    >>> member = np.repeat([True, False], 500)
    >>> few = np.arange(1000.0) % 500
    >>> few[:12] = 1000
    >>> lead(member, few) < 1e-3
    True
    """
    ahead = int((scores[member] > scores[~member].max()).sum())
    return _at_least(ahead, len(member), int(member.sum()), ahead)


TESTS = {"ranking": ranking, "tail": tail, "lead": lead}
"""What every attack's scores are asked, by name."""


def _at_least(found: int, n: int, members: int, drawn: int) -> float:
    """Return the chance of ``found`` or more members among ``draw_queries`` of ``n`` records."""
    return float(hypergeom.sf(int(found) - 1, n, members, drawn))


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
