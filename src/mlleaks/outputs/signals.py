"""What is kept of a shadow's answers: ``signal(posteriors, labels) -> (n, ...)``.

Any function of this form will do; these are the ones that attacks ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.special import entr

from mlleaks.outputs.posteriors import by_rows
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
    rest = p.copy()
    rest[rows, labels] = 0
    tiny = 1e-45
    odds: Floats = np.log(np.maximum(true, tiny)) - np.log(np.maximum(rest.sum(axis=1), tiny))
    return odds


@tagged("top_k")
def top_k(posteriors: Floats, k: int = 3) -> Floats:
    """Return the ``k`` largest posteriors of each row, largest first (the paper's feature).

    Parameters
    ----------
    posteriors : float array (n, c)
    k : int
        With fewer than ``k`` classes the rest is filled with zeros, so that a shadow of two
        classes serves a target of ten.

    Returns
    -------
    float array (n, k)

    Examples
    --------
    >>> top_k(np.array([[0.1, 0.2, 0.3, 0.4]]))
    array([[0.4, 0.3, 0.2]])
    >>> top_k(np.array([[0.25, 0.75]]))
    array([[0.75, 0.25, 0.  ]])
    """
    largest = min(k, posteriors.shape[1])
    best = by_rows(lambda p: -np.sort(-_largest(p, largest), axis=1), posteriors)
    return np.pad(best, ((0, 0), (0, k - largest)))


@tagged("maximum")
def maximum(posteriors: Floats) -> Floats:
    """Return the largest posterior of each row; higher = more likely a member.

    Examples
    --------
    >>> maximum(np.array([[0.25, 0.75]]))
    array([0.75])
    """
    return np.asarray(by_rows(lambda p: p.max(axis=1), posteriors))


@tagged("standard_deviation")
def standard_deviation(posteriors: Floats) -> Floats:
    """Return the (population) standard deviation of each row; higher = more likely a member.

    Examples
    --------
    >>> standard_deviation(np.array([[0.25, 0.75], [0.5, 0.5]]))
    array([0.25, 0.  ])
    """
    return np.asarray(by_rows(lambda p: _ordered(p).std(axis=1), posteriors))


@tagged("negative_entropy")
def negative_entropy(posteriors: Floats) -> Floats:
    """Return minus the entropy of each row in nats, in ``-log(k)..0``; higher = a member.

    The paper's statistic is the entropy itself, low for members; the sign makes all alike.
    A posterior of zero adds nothing.

    Examples
    --------
    >>> negative_entropy(np.array([[1.0, 0.0], [0.5, 0.5]])).round(4)
    array([ 0.    , -0.6931])
    """
    return np.asarray(by_rows(_negative_entropy, posteriors))


def predicted_classes(posteriors: Floats) -> Ints:
    """Return the class with the largest posterior of each row; the first one where tied.

    Examples
    --------
    >>> predicted_classes(np.array([[0.2, 0.8], [0.5, 0.5]]))
    array([1, 0])
    """
    return np.asarray(posteriors.argmax(axis=1), dtype=np.int64)


def _largest(block: Floats, k: int) -> Floats:
    return block if k >= block.shape[1] else np.partition(block, -k, axis=1)[:, -k:]


def _negative_entropy(block: Floats) -> Floats:
    return np.asarray(0.0 - entr(_ordered(block)).sum(axis=1))


def _ordered(block: Floats) -> Floats:
    """Return rows sorted, so that neither the order of the classes nor the memory layout changes a sum."""
    return np.sort(block.astype(np.float64, order="C"), axis=1)
