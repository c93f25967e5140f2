"""The intervals of version 0.1, against which `coverage.py` measures the width of today's."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import binom, norm, t

from mlleaks.stats import metrics
from mlleaks.stats.auc_interval import placements
from mlleaks.stats.binomial import exact_high, exact_low
from mlleaks.stats.metrics import Roc, members_above

Interval = tuple[float, float]


def share(successes: int, trials: int, error: float = 0.025) -> Interval:
    """Return Clopper and Pearson's limits; of accuracy and precision, too, as of one sample."""
    if not trials:
        return math.nan, math.nan
    return float(exact_low(successes, trials, error)), float(exact_high(successes, trials, error))


def advantage(hits: int, n: int, alarms: int, m: int) -> Interval:
    """Return square-and-add of two exact intervals."""
    (a, b), (c, d), p, q = share(hits, n), share(alarms, m), hits / n, alarms / m
    return p - q - math.hypot(p - a, d - q), p - q + math.hypot(b - p, q - c)


def area(curve: Roc) -> Interval:
    """Return the hull of DeLong's interval (logit scale, Student's quantile) and Newcombe's method 5."""
    n, m, value = curve.n_members, curve.n_nonmembers, metrics.area(curve)
    if len(curve.thresholds) == 3:
        low, high = advantage(int(curve.true_positives[1]), n, int(curve.false_positives[1]), m)
        return (1 + low) / 2, (1 + high) / 2
    low, high = _newcombe(value, n, m)
    if min(n, m) > 1 and 0 < value < 1:
        deviation = math.sqrt(sum(side.var(ddof=1) / len(side) for side in placements(curve)))
        half = t.ppf(0.975, min(n, m) - 1) * deviation / (value * (1 - value))
        low, high = (
            min(low, float(expit(logit(value) - half))),
            max(high, float(expit(logit(value) + half))),
        )
    return low, high


def _newcombe(value: float, n: int, m: int) -> Interval:
    z, size, tiny = float(norm.ppf(0.975)), (n + m) / 2 - 1, 1e-12

    def excess(a: float) -> float:
        variance = a * (1 - a) * (1 + size * ((1 - a) / (2 - a) + a / (1 + a))) / (n * m)
        return (a - value) ** 2 - z**2 * variance

    low = brentq(excess, 0, value - tiny) if value > tiny else 0.0
    high = brentq(excess, value + tiny, 1) if value < 1 - tiny else 1.0
    return float(low), float(high)


def tpr_at_fpr(curve: Roc, fpr: float) -> Interval:
    """Return the four limits' bracket (Bonferroni)."""
    n, m, error = curve.n_members, curve.n_nonmembers, 0.0125
    if not metrics.false_alarms_allowed(m, fpr):
        return math.nan, math.nan
    fewest, most = (int(k) for k in binom.ppf([error, 1 - error], m, fpr))
    low = float(exact_low(members_above(curve, fewest), n, error)) if fewest else 0.0
    return low, float(exact_high(members_above(curve, most + 1), n, error))
