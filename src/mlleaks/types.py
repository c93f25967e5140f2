"""The nouns. Every other module speaks in these; none has logic beyond validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlleaks.errors import InputError

Floats: TypeAlias = NDArray[np.floating[Any]]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Ids: TypeAlias = NDArray[Any]
Records: TypeAlias = Any
"""Array ``(n, ...)``, SciPy sparse matrix ``(n, d)`` or pandas DataFrame of ``n`` rows."""


@dataclass(frozen=True)
class Dataset:
    """Records and their classes.

    Parameters
    ----------
    name : str
        What the data set is called in results.
    X : array-like (n, ...), sparse matrix (n, d) or DataFrame
    y : int array (n,)
        The class of each record, in ``0..n_classes-1``.
    n_classes : int
        How many classes there are, also those that no record here has.
    ids : array (n,), optional
        What each record is called; row numbers by default.
    """

    name: str
    X: Records
    y: Ints
    n_classes: int
    ids: Ids = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        object.__setattr__(self, "y", _classes(self.y, self.name))
        n = len(self.y)
        object.__setattr__(self, "ids", np.atleast_1d(self.ids) if np.size(self.ids) else np.arange(n))
        if not hasattr(self.X, "shape"):
            object.__setattr__(self, "X", np.atleast_1d(self.X))
        if self.X.shape[0] != n or len(self.ids) != n:
            raise InputError(
                f"{self.X.shape[0]} records, {n} labels and {len(self.ids)} ids in {self.name!r}",
                expected="as many labels and ids as records",
                fix="Pass X and y of one length.",
            )
        if n and not (self.y.min() >= 0 and self.y.max() < self.n_classes):
            raise InputError(
                f"labels from {self.y.min()} to {self.y.max()} in {self.name!r}",
                expected=f"labels in 0..{self.n_classes - 1}",
                fix="Number the classes in the order of the model's posterior columns.",
            )

    def __len__(self) -> int:
        return len(self.y)

    def take(self, index: NDArray[Any]) -> Dataset:
        """Return the records that ``index`` (positions or mask) selects, in its order."""
        X = self.X.iloc[index] if hasattr(self.X, "iloc") else self.X[index]
        return Dataset(self.name, X, self.y[index], self.n_classes, self.ids[index])


def _classes(y: Any, name: str) -> Ints:
    given = np.asarray(y)
    if given.ndim == 1 and (given.dtype.kind in "iu" or not given.size):
        return given.astype(np.int64, copy=False)
    got = f"labels of type {given.dtype} and shape {given.shape} in {name!r}"
    raise InputError(got, expected="one whole number a record", fix="Number the classes: 0, 1, ...")


@dataclass(frozen=True)
class MemberSplit:
    """One model's world: the records it is trained on, and others it never sees."""

    members: Dataset
    others: Dataset


class Model(Protocol):
    """All that an attacker may touch."""

    def predict_proba(self, X: Any, /) -> Any:
        """Return posteriors ``(n, k)``, rows summing to one."""
        ...


Trainer: TypeAlias = Callable[[Dataset, np.random.Generator], Model]
"""``train(data, rng) -> Model``: how a target or a shadow comes to be."""


@dataclass(frozen=True)
class Outputs:
    """What a model answered; it holds no membership.

    Parameters
    ----------
    posteriors : float array (n, k)
        One row a record, non-negative, summing to one.
    labels : int array (n,), optional
        True classes in ``0..k-1``, where the attacker knows them.
    """

    posteriors: Floats
    labels: Ints | None = None

    def __len__(self) -> int:
        return len(self.posteriors)


@dataclass(frozen=True)
class Observations:
    """Outputs whose membership is known, with the records' ids."""

    outputs: Outputs
    member: Bools
    ids: Ids

    def __post_init__(self) -> None:
        if not len(self.outputs) == len(self.member) == len(self.ids):
            raise InputError(
                f"{len(self.outputs)} answers, {len(self.member)} memberships, {len(self.ids)} ids",
                expected="one of each for every record",
                fix="Build Observations with `observe` or from a table.",
            )

    def __len__(self) -> int:
        return len(self.member)
