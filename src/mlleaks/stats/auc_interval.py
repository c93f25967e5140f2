"""The AUC with its interval."""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.stats import norm

from mlleaks.stats import metrics
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import Roc, roc
from mlleaks.stats.shares import LEVEL, difference, share
from mlleaks.types import Bools, Floats

AUC = "score interval (Newcombe, method 5) with DeLong's variance, shrunk"

PSEUDO_RECORDS = 2
"""So many records are added to each group that rank as differently as they can; see `area`."""


def auc(member: Bools, scores: Floats, level: float = LEVEL) -> Estimate:
    """Return the AUC with a score interval: all AUCs from which the observed one is not too far.

    How far that is depends on the AUC that is tried (Newcombe's method 5), and on how differently single
    records rank in this sample (DeLong's variance). Newcombe's formula alone expects scores whose two groups
    spread alike and do not tie, DeLong's variance alone is too small where one group hardly varies: few
    records, an AUC near the ends, most scores tied. So DeLong's takes in two more records for each group,
    which rank as differently as records can. Scores of two values only are a decision: then the AUC
    is ``(1 + TPR - FPR) / 2``, and so is its interval (see `shares.difference`).

    Sources: R. Newcombe, Statistics in Medicine 25 (2006), part 2; E. DeLong, D. DeLong, D. Clarke-Pearson,
    Biometrics 44 (1988). That the second scales the first, and the two records, are ours.

    Parameters
    ----------
    member : bool array (n,)
        Some members and some non-members.
    scores : float array (n,)
        Higher = more likely a member; none is nan.
    level : float
        The probability with which the interval covers the true value, in (0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> member = np.repeat([True, False], 50)
    >>> estimate = auc(member, np.r_[np.arange(50.0) + 20, np.arange(50.0)])
    >>> round(estimate.value, 3), round(estimate.low, 3), round(estimate.high, 3)
    (0.82, 0.721, 0.887)
    """
    return area(roc(member, scores), level)


def area(curve: Roc, level: float = LEVEL) -> Estimate:
    """Return the AUC of a ROC with its interval: see `auc`, which is for scores that have no ROC yet.

    Examples
    --------
    >>> import numpy as np
    >>> member, scores = np.repeat([True, False], 50), np.r_[np.arange(50.0) + 20, np.arange(50.0)]
    >>> area(roc(member, scores)) == auc(member, scores)
    True
    """
    if len(curve.thresholds) == 3:  # nobody, the higher of two values, all
        return _of_decision(curve, level)
    n, m, value = curve.n_members, curve.n_nonmembers, metrics.area(curve)
    expected = _variance_expected(value, n, m)
    ratio = _variance_observed(curve, value) / expected if expected > 0 else 1.0
    low, high = score_interval(value, n, m, z=float(norm.isf((1 - level) / 2)), ratio=ratio)
    return Estimate(value, low, high, AUC)


def placements(curve: Roc) -> tuple[Floats, Floats]:
    """Return how each record ranks among the other group: the influence values of the AUC.

    Source: E. DeLong et al., Biometrics 44 (1988), structural components.

    Returns
    -------
    of_members : float array (members,)
        The share of non-members below each member, ties half, in the order of the records.
    of_nonmembers : float array (non-members,)
        The share of members above each non-member, ties half.

    Examples
    --------
    >>> import numpy as np
    >>> [side.tolist() for side in placements(roc(np.array([True, True, False]), np.array([0.9, 0.5, 0.5])))]
    [[1.0, 0.5], [0.75]]
    """
    n, m, tp, fp = curve.n_members, curve.n_nonmembers, curve.true_positives, curve.false_positives
    here = curve.first_flagged
    below = 1 - (fp[1:] + fp[:-1]) / (2 * m)
    above = (tp[1:] + tp[:-1]) / (2 * n)
    return below[here[curve.member] - 1], above[here[~curve.member] - 1]


def _variance_observed(curve: Roc, value: float) -> float:
    """Return DeLong's variance with `PSEUDO_RECORDS` more in each group: theirs is that of a 0/1 ranking."""
    most, total = value * (1 - value), 0.0
    for side in placements(curve):
        squares = float(((side - side.mean()) ** 2).sum()) + PSEUDO_RECORDS * most
        total += squares / (len(side) - 1 + PSEUDO_RECORDS) / len(side)
    return total


def _variance_expected(a: float, n: float, m: float) -> float:
    """Return Newcombe's variance at an AUC of ``a``: exponential scores, for groups of their mean size."""
    size = (n + m) / 2 - 1
    return a * (1 - a) * (1 + size * ((1 - a) / (2 - a) + a / (1 + a))) / (n * m)


def score_interval(value: float, n: float, m: float, *, z: float, ratio: float = 1.0) -> tuple[float, float]:
    """Return the AUCs that the observed one lies just within ``z`` standard errors of (Newcombe, method 5).

    Examples
    --------
    >>> [round(end, 3) for end in score_interval(0.8, 50, 50, z=1.96)]
    [0.697, 0.871]
    """

    def excess(a: float) -> float:
        return (a - value) ** 2 - z**2 * ratio * _variance_expected(a, n, m)

    tiny = 1e-12  # at 0 and 1 the variance is zero: a root, but not the one that is meant
    low = brentq(excess, 0, value - tiny) if value > tiny else 0.0
    high = brentq(excess, value + tiny, 1) if value < 1 - tiny else 1.0
    return float(low), float(high)


def _of_decision(curve: Roc, level: float) -> Estimate:
    recall = share(int(curve.true_positives[1]), curve.n_members, level)
    fpr = share(int(curve.false_positives[1]), curve.n_nonmembers, level)
    gap = difference(recall, fpr)
    return Estimate((1 + gap.value) / 2, (1 + gap.low) / 2, (1 + gap.high) / 2, gap.method)
