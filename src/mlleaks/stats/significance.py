"""Whether a model that does not leak could have given such scores.

Without a leak, members and non-members are exchangeable: all labellings of the pooled records are
equally likely. The tests condition on the pooled scores and assume nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr
from scipy.stats import hypergeom

from mlleaks.stats.checks import checked_numbers, checked_share
from mlleaks.stats.cutoffs import LEVEL, ROUNDING
from mlleaks.stats.labellings import Labellings
from mlleaks.stats.metrics import Roc, members_above_all
from mlleaks.types import Bools, Ints

TAIL = 0.02
"""The share of all records, highest scores first, that the tail test looks at."""

FEW_VALUES = 20
"""Of so few different scores, the rank sum is not taken to be normal."""

OFTEN = 0.05
"""If two records tie with at least this probability, the rank sum is not taken to be normal."""


def ranking(curve: Roc) -> float:
    """Return the p-value of "members do not score higher" (rank sum, one-sided, ties in).

    Scores of two values: Fisher's exact test. Where two records rarely tie, Mann and Whitney's test: the rank
    sum is nearly normal. Else random labellings: one value may hold so many records that the few outside
    decide.

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> member = np.repeat([True, False], 50)
    >>> ranking(roc(member, member * 1.0)) < 1e-6, ranking(roc(member, np.zeros(100)))
    (True, 1.0)
    """
    sizes = np.diff(curve.flagged)[::-1]  # of each value, in rising order
    members = np.diff(curve.true_positives)[::-1]
    n = int(curve.flagged[-1])
    if len(sizes) <= 2:
        return _at_least(members[-1], n, curve.n_members, int(sizes[-1]))
    shares = sizes / n
    if len(sizes) > FEW_VALUES and shares @ shares < OFTEN:
        return _mann_whitney(members, sizes)
    sums = Labellings.draw(curve.member).sums(curve.ranks)
    return float((sums >= sums[0]).mean())


def _mann_whitney(members: Ints, sizes: Ints) -> float:
    """Return the p-value of the rank sum as a normal one, corrected for ties and continuity.

    Source: H. Mann, D. Whitney, Annals of Mathematical Statistics 18 (1947). It is `scipy.stats.mannwhitneyu`
    for records that are sorted already.
    """
    n1, n = int(members.sum()), int(sizes.sum())
    n2 = n - n1
    u = float(members @ (np.cumsum(sizes) - (sizes - 1) / 2)) - n1 * (n1 + 1) / 2
    counts = sizes.astype(float)
    spread = np.sqrt(n1 * n2 / 12 * ((n + 1) - (counts * counts * counts - counts).sum() / (n * (n - 1))))
    return float(ndtr(-((u - n1 * n2 / 2 - 0.5) / spread)))


def tail(curve: Roc, share: float = TAIL) -> float:
    """Return the p-value of "the highest scores hold no more members than chance".

    It detects what the mean rank hides: a leak of some records. The threshold is chosen from the pooled
    scores, so the number of members above it is hypergeometric (Fisher's exact test).

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> some = np.arange(1000.0) % 500
    >>> some[:20] = 1000
    >>> tail(roc(np.repeat([True, False], 500), some)) < 1e-4
    True
    """
    members, records = highest(curve, share)
    return _at_least(members, int(curve.flagged[-1]), curve.n_members, records)


def highest(curve: Roc, share: float = TAIL) -> tuple[int, int]:
    """Return how many members there are among the highest scores, and how many records that is.

    At most ``share`` of all records, but at least those that tie at the top.

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> highest(roc(np.array([True, False, False]), np.array([3.0, 2.0, 1.0])), 0.7)
    (1, 2)
    """
    cut = values_within(curve.flagged, share)
    return int(curve.true_positives[cut]), int(curve.flagged[cut])


def bottom(curve: Roc, share: float = TAIL) -> float:
    """Return the p-value of "the lowest scores hold no more non-members than chance".

    It detects that some records were clearly not in the training set.

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> some = np.arange(1000.0) % 500
    >>> some[-20:] = -1
    >>> bottom(roc(np.repeat([True, False], 500), some)) < 1e-4
    True
    """
    nonmembers, records = lowest(curve, share)
    return _at_least(nonmembers, int(curve.flagged[-1]), curve.n_nonmembers, records)


def lowest(curve: Roc, share: float = TAIL) -> tuple[int, int]:
    """Return how many non-members there are among the lowest scores, and how many records that is.

    At most ``share`` of all records, but at least those that tie at the bottom.

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> lowest(roc(np.array([True, False, False]), np.array([3.0, 2.0, 1.0])), 0.7)
    (2, 2)
    """
    from_below = from_bottom(curve)
    cut = values_within(from_below, share)
    return int(curve.n_nonmembers - curve.false_positives[-1 - cut]), int(from_below[cut])


def from_bottom(curve: Roc) -> Ints:
    """Return how many records the lowest 0, 1, 2, ... values hold ``(m,)``: ``flagged``, from below.

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> from_bottom(roc(np.array([True, False, False]), np.array([3.0, 1.0, 1.0]))).tolist()
    [0, 2, 3]
    """
    return np.asarray((curve.flagged[-1] - curve.flagged)[::-1])


def values_within(counts: Ints, share: float = TAIL) -> int:
    """Return how many values, from the first on, hold at most ``share`` of all records; at least one.

    Parameters
    ----------
    counts : int array (m,)
        How many records the first 0, 1, 2, ... values hold.
    share : float

    Examples
    --------
    >>> values_within(np.array([0, 1, 2, 50, 100])), values_within(np.array([0, 80, 100]))
    (2, 1)
    """
    return max(1, int(np.searchsorted(counts, share * counts[-1], side="right")) - 1)


def lead(curve: Roc) -> float:
    """Return the p-value of "no more members than chance score above every other record".

    It detects a leak of a few records: the chance that the first ``k`` of a random order are all members.

    Examples
    --------
    >>> from mlleaks.stats.metrics import roc
    >>> few = np.arange(1000.0) % 500
    >>> few[:12] = 1000
    >>> lead(roc(np.repeat([True, False], 500), few)) < 1e-3
    True
    """
    ahead = members_above_all(curve)
    return _at_least(ahead, int(curve.flagged[-1]), curve.n_members, ahead)


TESTS = {"ranking": ranking, "tail": tail, "lead": lead, "bottom": bottom}
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


def benjamini_hochberg(p_values: Any, level: float = LEVEL) -> Bools:
    """Return which of these p-values are named at a false-discovery rate of ``level`` ``(n,)``.

    For candidates whose membership nobody knows: with conformal p-values of all of them, the mean FDP is at
    most ``level`` times the share of non-members among them, whatever that share is (Bates et al. 2023).

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.9, 0.02, 0.04], 0.05)
    array([ True, False,  True, False])
    """
    checked_share(level, "level")
    values = checked_numbers(p_values, "p-values")
    ordered = np.sort(values)
    steps = level * np.arange(1, len(ordered) + 1) / len(ordered)
    reached = ordered[ordered <= steps * ROUNDING]
    return values <= reached[-1] if len(reached) else np.zeros(len(values), dtype=bool)
