"""Signals of reference models that are transformed when they are read, one model at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from scipy.special import expit

from mlleaks.types import Floats


@dataclass(frozen=True)
class Transformed:
    """A sequence of one array per model; only the one that is read is in memory twice.

    Parameters
    ----------
    values : float array (m, n) or sequence of m arrays
        Perhaps mapped from disk.
    function : callable
        From a model's float64 values to what is read instead.

    Examples
    --------
    >>> doubled = Transformed(np.array([[1.0, 2.0], [3.0, 4.0]]), lambda values: 2 * values)
    >>> len(doubled), doubled[1].tolist()
    (2, [6.0, 8.0])
    """

    values: Floats | Sequence[Floats]
    function: Callable[[Floats], Floats]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, model: int) -> Floats:
        return self.function(np.asarray(self.values[model], dtype=np.float64))

    def __iter__(self) -> Iterator[Floats]:
        return (self[model] for model in range(len(self)))


Signals: TypeAlias = Floats | Sequence[Floats] | Transformed
"""One array per model: array ``(m, n)``, perhaps mapped from disk, or a sequence of arrays ``(n,)``."""


def clipped(values: Floats | Sequence[Floats], limit: float) -> Transformed:
    """Return scaled logits within plus or minus ``limit``."""
    return Transformed(values, partial(np.clip, a_min=-limit, a_max=limit))


def as_posteriors(values: Floats | Sequence[Floats]) -> Transformed:
    """Return the posteriors that belong to scaled logits."""
    return Transformed(values, expit)
