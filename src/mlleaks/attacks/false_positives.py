"""The threshold that attackers choose: few of the records that a model was not trained on exceed it."""

from __future__ import annotations

import numpy as np

from mlleaks.types import Floats

FPR = 0.01
"""The false-positive rate that thresholds aim at."""


def threshold_above(outside: Floats) -> float:
    """Return the score that at most `FPR` of the scores of non-members exceed; nan without scores.

    Examples
    --------
    >>> threshold_above(np.arange(1001.0))
    990.0
    """
    return float(np.quantile(outside, 1 - FPR, method="higher")) if len(outside) else float("nan")
