"""The nouns: data sets, splits, models, outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
    classes = np.asarray(y)
    if classes.ndim == 1 and (classes.dtype.kind in "iu" or not classes.size):
        return classes.astype(np.int64, copy=False)
    got = f"labels of type {classes.dtype} and shape {classes.shape} in {name!r}"
    raise InputError(got, expected="one whole number per record", fix="Number the classes: 0, 1, ...")


@dataclass(frozen=True)
class MemberSplit:
    """The records that a model is trained on, and records that it never sees."""

    members: Dataset
    nonmembers: Dataset


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
        One row per record, non-negative, summing to one.
    labels : int array (n,), optional
        True classes in ``0..k-1``, where the attacker knows them.
    ids : array (n,), optional
        What each record is called; None for queries that are no records.

    Raises
    ------
    InputError
        Labels or ids of another length.
    """

    posteriors: Floats
    labels: Ints | None = None
    ids: Ids | None = None

    def __post_init__(self) -> None:
        for name, values in (("labels", self.labels), ("ids", self.ids)):
            if values is not None and len(values) != len(self.posteriors):
                raise InputError(
                    f"{len(values)} {name} for {len(self.posteriors)} answers",
                    expected="one for each record",
                    fix="Pass them in the order of the posteriors.",
                )

    def __len__(self) -> int:
        return len(self.posteriors)

    def take(self, index: NDArray[Any]) -> Outputs:
        """Return the answers that ``index`` (positions or mask) selects, in its order."""
        labels, ids = (None if v is None else v[index] for v in (self.labels, self.ids))
        return Outputs(self.posteriors[index], labels, ids)


@dataclass(frozen=True)
class Observations:
    """Outputs whose membership is known; every record has an id, its row number by default."""

    outputs: Outputs
    member: Bools

    def __post_init__(self) -> None:
        if len(self.outputs) != len(self.member):
            raise InputError(
                f"{len(self.outputs)} answers and {len(self.member)} memberships",
                expected="one of each for every record",
                fix="Build Observations with `observe` or from a table.",
            )
        if self.outputs.ids is None:
            object.__setattr__(self, "outputs", replace(self.outputs, ids=np.arange(len(self.outputs))))

    def __len__(self) -> int:
        return len(self.member)

    @property
    def ids(self) -> Ids:
        """What each record is called ``(n,)``."""
        assert self.outputs.ids is not None
        return self.outputs.ids

    def take(self, index: NDArray[Any]) -> Observations:
        """Return the observations that ``index`` (positions or mask) selects, in its order."""
        return Observations(self.outputs.take(index), self.member[index])
