"""Whether two figures rise together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import spearmanr

from mlleaks.types import Floats


class Correlation(NamedTuple):
    """A rank correlation in -1..1, and its two-sided p-value."""

    value: float
    p_value: float


def rank_correlation(x: Floats | Sequence[float], y: Floats | Sequence[float]) -> Correlation:
    """Return Spearman's rank correlation; nan where ``x`` or ``y`` is constant.

    Source: C. Spearman, American Journal of Psychology 15 (1904).

    Parameters
    ----------
    x, y : float arrays (n,)

    Examples
    --------
    >>> rank_correlation([1, 2, 3, 4], [1, 4, 9, 16]).value
    1.0
    """
    result = spearmanr(x, y)
    return Correlation(float(result.statistic), float(result.pvalue))
