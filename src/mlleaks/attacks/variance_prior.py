"""A common prior of all records' means and variances, fitted to the reference models' signals.

Source: K. Murphy, *Conjugate Bayesian analysis of the Gaussian distribution* (2007): equations 86 to 89
(posterior) and 95 (marginal likelihood). The moments are those of the inverse gamma distribution and of the
chi-squared distribution that sums of squares have; Smyth, *Linear models and empirical Bayes methods* (2004),
fits variances of many small samples by moments, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from mlleaks.attacks.moments import Side
from mlleaks.attacks.sampling import evenly
from mlleaks.runtime.threads import one_thread
from mlleaks.types import Floats

SAMPLE = 3_000
"""Records from which a prior is fitted, evenly spaced."""
ATOMS = 0.01
"""If more of the records than this have equal signals, signals have atoms and moments fit the prior."""
TINY = 1e-9
"""A variance below this share of the mean one counts as zero; so does one below its square by itself."""
SHAPES = (0.05, 400.0)
"""The least and the largest shape."""


@dataclass(frozen=True)
class Prior:
    """A normal-inverse-gamma distribution of a record's mean and variance.

    Parameters
    ----------
    mean : float
        Around which the records' means lie.
    strength : float
        How many models this mean is worth, above 0.
    shape, scale : float
        Of the inverse gamma distribution of the variances, above 0.
    """

    mean: float
    strength: float
    shape: float
    scale: float


VAGUE = Prior(0.0, 0.01, 1.0, 1.0)
"""The prior without any evidence."""


def fit_prior(side: Side) -> Prior:
    """Return the prior under which the signals are likeliest (empirical Bayes).

    The signals of a forest have atoms: many records have the same signal from all models. Then a density is
    likeliest that is infinite there, which says nothing about all other records; so moments fit the prior
    instead. Without records, a vague one.

    Examples
    --------
    >>> count, mean = np.full(1000, 9), np.random.default_rng(0).normal(5.0, 2.0, size=1000)
    >>> squares = np.random.default_rng(1).chisquare(8, size=1000)  # a variance of 1
    >>> prior = fit_prior(Side(count, mean, squares))
    >>> round(prior.mean), round(prior.scale / prior.shape, 1), round(prior.strength, 1)
    (5, 1.0, 0.3)
    """
    rows = np.flatnonzero(side.count > 0)
    if not len(rows):
        return VAGUE
    some = side.take(rows[evenly(len(rows), SAMPLE)])
    prior = _by_moments(some)
    variances = some.squares[some.count > 1] / (some.count[some.count > 1] - 1)
    if not len(variances) or np.mean(variances <= TINY * max(variances.mean(), TINY)) > ATOMS:
        return prior
    return _likeliest(some, prior)


def posterior(side: Side, prior: Prior) -> tuple[Floats, Floats, Floats]:
    """Return the strength, shape and scale of each record's posterior ``(n,)`` (Murphy, 86 to 89)."""
    n = side.count
    strength = prior.strength + n
    deviation = np.where(n > 0, side.mean, prior.mean) - prior.mean
    shift = prior.strength * n * deviation**2 / (2 * strength)
    return strength, prior.shape + n / 2, prior.scale + side.squares / 2 + shift


def _by_moments(side: Side) -> Prior:
    """Return the prior with the signals' moments.

    The mean of the variances is ``scale / (shape - 1)``, their mean square has ``(shape - 1) (shape - 2)``
    below. A sum of squares over ``d`` degrees of freedom has the mean ``d`` times the variance, and the mean
    square ``d (d + 2)`` times the squared variance.
    """
    freedom = np.maximum(side.count - 1.0, 0.0)
    first = max(float(side.squares.sum() / max(freedom.sum(), 1.0)), TINY**2)
    second = float((side.squares**2).sum() / max((freedom * (freedom + 2)).sum(), 1.0))
    spread = max(second / first**2 - 1, 1 / (SHAPES[1] - 2))
    shape = 2 + 1 / spread
    between = max(float(side.mean.var()) / first - float((1 / side.count).mean()), 1e-4)
    return Prior(float(side.mean.mean()), 1 / between, shape, first * (shape - 1))


def _likeliest(side: Side, start: Prior) -> Prior:
    """Return the prior of the largest marginal likelihood, by gradients from a first one."""
    logs = np.log([start.strength, start.shape, start.scale])
    bounds = [(None, None), (-12, 12), tuple(np.log(SHAPES)), (logs[2] - 16, logs[2] + 16)]
    first = np.array([start.mean, *logs])
    with one_thread():  # four numbers: several threads would wait for each other at every step
        optimum = minimize(_loss, first, args=(side,), jac=True, method="L-BFGS-B", bounds=bounds)
    return _unpacked(optimum.x)


def _unpacked(x: Floats) -> Prior:
    return Prior(float(x[0]), *(float(value) for value in np.exp(x[1:])))


def _loss(x: Floats, side: Side) -> tuple[float, Floats]:
    """Return minus the mean log-likelihood of the records' signals, up to a constant, and its gradient.

    By the mean and the logarithms of strength, shape and scale (Murphy, 95).
    """
    prior, n = _unpacked(x), side.count
    strength, shape, scale = posterior(side, prior)
    log_scale, ratio, deviation = np.log(scale), shape / scale, side.mean - prior.mean
    value = gammaln(shape) - gammaln(prior.shape) + prior.shape * np.log(prior.scale)
    value = value - shape * log_scale + np.log(prior.strength / strength) / 2
    share = n / strength
    gradient = (
        np.mean(ratio * prior.strength * share * deviation),
        prior.strength * np.mean((1 / prior.strength - 1 / strength - ratio * (share * deviation) ** 2) / 2),
        prior.shape * np.mean(digamma(shape) - digamma(prior.shape) + np.log(prior.scale) - log_scale),
        np.mean(prior.shape - prior.scale * ratio),
    )
    return -float(value.mean()), -np.array(gradient)
