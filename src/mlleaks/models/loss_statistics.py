"""What the losses of training say about membership inference, without any reference model."""

from __future__ import annotations

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Floats

FNR = 0.01
"""The share of members that the tail statistic's threshold may miss."""


def loss_trace_iqr(losses: Floats) -> Floats:
    """Return the inter-quartile range of each record's losses ``(n,)``; higher = more exposed.

    A record whose loss falls late, or that is learned only once it has come often, has a wide range: it
    is fitted by heart. One that is easy from the start, or never learned, has a narrow one.

    Source: Pollock, Shilov, Dodd, de Montjoye, *Free Record-Level Privacy Risk Evaluation Through
    Artifact-Based Methods*, arXiv 2411.05743 (LT-IQR). Quantiles are interpolated linearly.

    Parameters
    ----------
    losses : float array (epochs, n)
        nan where a record was missing in an epoch: it counts with the other epochs.

    Returns
    -------
    float array (n,)
        From 0 on; 0 for a record with a single loss, nan for one without any.

    Raises
    ------
    InputError
        Not two axes, or no epoch.

    Examples
    --------
    >>> loss_trace_iqr(np.array([[2.0, 2.0], [2.0, 0.1], [1.0, 0.1], [0.0, 0.1], [0.0, np.nan]])).round(3)
    array([2.   , 0.475])
    """
    if losses.ndim != 2 or not len(losses):
        raise InputError(
            f"losses of shape {losses.shape}",
            expected="shape (epochs, records) with at least one epoch",
            fix="Record an epoch first.",
        )
    rising = np.sort(losses.astype(np.float64), axis=0)  # nan stands last
    last = (~np.isnan(rising)).sum(axis=0) - 1
    quartiles = [_interpolated(rising, share * np.maximum(last, 0)) for share in (0.25, 0.75)]
    return np.asarray(quartiles[1] - quartiles[0])


def tail_statistic(losses: Floats, nonmember_losses: Floats, *, fnr: float = FNR) -> float:
    """Return the share of non-members in the tail that training has emptied; higher = a stronger attack.

    The tail begins at the loss that at most a share ``fnr`` of the members exceed. So the statistic is the
    true-negative rate of the attack that flags small losses, at this false-negative rate. A model that
    does not leak has about ``fnr``; one that has learned its hard records by heart has far more.

    Source: Dodd, Krco, Shilov, de Montjoye, *The Tail Tells All: Estimating Model-Level Membership
    Inference Vulnerability Without Reference Models*, arXiv 2510.19773.

    Parameters
    ----------
    losses : float array (n,)
        Of the members, under the finished model.
    nonmember_losses : float array (m,)
        Under the same model, of records from the same source that it was not trained on.
    fnr : float
        In [0, 1).

    Returns
    -------
    float
        In 0..1. Losses that tie with the threshold are not in the tail.

    Raises
    ------
    InputError
        No loss on a side, one that is not finite, or another ``fnr``.

    Examples
    --------
    >>> tail_statistic(np.array([0.0, 0.1, 0.2]), np.array([0.1, 0.2, 1.0, 3.0]))
    0.5
    """
    for values, whose in ((losses, "members"), (nonmember_losses, "non-members")):
        if np.ndim(values) != 1 or not len(values) or not np.isfinite(values).all():
            raise InputError(
                f"losses of {whose} of shape {np.shape(values)}",
                expected="at least one loss, all finite",
                fix="Pass one loss per record.",
            )
    if not 0 <= fnr < 1:
        raise InputError(f"fnr={fnr}", expected="a number in [0, 1)", fix="Pass another one.")
    threshold = np.sort(losses)[::-1][int(fnr * len(losses))]
    return float(np.mean(nonmember_losses > threshold))


def _interpolated(rising: Floats, position: Floats) -> Floats:
    """Return the value at a position, between two rows, of each column."""
    low = np.floor(position).astype(np.int64)
    high = np.ceil(position).astype(np.int64)
    columns = np.arange(rising.shape[1])
    below, above = rising[low, columns], rising[high, columns]
    return np.asarray(below + (position - low) * (above - below))
