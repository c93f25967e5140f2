"""Output masks: the model stays as it is, and its answers say less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.errors import InputError
from mlleaks.storage.tags import tagged
from mlleaks.types import Floats


@tagged("TopK")
@dataclass(frozen=True)
class TopK:
    """Only the ``k`` largest posteriors are answered; the other classes share the rest equally.

    With ``k + 1`` classes or fewer that is everything: one posterior follows from the others.

    Examples
    --------
    >>> TopK(1)(np.array([[0.6, 0.3, 0.1]]))
    array([[0.6, 0.2, 0.2]])
    """

    k: int = 1

    def __post_init__(self) -> None:
        if self.k < 1 or self.k != int(self.k):
            raise InputError(f"the {self.k} largest posteriors", expected="1 or more", fix="Pass another k.")

    def __call__(self, posteriors: Floats) -> Floats:
        """Return the answers ``(n, k)``."""
        hidden = posteriors.shape[1] - self.k
        if hidden <= 0:
            return posteriors
        order = np.argsort(-posteriors, axis=1, kind="stable")[:, : self.k]
        largest = np.take_along_axis(posteriors, order, axis=1)
        rest = np.maximum(1 - largest.sum(axis=1, keepdims=True), 0) / hidden
        answers = np.repeat(rest, posteriors.shape[1], axis=1).astype(posteriors.dtype)
        np.put_along_axis(answers, order, largest, axis=1)
        return answers


@tagged("Rounded")
@dataclass(frozen=True)
class Rounded:
    """Posteriors in steps of ``10 ** -digits`` that sum to one: the largest remainders are rounded up.

    Examples
    --------
    >>> Rounded(1)(np.array([[0.44, 0.34, 0.22]]))
    array([[0.5, 0.3, 0.2]])
    """

    digits: int = 1

    def __post_init__(self) -> None:
        if self.digits not in range(1, 7):
            raise InputError(f"{self.digits} digits", expected="1 to 6", fix="Pass another number of digits.")

    def __call__(self, posteriors: Floats) -> Floats:
        """Return the answers ``(n, k)``."""
        steps = 10**self.digits
        p = posteriors.astype(float)
        exact = p / p.sum(axis=1, keepdims=True) * steps
        whole = np.floor(exact + 1e-9)
        missing = steps - whole.sum(axis=1, keepdims=True)
        rank = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1)
        whole += rank < missing
        rows, best, tied = np.arange(len(p)), p.argmax(axis=1), whole.argmax(axis=1)
        whole[rows, best] += tied != best  # the class that was answered stays ahead
        whole[rows, tied] -= tied != best
        answers: Floats = (whole / steps).astype(posteriors.dtype)
        return answers


@tagged("LabelOnly")
@dataclass(frozen=True)
class LabelOnly:
    """Only the class is answered, as if it were certain.

    Examples
    --------
    >>> LabelOnly()(np.array([[0.6, 0.3, 0.1]]))
    array([[1., 0., 0.]])
    """

    def __call__(self, posteriors: Floats) -> Floats:
        """Return the answers ``(n, k)``."""
        answers = np.zeros_like(posteriors)
        answers[np.arange(len(posteriors)), posteriors.argmax(axis=1)] = 1
        return answers


@tagged("Temperature")
@dataclass(frozen=True)
class Temperature:
    """Posteriors as a softmax at a higher temperature gives them: ``p ** (1 / t)``, normalised.

    Attacks that only rank records by one posterior are hardly touched: the order of records stays
    nearly the same.

    References
    ----------
    Guo et al., *On calibration of modern neural networks*, ICML 2017.

    Examples
    --------
    >>> Temperature(2.0)(np.array([[0.8, 0.2]])).round(3)
    array([[0.667, 0.333]])
    """

    t: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < self.t < np.inf:
            raise InputError(f"a temperature of {self.t}", expected="a number above 0", fix="Pass another.")

    def __call__(self, posteriors: Floats) -> Floats:
        """Return the answers ``(n, k)``."""
        largest = posteriors.max(axis=1, keepdims=True)
        raised = (posteriors / largest) ** (1 / self.t)
        answers: Floats = raised / raised.sum(axis=1, keepdims=True)
        return answers
