"""What is kept of a shadow's answers: ``signal(posteriors, labels) -> (n, ...)``.

Any function of this form will do; these are the ones that attacks ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mlleaks.storage.tags import tagged
from mlleaks.types import Floats, Ints

Signal: TypeAlias = Callable[[Floats, Ints], Floats]
"""From posteriors ``(n, k)`` and true classes ``(n,)`` to what is kept of each record ``(n, ...)``."""


@tagged("whole")
def whole(posteriors: Floats, labels: Ints) -> Floats:
    """Return the posteriors as they are ``(n, k)``."""
    return posteriors


@tagged("true_posterior")
def true_posterior(posteriors: Floats, labels: Ints) -> Floats:
    """Return the posterior of the true class ``(n,)``.

    Examples
    --------
    >>> true_posterior(np.array([[0.75, 0.25]]), np.array([1]))
    array([0.25])
    """
    return posteriors[np.arange(len(labels)), labels]


@tagged("scaled_logit")
def scaled_logit(posteriors: Floats, labels: Ints) -> Floats:
    """Return ``log(p / (1 - p))`` of the true class's posterior ``(n,)``, as LiRA uses it.

    ``1 - p`` is the sum of the others, so nothing is lost where ``p`` rounds to one; posteriors below
    1e-45 count as that.

    References
    ----------
    Carlini et al., *Membership Inference Attacks From First Principles*, S&P 2022, section VI.

    Examples
    --------
    >>> scaled_logit(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 0])).round(1)
    array([  0. , 103.6])
    """
    p = np.asarray(posteriors, dtype=np.float64)
    true = true_posterior(p, labels)
    rows = np.arange(len(labels))
    others = p.copy()
    others[rows, labels] = 0
    tiny = 1e-45
    odds: Floats = np.log(np.maximum(true, tiny)) - np.log(np.maximum(others.sum(axis=1), tiny))
    return odds
