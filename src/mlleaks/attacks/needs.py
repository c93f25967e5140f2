"""What an attack must be given. An attack's needs are its threat model: there is no second description.

A need says what kind of evidence and how much of it; it does not say where that comes from. For each kind
`mlleaks.auditing.collecting` knows how it is collected and what it costs. Equal kinds merge to their
largest, so that attacks share the models and queries that they all need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from mlleaks.outputs.label_robustness import LabelEvidence
from mlleaks.outputs.references import References
from mlleaks.outputs.variant_signals import VariantSignals
from mlleaks.types import Dataset, Observations, Outputs

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Need(Generic[V_co]):
    """A kind of evidence; ``V_co`` is the type of what is collected."""

    def __str__(self) -> str:
        raise NotImplementedError

    def merge(self, other: Need[Any]) -> Need[V_co]:
        """Return the smallest need that covers both."""
        if type(other) is not type(self):
            raise TypeError(f"{self!r} and {other!r} are different kinds of evidence")
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        return type(self)(**{name: max(getattr(self, name), getattr(other, name)) for name in names})


@dataclass(frozen=True)
class Labels(Need[bool]):
    """The true class of each record that is attacked."""

    def __str__(self) -> str:
        return "true classes"


@dataclass(frozen=True)
class RandomQueries(Need[Outputs]):
    """The target's answers to random records.

    Parameters
    ----------
    count : int
        How many; saved answers may be fewer.
    """

    count: int = 1000

    def __str__(self) -> str:
        return f"{self.count:,} random queries"


@dataclass(frozen=True)
class ShadowModels(Need[tuple[Observations, ...]]):
    """Models trained as the target was, on other records, and what they answer to those and to more.

    Parameters
    ----------
    count : int
        How many at least. An attack learns from all that there are.
    """

    count: int = 1

    def __str__(self) -> str:
        return "1 shadow model" if self.count == 1 else f"{self.count} shadow models"


@dataclass(frozen=True)
class ReferenceModels(Need[References]):
    """Models trained as the target was, on known records, and what they answer about the audited ones.

    Unlike a shadow model they are not there to learn how members differ in general: they show for each
    audited record how models answer that were trained on it, and models that were not.

    Parameters
    ----------
    count : int
        How many at least. An attack uses all that there are.
    online : bool
        Whether about half of them must have been trained on each audited record. If not, models that never
        saw the audited records will do, as an attacker has them who does not have these records (offline).
    members : bool
        Whether they must have been trained on some of the records that they answered about, audited or not.
    """

    count: int = 4
    online: bool = True
    members: bool = False

    def __str__(self) -> str:
        return f"{self.count} reference models{'' if self.online else ' (offline)'}"


@dataclass(frozen=True)
class Variants(Need[VariantSignals]):
    """What the target and the reference models answer about the audited images, mirrored."""

    def __str__(self) -> str:
        return "a query on each mirrored image"


@dataclass(frozen=True)
class Population(Need[Outputs]):
    """The target's answers to records of the same distribution that it was not trained on.

    Parameters
    ----------
    count : int
        How many at most.
    """

    count: int = 2500

    def __str__(self) -> str:
        return "records that the target never saw"


@dataclass(frozen=True)
class Records(Need[Dataset]):
    """The records themselves, audited ones and those of the population, by their ids."""

    def __str__(self) -> str:
        return "the records themselves"


@dataclass(frozen=True)
class NoisyAnswers(Need[LabelEvidence]):
    """The classes that the target answers to the audited records with noise.

    Parameters
    ----------
    count : int
        Queries per record, the record itself included.
    """

    count: int = 64

    def __str__(self) -> str:
        return f"{self.count} queries per record, with noise"


@dataclass(frozen=True)
class AugmentedAnswers(Need[LabelEvidence]):
    """The classes that the target answers to the audited images, shifted, rotated and mirrored.

    Parameters
    ----------
    count : int
        Queries per image, the image itself included.
    """

    count: int = 64

    def __str__(self) -> str:
        return f"{self.count} queries per image, augmented"


@dataclass(frozen=True)
class BoundaryDistances(Need[LabelEvidence]):
    """How far the audited records are from where the target answers another class.

    Parameters
    ----------
    queries : int
        Per record, at most.
    """

    queries: int = 250

    def __str__(self) -> str:
        return f"{self.queries} queries per record around the decision boundary"


def merge_needs(needs: Iterable[Need[Any]]) -> tuple[Need[Any], ...]:
    """Return one need of each kind: the largest.

    Examples
    --------
    >>> merge_needs([RandomQueries(10), Labels(), RandomQueries(30)])
    (RandomQueries(count=30), Labels())
    """
    merged: dict[type, Need[Any]] = {}
    for need in needs:
        kind = type(need)
        merged[kind] = merged[kind].merge(need) if kind in merged else need
    return tuple(merged.values())


class Evidence:
    """What was collected for the attacks, by kind of need.

    Parameters
    ----------
    items : mapping of kind of need to what was collected

    Examples
    --------
    >>> evidence = Evidence({Labels: True})
    >>> evidence[Labels], evidence.get(RandomQueries)
    (True, None)
    """

    def __init__(self, items: Mapping[type[Need[Any]], Any]) -> None:
        self._items = dict(items)

    def __contains__(self, kind: type[Need[Any]]) -> bool:
        return kind in self._items

    def __getitem__(self, kind: type[Need[V]]) -> V:
        value: V = self._items[kind]
        return value

    def values(self) -> tuple[Any, ...]:
        """Return all that was collected."""
        return tuple(self._items.values())

    def get(self, kind: type[Need[V]]) -> V | None:
        """Return what was collected, or None where there is nothing of this kind."""
        return self._items.get(kind)

    def replacing(self, kind: type[Need[V]], value: V) -> Evidence:
        """Return the same evidence with something else of one kind."""
        return Evidence({**self._items, kind: value})
