"""How well scores tell members, for choices that attacks make on models whose members they know.

Reported numbers come from `mlleaks.stats`, which attacks do not see.
"""

from __future__ import annotations

import numpy as np

from mlleaks.types import Bools, Floats


def auc(member: Bools, scores: Floats) -> float:
    """Return the AUC, ties at one half."""
    outside = np.sort(scores[~member])
    inside = np.sort(scores[member])  # sorted values are found faster
    below = np.searchsorted(outside, inside) + np.searchsorted(outside, inside, "right")
    return float(below.mean() / (2 * len(outside)))


def tail(member: Bools, scores: Floats) -> float:
    """Return the TPR at 1 % FPR."""
    cut = np.quantile(scores[~member], 0.99, method="higher")
    return float((scores[member] > cut).mean())
