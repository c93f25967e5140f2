"""Services that answer for all classes, but tell something of the largest few alone."""

from __future__ import annotations

import numpy as np

from mlleaks.types import Floats

FEWEST = 20
"""Answers from which anything is concluded."""


def visible_classes(posteriors: Floats) -> int | None:
    """Return how many of the largest posteriors differ from an equal rest; None if all may.

    Zero: the answers show the class alone, one posterior of 1 and 0 for all others.

    Parameters
    ----------
    posteriors : float array (n, k)

    Examples
    --------
    >>> visible_classes(np.tile([0.6, 0.2, 0.1, 0.1], (20, 1)))
    2
    >>> visible_classes(np.tile([0.0, 1.0, 0.0], (20, 1)))
    0
    >>> visible_classes(np.random.default_rng(0).dirichlet(np.ones(4), 20)) is None
    True
    """
    n, k = posteriors.shape
    if n < FEWEST:
        return None
    ordered = np.sort(posteriors, axis=1)[:, ::-1]
    if np.isin(ordered, (0.0, 1.0)).all():
        return 0
    if np.mean(ordered[:, -1] > 0) < 0.5:  # zeros may come of rounding
        return None
    equal = np.isclose(ordered[:, :-1], ordered[:, 1:], rtol=1e-9, atol=1e-15)
    visible = int((k - 1 - np.cumprod(equal[:, ::-1], axis=1).sum(axis=1)).max())
    return visible if visible <= k - 2 else None
