"""95 % intervals in closed form: no resampling, so no seed and no cost.

Members and non-members are two independent samples of fixed sizes. `benchmarks/coverage.py` simulates how
often each interval covers and how wide it is. The intervals are in `shares`, `auc_interval`
and `tpr_interval`; those of several attacks at once are in `simultaneous`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import t

from mlleaks.stats.auc_interval import AUC, area, auc
from mlleaks.stats.shares import (
    ACCURACY,
    DIFFERENCE,
    LEVEL,
    PRECISION,
    SHARE,
    UNDEFINED,
    accuracy,
    difference,
    precision,
    share,
)
from mlleaks.stats.tpr_interval import TPR, tpr_at_fpr

__all__ = [
    "ACCURACY",
    "AUC",
    "DIFFERENCE",
    "LEVEL",
    "PRECISION",
    "SHARE",
    "TPR",
    "UNDEFINED",
    "accuracy",
    "area",
    "auc",
    "difference",
    "precision",
    "share",
    "t_half_width",
    "tpr_at_fpr",
]


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
