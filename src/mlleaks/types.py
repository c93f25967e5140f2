"""The nouns. Every other module speaks in these; none has logic beyond validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
class Halves:
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


class Attack(Protocol):
    """A ready attack: there is no unfitted state."""

    @property
    def threshold(self) -> float:
        """Scores above it accuse; nan where the attacker had nothing to choose it from."""
        ...

    def score(self, outputs: Outputs, /) -> Floats:
        """Return one finite score a record ``(n,)``; higher = more likely a member."""
        ...


@dataclass(frozen=True)
class Held:
    """What an adversary has got hold of; ``None`` where she has not.

    Parameters
    ----------
    shadow : Observations, optional
        The answers of a shadow model, with its own membership.
    noise : Outputs, optional
        The target's answers to random queries.
    labels : bool
        Whether she knows the true classes of the records she judges.
    """

    shadow: Observations | None = None
    noise: Outputs | None = None
    labels: bool = False


@dataclass(frozen=True)
class AttackSpec:
    """How one attack comes to be; registering it is what puts it into audits and tests.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens; the key in results and ``--fail-if``.
    title : str
        For people: a short line that says whose attack it is and what it looks at.
    needs : tuple of str
        The fields of `Held` that it cannot do without.
    build : callable
        ``build(held, rng) -> Attack``.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    build: Callable[[Held, np.random.Generator], Attack]


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval and the interval's method; nan where undefined."""

    value: float
    low: float
    high: float
    method: str


@dataclass(frozen=True)
class ClassShare:
    """How many records of one class an attack accused."""

    label: int
    members: int
    members_accused: int
    others: int
    others_accused: int


@dataclass(frozen=True)
class Verdict:
    """What one attack achieved on Observations.

    Parameters
    ----------
    attack, title : str
        Name and title of its `AttackSpec`.
    threshold : float
        Scores above it were accused; nan where the attacker could choose none.
    estimates : mapping of str to Estimate
        See `mlleaks.judge.ESTIMATES` for the names.
    p_value : float
        Probability of a result this good from a model that does not leak (the attack's three tests
        corrected for each other, not for the other attacks).
    p_values : mapping of str to float
        Those of the three tests (``ranking``, ``tail``, ``lead``), uncorrected.
    scores : float array (n,)
        Higher = more likely a member; in the order of the observations.
    per_class : tuple of ClassShare
        Accused records by class; empty where no threshold was chosen.
    """

    attack: str
    title: str
    threshold: float
    estimates: Mapping[str, Estimate]
    p_value: float
    p_values: Mapping[str, float]
    scores: Floats
    per_class: tuple[ClassShare, ...]


@dataclass(frozen=True)
class Result:
    """An audit's findings: all that is stored, and all that a report is made from.

    Parameters
    ----------
    name : str
        The run's name.
    verdicts : tuple of Verdict
        In the order of the catalogue.
    left_out : mapping of str to str
        Attacks that were not run, and why.
    target : mapping of str to Estimate
        ``train_accuracy``, ``test_accuracy``, ``overfitting``; empty without labels.
    member, predicted : arrays (n,)
        Truth and the target's answered class of each record.
    labels : int array (n,) or None
        True classes, where known.
    ids : array (n,)
        What each record is called.
    notes : tuple of str
        What a reader should know about the data or the run.
    provenance : mapping
        Settings, seed, versions, hash of all inputs. JSON values only.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    left_out: Mapping[str, str]
    target: Mapping[str, Estimate]
    member: Bools
    predicted: Ints
    labels: Ints | None
    ids: Ids
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    provenance: Mapping[str, Any]

    @property
    def n_members(self) -> int:
        """How many records were in the training set."""
        return int(self.member.sum())

    @property
    def n_nonmembers(self) -> int:
        """How many records were not."""
        return len(self.member) - self.n_members

    @property
    def smallest_fpr(self) -> float:
        """The smallest false-positive rate that this many non-members can measure."""
        return 1 / self.n_nonmembers
