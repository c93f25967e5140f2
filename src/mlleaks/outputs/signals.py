"""What is kept of a shadow's answers: ``signal(posteriors, labels) -> (n, ...)``.

Any function of this form will do; these are the ones that attacks ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.special import entr, log_expit

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


@tagged("answered_class")
def answered_class(posteriors: Floats, labels: Ints) -> Floats:
    """Return the scaled logit of a model that answers the class alone ``(n,)``: two values.

    Examples
    --------
    >>> answered_class(np.array([[0.6, 0.4], [0.4, 0.6]]), np.array([0, 0])).round(1)
    array([ 103.6, -103.6])
    """
    return scaled_logit(np.eye(posteriors.shape[1])[predicted_classes(posteriors)], labels)


@tagged("log_posterior")
def log_posterior(posteriors: Floats, labels: Ints) -> Floats:
    """Return the log posterior of the true class ``(n,)``: minus the cross-entropy loss, in nats, at most 0.

    It is computed from the scaled logit, so that records stay in order where ``p`` rounds to one.

    Examples
    --------
    >>> log_posterior(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 1])).round(2)
    array([  -0.69, -103.62])
    """
    return np.asarray(log_expit(scaled_logit(posteriors, labels)))


@tagged("modified_entropy")
def modified_entropy(posteriors: Floats, labels: Ints) -> Floats:
    """Return the modified entropy of each row ``(n,)``, in nats; lower = more likely a member.

    ``-(1 - p_y) log p_y - sum over i != y of p_i log(1 - p_i)`` with the true class ``y``: unlike the entropy
    it is low only where the model is confident of the true class. A posterior below 1e-45, and one that
    leaves the other classes less than that, counts as that; so the value is finite, from 0 to about 207.

    References
    ----------
    Song and Mittal, *Systematic Evaluation of Privacy Risks of Machine Learning Models*, USENIX Security
    2021, section 3.

    Examples
    --------
    >>> modified_entropy(np.array([[0.9, 0.1], [0.9, 0.1], [1.0, 0.0]]), np.array([0, 1, 0])).round(3)
    array([0.021, 4.145, 0.   ])
    """
    return _by_labelled_rows(_modified_entropy, posteriors, labels)


def log_odds(posteriors: Floats, *, least: float = 1e-7) -> Floats:
    """Return ``log(p / (1 - p))`` of every class's posterior ``(n, k)``.

    ``1 - p`` is the sum of the other classes' posteriors. Both count as ``least`` where they are smaller, so
    that the 0 and 1 of a forest are large but finite: with the default within plus or minus 16.2.

    Examples
    --------
    >>> log_odds(np.array([[0.5, 0.5], [1.0, 0.0]])).round(1)
    array([[  0. ,   0. ],
           [ 16.1, -16.1]])
    """
    return np.asarray(
        by_rows(lambda p: np.log(np.maximum(p, least)) - np.log(np.maximum(_rest(p), least)), posteriors)
    )


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


def _modified_entropy(block: Floats, labels: Ints) -> Floats:
    p, rest = block.astype(np.float64), _rest(block)
    rows = np.arange(len(labels))
    log_p, log_rest = _log(p, rest), _log(rest, p)
    true = rest[rows, labels] * log_p[rows, labels]
    p[rows, labels] = 0
    return np.asarray(0.0 - (true + (p * log_rest).sum(axis=1)))


def _log(part: Floats, rest: Floats) -> Floats:
    """Return the logarithm of ``part = 1 - rest``, exact also where ``part`` rounds to one."""
    small = np.minimum(rest, 0.5)
    return np.where(rest < 0.5, np.log1p(-small), np.log(np.maximum(part, 1e-45)))


def _rest(block: Floats) -> Floats:
    """Return for each posterior what the other classes have, exact also where one class has nearly all."""
    p = block.astype(np.float64)
    rows, largest = np.arange(len(p)), p.argmax(axis=1)
    rest = 1 - p
    p[rows, largest] = 0
    rest[rows, largest] = p.sum(axis=1)
    return rest


def _by_labelled_rows(f: Callable[[Floats, Ints], Floats], posteriors: Floats, labels: Ints) -> Floats:
    """Return ``f(posteriors, labels)``, computed in blocks of rows."""
    positions = np.arange(len(labels))[:, None]
    k = posteriors.shape[1]
    return np.asarray(by_rows(lambda i: f(posteriors[i[:, 0]], labels[i[:, 0]]), positions, width=k))


def _ordered(block: Floats) -> Floats:
    """Return rows sorted, so that neither the order of the classes nor the memory layout changes a sum."""
    return np.sort(block.astype(np.float64, order="C"), axis=1)
