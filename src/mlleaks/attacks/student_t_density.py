"""Student-t distributions, one per record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1, stdtr

from mlleaks.types import Floats, Ints

FAR = 1e-100
"""A probability below this comes from a series of its logarithm."""


@dataclass(frozen=True)
class StudentT:
    """Each record's predictive density: degrees of freedom, location and scale ``(n,)``."""

    freedom: Floats
    location: Floats
    scale: Floats

    def take(self, rows: Ints) -> StudentT:
        """Return the records at some positions."""
        return StudentT(self.freedom[rows], self.location[rows], self.scale[rows])

    def log_density(self, x: Floats) -> Floats:
        """Return the logarithm of the density at ``x (n,)``."""
        half, z = self.freedom / 2, (x - self.location) / self.scale
        constant = gammaln(half + 0.5) - gammaln(half) - np.log(self.scale) - np.log(2 * half * np.pi) / 2
        return np.asarray(constant - (half + 0.5) * np.log1p(z**2 / self.freedom))

    def surprise(self, x: Floats) -> Floats:
        """Return ``-log Pr[more than x]``, exact also where the probability is too small for a float."""
        z = (x - self.location) / self.scale
        outside = stdtr(self.freedom, -np.abs(z))  # the smaller of both probabilities
        with np.errstate(divide="ignore"):
            surprise: Floats = np.where(z < 0, -np.log1p(-outside), -np.log(outside))
        far = np.flatnonzero((z > 0) & (outside < FAR))
        surprise[far] = _far_surprise(z[far], self.freedom[far])
        return surprise


def _far_surprise(z: Floats, freedom: Floats) -> Floats:
    """Return ``-log Pr[more than z]`` of a standard Student-t variable far above 0.

    The probability is half the incomplete beta function at ``w = freedom / (freedom + z^2)`` (Abramowitz and
    Stegun, 26.7.1 with 26.5.23 and 15.3.3), whose power of ``w`` is taken as a logarithm.
    """
    half, log_ratio = freedom / 2, 2 * np.log(z) - np.log(freedom)
    log_w = -np.logaddexp(0.0, log_ratio)
    series = np.log(hyp2f1(half, 0.5, half + 1, np.exp(log_w)))
    return np.asarray(np.log(2.0) - half * log_w + np.log(half) + betaln(half, 0.5) - series)
