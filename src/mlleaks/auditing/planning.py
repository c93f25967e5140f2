"""Which attacks can be run with what there is, why the others cannot, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from mlleaks.attacks.needs import Need, merge_needs
from mlleaks.attacks.spec import AttackSpec
from mlleaks.seeds import Seeds


@dataclass(frozen=True)
class Cost:
    """What a piece of evidence costs: models to train, and records to send to the target."""

    models: int = 0
    queries: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.models + other.models, self.queries + other.queries)


class Source(Protocol):
    """One way to have a kind of evidence."""

    def missing(self, need: Any, /) -> str | None:
        """Return why there cannot be that much of it, and what to do; None if there can."""
        ...

    def cost(self, need: Any, /) -> Cost:
        """Return what it costs."""
        ...

    def seconds(self, need: Any, /) -> float:
        """Return about how long it takes, from a small sample that is tried now."""
        ...

    def collect(self, need: Any, seeds: Seeds, /) -> Any:
        """Return it."""
        ...


Sources: TypeAlias = Mapping[type[Need[Any]], Source]
"""How each kind of evidence can be had; a kind that is not in it cannot."""


@dataclass(frozen=True)
class AttackPlan:
    """What is run, and what it takes.

    Parameters
    ----------
    attacks : tuple of AttackSpec
        The attacks that can be run, in the order of the registry.
    skipped : mapping of str to str
        The others by name, and why.
    needs : tuple of Need
        What is collected for them, each kind once.
    costs : tuple of Cost
        What each of ``needs`` costs.
    """

    attacks: tuple[AttackSpec, ...]
    skipped: Mapping[str, str]
    needs: tuple[Need[Any], ...]
    costs: tuple[Cost, ...]

    @property
    def cost(self) -> Cost:
        """What all evidence together costs; the queries of the audited records come on top."""
        return sum(self.costs, Cost())

    def queries_of(self, spec: AttackSpec) -> int:
        """Return how many further queries an attack takes; attacks that need the same share them."""
        kinds = {type(need) for need in (*spec.needs, *spec.uses)}
        pairs = zip(self.needs, self.costs, strict=True)
        return sum(cost.queries for need, cost in pairs if type(need) in kinds)


def plan_attacks(specs: Iterable[AttackSpec], sources: Sources) -> AttackPlan:
    """Return which attacks can be run with the evidence that ``sources`` can provide.

    Parameters
    ----------
    specs : iterable of AttackSpec
    sources : mapping of kind of need to Source

    Examples
    --------
    >>> from mlleaks.attacks import REGISTRY
    >>> plan = plan_attacks(REGISTRY.values(), {})
    >>> [spec.name for spec in plan.attacks][:2], plan.skipped["gap"], plan.needs
    (['adversary-2', 'adversary-3-maximum'], 'no true classes', ())
    """
    specs = list(specs)
    skipped = {spec.name: why for spec in specs if (why := _why_not(spec, sources))}
    attacks = tuple(spec for spec in specs if spec.name not in skipped)
    wanted = [need for spec in attacks for need in (*spec.needs, *spec.uses)]
    needs = merge_needs(need for need in wanted if _missing(need, sources) is None)
    return AttackPlan(attacks, skipped, needs, tuple(sources[type(need)].cost(need) for need in needs))


def _why_not(spec: AttackSpec, sources: Sources) -> str:
    reasons = (_missing(need, sources) for need in spec.needs)
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason is not None))


def _missing(need: Need[Any], sources: Sources) -> str | None:
    source = sources.get(type(need))
    return f"no {need}" if source is None else source.missing(need)
