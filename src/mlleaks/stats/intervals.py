"""95 % intervals in closed form: no resampling, so no seed and no cost.

Members and non-members are two independent samples of fixed sizes. Where a method is conservative for
that design, its docstring says so; the coverage of all of them is simulated in the tests.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import beta, binom, norm, t

from mlleaks.stats import metrics
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import Roc, members_above, roc
from mlleaks.types import Bools, Floats

LEVEL = 0.95

EXACT = "exact binomial (Clopper-Pearson)"
DIFFERENCE = "square-and-add of exact binomial intervals (Newcombe)"
AUC = "hull of DeLong (logit scale) and Newcombe (method 5)"
ORDER = "exact binomial for threshold and share (Bonferroni)"
UNDEFINED = "undefined"


def share(successes: int, trials: int, level: float = LEVEL) -> Estimate:
    """Return ``successes / trials`` with its Clopper-Pearson interval; nan without trials.

    Exact for recall and false-positive rate. Conservative for accuracy (its variance is largest
    for one pooled sample) and for precision (members and non-members are not drawn anew each time).

    Source: C. Clopper, E. Pearson, Biometrika 26 (1934).

    Parameters
    ----------
    successes, trials : int
        With ``0 <= successes <= trials``.
    level : float
        The probability with which the interval covers the true value, in (0, 1).

    Examples
    --------
    >>> estimate = share(8, 10)
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3)
    (0.8, 0.444, 0.975)
    """
    if trials == 0:
        return Estimate(math.nan, math.nan, math.nan, UNDEFINED)
    error, failures = (1 - level) / 2, trials - successes
    low = beta.ppf(error, successes, failures + 1) if successes else 0.0
    high = beta.ppf(1 - error, successes + 1, failures) if failures else 1.0
    return Estimate(successes / trials, float(low), float(high), EXACT)


def difference(a: Estimate, b: Estimate) -> Estimate:
    """Return ``a - b`` of two independent shares, their half-widths added in squares.

    Source: R. Newcombe, Statistics in Medicine 17 (1998), method 10, with exact instead of score
    limits, which makes it wider. It covers at least 95 %, or a little less where the shares lie at
    opposite ends of small samples.

    Parameters
    ----------
    a, b : Estimate
        As `share` returns them, at one level: the result is at that level, too.

    Examples
    --------
    >>> gap = difference(share(90, 100), share(60, 100))
    >>> round(gap.value, 3), round(gap.low, 3), round(gap.high, 3)
    (0.3, 0.177, 0.415)
    """
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    high = value + math.hypot(a.high - a.value, b.value - b.low)
    method = UNDEFINED if math.isnan(value) else DIFFERENCE
    return Estimate(value, low, high, method)


def auc(member: Bools, scores: Floats, level: float = LEVEL) -> Estimate:
    """Return the AUC with the hull of two intervals: DeLong's and Newcombe's.

    DeLong's estimates the variance from the scores, on the logit scale and with Student's quantile
    for the smaller group. It is asymptotic, and too short where one group hardly varies: small
    groups, an AUC near the ends, most scores tied. Newcombe's (method 5) takes the variance from
    the AUC alone, and has width everywhere. Scores of two values only are a decision: then the AUC
    is ``(1 + TPR - FPR) / 2``, and so is its interval (see `difference`).

    Sources: E. DeLong, D. DeLong, D. Clarke-Pearson, Biometrics 44 (1988); R. Newcombe, Statistics
    in Medicine 25 (2006), part 2.

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
    (0.82, 0.72, 0.887)
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
        return _auc_of_decision(curve, level)
    n, m = curve.n_members, curve.n_nonmembers
    value, fewer = metrics.area(curve), min(n, m)
    variance = _delong_variance(curve) if fewer > 1 else math.nan
    low, high = auc_limits(value, variance, (n, m), freedom=fewer - 1, level=level)
    return Estimate(value, low, high, AUC)


def auc_limits(
    value: float, variance: float, sizes: tuple[float, float], *, freedom: float, level: float = LEVEL
) -> tuple[float, float]:
    """Return the limits of an AUC whose variance has been estimated: the hull of two intervals (see `auc`).

    Parameters
    ----------
    value, variance : float
        The AUC, and an estimate of its variance from the scores.
    sizes : (float, float)
        How many independent members and non-members there are; in effect, if records depend on each other.
    freedom : float
        Degrees of freedom of Student's *t*; with 0, the interval by ``sizes`` alone counts.
    level : float
        The probability with which the interval covers the true value, in (0, 1).

    Examples
    --------
    >>> [round(limit, 3) for limit in auc_limits(0.8, 0.002, (50, 50), freedom=49)]
    [0.695, 0.875]
    """
    low, high = _newcombe(value, *sizes, level)
    if freedom > 0 and 0 < value < 1:
        half = t.ppf((1 + level) / 2, freedom) * math.sqrt(variance) / (value * (1 - value))
        low = min(low, float(expit(logit(value) - half)))
        high = max(high, float(expit(logit(value) + half)))
    return low, high


