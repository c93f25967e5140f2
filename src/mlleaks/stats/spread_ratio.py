"""How much more one figure varies than another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import f

from mlleaks.stats.shares import LEVEL
from mlleaks.types import Floats


def spread_ratio(
    a: Floats | Sequence[float], b: Floats | Sequence[float], level: float = LEVEL
) -> tuple[float, float, float]:
    """Return the ratio of two standard deviations and the ends of its interval; nan if either is 0.

    The ratio of the sample variances is compared with quantiles of Fisher's *F*. That assumes normal values;
    with few of them the interval is wide.

    Source: G. Snedecor, W. Cochran, Statistical Methods (1989), chapter 6.

    Parameters
    ----------
    a, b : float arrays (n,), (m,)
        Two or more values each.
    level : float
        The probability with which the interval covers the true ratio, in (0, 1).

    Examples
    --------
    >>> value, low, high = spread_ratio([1.0, 2.0, 3.0], [0.0, 1.0, 2.0])
    >>> value, round(low, 2), round(high, 2)
    (1.0, 0.16, 6.24)
    """
    above, below = float(np.std(a, ddof=1)), float(np.std(b, ddof=1))
    if min(above, below) <= 0 or not math.isfinite(above + below):
        return math.nan, math.nan, math.nan
    ratio, error = above / below, (1 - level) / 2
    low, high = (float(f.ppf(q, len(a) - 1, len(b) - 1)) for q in (1 - error, error))
    return ratio, ratio / math.sqrt(low), ratio / math.sqrt(high)
