"""How far down a loss is among other losses, without steps: few models or records still rank finely.

Source: Ye, Maddi, Murakonda, Bindschaedler, Shokri, *Enhanced Membership Inference Attacks against Machine
Learning Models*, CCS 2022: thresholds are quantiles of losses, interpolated linearly between two losses and
up to the largest loss that there is. Below the smallest loss it matters how far below: with a forest many
losses are exactly 0, and would be equal if the interpolation ended there. So it ends a little below 0.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_expit

from mlleaks.outputs.signals import scaled_logit
from mlleaks.types import Floats, Ints

LARGEST = float(-np.log(1e-45))
"""The largest loss: that of a posterior which `mlleaks.outputs.signals.scaled_logit` counts as the least."""

MARGIN = 0.01
"""How far below 0 the interpolation ends, in nats."""


def losses(signals: Floats) -> Floats:
    """Return the cross-entropy losses in nats that belong to scaled logits, exact also near 0.

    Examples
    --------
    >>> losses(np.array([0.0, 100.0]))
    array([6.93147181e-01, 3.72007598e-44])
    """
    return np.asarray(np.minimum(-log_expit(np.asarray(signals, dtype=np.float64)), LARGEST))


def share_larger(counts: tuple[Ints, Ints, Ints], loss: Floats, neighbours: tuple[Floats, Floats]) -> Floats:
    """Return the interpolated share of other losses that are larger ``(n,)``, in 0..1.

    Parameters
    ----------
    counts : three int arrays (n,)
        How many other losses there are, how many of these are smaller, and how many are equal.
    loss : float array (n,)
    neighbours : two float arrays (n,)
        The next smaller of the other losses, 0 if there is none, and the next larger, else `LARGEST`.

    Examples
    --------
    >>> one, two = np.array([1]), np.array([2])
    >>> share_larger((two, one, 0 * one), np.array([0.5]), (np.array([0.25]), np.array([1.25])))
    array([0.58333333])
    """
    number, smaller, equal = counts
    low, high = neighbours
    width = high - low
    between = np.divide(loss - low, width, out=np.full(np.shape(loss), 0.5), where=width > 0)
    between = np.where(smaller == 0, (loss + MARGIN) / (high + MARGIN), between)
    above = np.where(equal > 0, (equal + 1) / 2, between)
    return np.asarray(1 - (smaller + above) / (number + 1))


def share_larger_among(loss: Floats, other: Floats) -> Floats:
    """Return `share_larger` of each loss among the same sorted other losses ``(z,)``.

    Examples
    --------
    >>> share_larger_among(np.array([0.5, 0.0]), np.array([0.25, 0.75]))
    array([0.5       , 0.98717949])
    """
    first, last = (np.searchsorted(other, loss, side) for side in ("left", "right"))
    padded = np.concatenate([[0.0], other, [LARGEST]])
    number = np.full(len(loss), len(other))
    return share_larger((number, first, last - first), loss, (padded[first], padded[last + 1]))


def losses_of(posteriors: Floats, labels: Ints) -> Floats:
    """Return the cross-entropy loss of each answer ``(n,)``."""
    return losses(scaled_logit(posteriors, labels))