def _delong_variance(curve: Roc) -> float:
    """Return the variance of the AUC: how differently single members, and single non-members, rank."""
    members, nonmembers = placements(curve)
    return float(members.var(ddof=1) / curve.n_members + nonmembers.var(ddof=1) / curve.n_nonmembers)


def placements(curve: Roc) -> tuple[Floats, Floats]:
    """Return what share of the other kind each record outranks, in the order of the records; ties count half.

    Of the members' array the mean is the AUC, of the non-members' it is one minus the AUC.

    Source: DeLong et al. 1988, where these are called structural components.

    Examples
    --------
    >>> import numpy as np
    >>> members, nonmembers = placements(roc(np.array([True, True, False]), np.array([0.9, 0.5, 0.5])))
    >>> members.tolist(), nonmembers.tolist()
    ([1.0, 0.5], [0.25])
    """
    n, m, tp, fp = curve.n_members, curve.n_nonmembers, curve.true_positives, curve.false_positives
    here = curve.first_flagged
    of_members = (m - (fp[1:] + fp[:-1]) / 2)[here[curve.member] - 1]
    of_nonmembers = (n - (tp[1:] + tp[:-1]) / 2)[here[~curve.member] - 1]
    return of_members / m, of_nonmembers / n


def _newcombe(value: float, n: float, m: float, level: float) -> tuple[float, float]:
    """Return the AUCs that the observed one lies just within ``z`` standard errors of."""
    z, size = float(norm.ppf((1 + level) / 2)), (n + m) / 2 - 1

    def excess(a: float) -> float:
        variance = a * (1 - a) * (1 + size * ((1 - a) / (2 - a) + a / (1 + a))) / (n * m)
        return (a - value) ** 2 - z**2 * variance

    tiny = 1e-12  # at 0 and 1 the variance is zero: a root, but not the one that is meant
    low = brentq(excess, 0, value - tiny) if value > tiny else 0.0
    high = brentq(excess, value + tiny, 1) if value < 1 - tiny else 1.0
    return float(low), float(high)


def _auc_of_decision(curve: Roc, level: float) -> Estimate:
    recall = share(int(curve.true_positives[1]), curve.n_members, level)
    fpr = share(int(curve.false_positives[1]), curve.n_nonmembers, level)
    gap = difference(recall, fpr)
    return Estimate((1 + gap.value) / 2, (1 + gap.low) / 2, (1 + gap.high) / 2, gap.method)


def tpr_at_fpr(curve: Roc, fpr: float, level: float = LEVEL) -> Estimate:
    """Return the TPR at ``fpr`` (see `metrics.tpr_at_fpr`) with a conservative interval.

    The threshold that has *truly* this false-positive rate is unknown. The number of non-members above it
    is binomial, so two of the non-members' order statistics bracket it; the shares of members above these
    two, with their own binomial limits, bracket the TPR. Each of the four limits may fail with a
    quarter of the allowed probability (Bonferroni). No distribution is assumed.

    Parameters
    ----------
    curve : Roc
    fpr : float
        The false-positive rate, in (0, 1).
    level : float
        The probability with which the interval covers the true value, in (0, 1).

    Returns
    -------
    Estimate
        nan where ``fpr`` is below one over the number of non-members.

    Examples
    --------
    >>> import numpy as np
    >>> from mlleaks.stats.metrics import roc
    >>> curve = roc(np.repeat([True, False], 200), np.r_[np.arange(200.0) + 100, np.arange(200.0)])
    >>> e = tpr_at_fpr(curve, 0.1)
    >>> e.value, round(e.low, 3), round(e.high, 3)
    (0.6, 0.468, 0.725)
    """
    n, m = curve.n_members, curve.n_nonmembers
    value = metrics.tpr_at_fpr(curve, fpr)
    if math.isnan(value):
        return Estimate(math.nan, math.nan, math.nan, UNDEFINED)
    error = (1 - level) / 4
    fewest, most = (int(k) for k in binom.ppf([error, 1 - error], m, fpr))
    low = share(members_above(curve, fewest), n, 1 - 2 * error).low if fewest else 0.0
    high = share(members_above(curve, most + 1), n, 1 - 2 * error).high
    return Estimate(value, low, high, ORDER)


def t_half_width(spread: Any, n: Any, quantile: float = (1 + LEVEL) / 2) -> Any:
    """Return half the width of Student's *t* interval of a mean.

    Parameters
    ----------
    spread : float or array
        Standard deviations of the values, with ``n - 1`` in the denominator.
    n : int or array
        How many values each mean is of, at least 2.
    quantile : float
        Of the *t* distribution; by default of a two-sided 95 % interval.

    Examples
    --------
    >>> round(float(t_half_width(1.0, 4)), 3)
    1.591
    """
    return t.ppf(quantile, n - 1) * spread / np.sqrt(n)
