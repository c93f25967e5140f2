"""Collecting evidence: the only stage that trains models or sends further queries.

Each class here is one way to have a kind of evidence (`mlleaks.auditing.planning.Source`).
"""

from __future__ import annotations

import math
import time
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from mlleaks.attacks.needs import Evidence, RandomQueries, ShadowModels
from mlleaks.auditing.planning import AttackPlan, Cost, Sources
from mlleaks.auditing.timing import seconds_per_query
from mlleaks.data.domains import FROM_RANGES, OWN_DOMAIN, Domain, draw_queries, is_from_ranges
from mlleaks.errors import ModelError
from mlleaks.models import train_model
from mlleaks.outputs.query import observe, query
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit, Model, Observations, Outputs, Trainer

TENTH = 10
"""For an estimate of the time, one shadow model is trained on one of so many parts of the records."""


def collect(plan: AttackPlan, sources: Sources, seeds: Seeds) -> Evidence:
    """Return the evidence that a plan needs, each kind from its source.

    Parameters
    ----------
    plan : AttackPlan
    sources : mapping of kind of need to Source
        Those that the plan was made with.
    seeds : Seeds
        Each source has random streams of its own.
    """
    return Evidence({type(need): sources[type(need)].collect(need, seeds) for need in plan.needs})


@dataclass(frozen=True)
class Missing:
    """What cannot be had, and what to do about it."""

    why: str

    def missing(self, need: Any) -> str | None:
        """Return what is missing."""
        return self.why

    def cost(self, need: Any) -> Cost:
        """Return no cost."""
        return Cost()

    def seconds(self, need: Any) -> float:
        """Return 0."""
        return 0.0

    def collect(self, need: Any, seeds: Seeds) -> Any:
        """Raise: a plan asks for nothing that is missing."""
        raise LookupError(self.why)


@dataclass(frozen=True)
class Saved:
    """What is there already: labels, saved answers."""

    value: Any

    def missing(self, need: Any) -> str | None:
        """Return None: it is there."""
        return None

    def cost(self, need: Any) -> Cost:
        """Return no cost."""
        return Cost()

    def seconds(self, need: Any) -> float:
        """Return 0."""
        return 0.0

    def collect(self, need: Any, seeds: Seeds) -> Any:
        """Return it."""
        return self.value


@dataclass(frozen=True)
class SavedShadows(Saved):
    """Shadow models whose answers are there already.

    Parameters
    ----------
    value : tuple of Observations
        One for each model.
    """

    def missing(self, need: ShadowModels) -> str | None:
        """Return a reason if there are fewer models than needed."""
        there = len(self.value)
        return None if need.count <= there else f"{need} (the answers of {there} are there)"


@dataclass(frozen=True)
class TargetQueries:
    """Random queries that are sent to the target.

    Parameters
    ----------
    target : Model
    domain : Domain
        Draws random records.
    like : Dataset
        Records whose features and number of classes they must have.
    """

    target: Model
    domain: Domain
    like: Dataset

    def missing(self, need: RandomQueries) -> str | None:
        """Return None: the target can be queried."""
        return None

    def cost(self, need: RandomQueries) -> Cost:
        """Return the queries."""
        return Cost(queries=need.count)

    def seconds(self, need: RandomQueries) -> float:
        """Return the time of that many queries, from some that are sent now."""
        return need.count * self.seconds_per_query

    @cached_property
    def seconds_per_query(self) -> float:
        """The time of one query, measured when it is first asked for."""
        return seconds_per_query(self.target, self.like)

    def collect(self, need: RandomQueries, seeds: Seeds) -> Outputs:
        """Return the target's answers."""
        return query_randomly(self.target, self.domain, seeds.stream("noise"), self.like, count=need.count)


@dataclass(frozen=True)
class TrainedShadows:
    """Shadow models that are trained for the audit.

    Parameters
    ----------
    split : MemberSplit
        The attacker's records: what the shadow model is trained on, and what it never sees.
    trainer : Trainer
        How it is trained.
    """

    split: MemberSplit
    trainer: Trainer
    _models: dict[int, Model] = field(default_factory=dict, init=False, repr=False, compare=False)

    def missing(self, need: ShadowModels) -> str | None:
        """Return a reason if more than one model is needed."""
        return None if need.count <= 1 else f"{need} (one is trained)"

    def cost(self, need: ShadowModels) -> Cost:
        """Return the models to train."""
        return Cost(models=need.count)

    def seconds(self, need: ShadowModels) -> float:
        """Return the time of training, from models that are trained now on a tenth of the records.

        It is nan where so few records cannot be trained on.
        """
        data = self.split.members
        tenth = data.take(np.random.default_rng(0).permutation(len(data))[: max(len(data) // TENTH, 20)])
        seconds = math.inf
        try:
            for _ in range(2):  # the first call may load what training needs
                started = time.perf_counter()
                train_model(self.trainer, deepcopy(tenth), np.random.default_rng(0))
                seconds = min(seconds, time.perf_counter() - started)
        except ModelError:
            return math.nan
        return need.count * seconds * len(data) / len(tenth)

    def collect(self, need: ShadowModels, seeds: Seeds) -> tuple[Observations, ...]:
        """Return what the shadow model answers about its members and non-members."""
        return (observe(self.model(seeds), self.split, what="answers of the shadow model"),)

    def model(self, seeds: Seeds) -> Model:
        """Return the shadow model; it is trained when it is first asked for."""
        if seeds.root not in self._models:
            members = deepcopy(self.split.members)
            self._models[seeds.root] = train_model(self.trainer, members, seeds.stream("shadow"))
        return self._models[seeds.root]


def observe_shadow(split: MemberSplit, trainer: Trainer, rng: np.random.Generator) -> Observations:
    """Return how a shadow model, trained on the split's members, answers its members and non-members.

    Parameters
    ----------
    split : MemberSplit
        The trainer gets a copy of its members.
    trainer : Trainer
    rng : numpy.random.Generator
        For the training.

    Raises
    ------
    ModelError
        The trainer or its model raises, or answers in another shape than ``(n, n_classes)``.
    InputError
        The answers are not posteriors.
    """
    model = train_model(trainer, deepcopy(split.members), rng)
    return observe(model, split, what="answers of the shadow model")


def query_randomly(
    target: Model,
    domain: Domain,
    rng: np.random.Generator,
    like: Dataset | None = None,
    *,
    count: int = RandomQueries.count,
) -> Outputs:
    """Return how the target answers random queries over the feature domain.

    Parameters
    ----------
    target : Model
    domain : Domain
    rng : numpy.random.Generator
    like : Dataset, optional
        Records whose features and number of classes the queries and answers must have.
    count : int

    Raises
    ------
    InputError
        See `mlleaks.data.domains.draw_queries`; or the answers are not posteriors.
    ModelError
        The domain or the target raises.
    """
    X = draw_queries(domain, count, rng, like=None if like is None else like.X)
    what = "answers to random queries"
    try:
        return Outputs(query(target, X, n_classes=None if like is None else like.n_classes, what=what))
    except ModelError as error:
        if not is_from_ranges(domain):
            raise
        got = f"{error.got} (asked about {FROM_RANGES})"
        raise ModelError(got, expected=error.expected, fix=f"{error.fix} {OWN_DOMAIN}") from error
