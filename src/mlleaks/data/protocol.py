"""One data set cut by one seed: who is a member of which model, and what every model is queried about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.data.domains import domain_of
from mlleaks.data.duplicates import drop_duplicates
from mlleaks.data.joining import join_records
from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.data.splits import four_way_split
from mlleaks.seeds import Seeds
from mlleaks.types import Bools, Dataset, Floats, Ints, Observations, Outputs, Records

TARGET, SHADOW = 0, 1
"""Roles: the target; adversary 1's shadow. From 2 on the further shadows of Shokri et al."""

MOST_NUMBERS = 2**25
"""Numbers in all random queries together: they are dense, also where records are sparse."""


@dataclass(frozen=True)
class ProtocolSplit:
    """Four disjoint parts and random queries.

    Parameters
    ----------
    pool : Dataset
        Target members and non-members, shadow members and non-members: ``size`` records each.
    queries : array (q, ...) or sparse matrix (q, d)
        Random records over the pool's feature ranges.
    size : int
    seeds : Seeds
    """

    pool: Dataset
    queries: Records
    size: int
    seeds: Seeds

    @property
    def queried(self) -> Dataset:
        """What every model is queried about: the pool, then the random queries (of class 0)."""
        joined = join_records([self.pool.X, self.queries])
        y = np.concatenate([self.pool.y, np.zeros(self.queries.shape[0], dtype=np.int64)])
        return Dataset(self.pool.name, joined, y, self.pool.n_classes)

    def plan(self, n_shadows: int) -> MembershipPlan:
        """Return who trains on what: the target, adversary 1's shadow, further ones.

        Further shadows train on random halves of the shadow's records, which overlap.
        """
        masks = np.zeros((1 + n_shadows, len(self.pool)), dtype=bool)
        masks[TARGET, : self.size] = True
        masks[SHADOW:2, 2 * self.size : 3 * self.size] = True
        for role in range(2, len(masks)):
            rng = self.seeds.stream(f"members of shadow {role}")
            masks[role, 2 * self.size + rng.permutation(2 * self.size)[: self.size]] = True
        return MembershipPlan(np.packbits(masks, axis=1), len(self.pool))

    def evaluated_rows(self, role: int) -> slice:
        """Return the positions in the pool on which a model is observed: its own half."""
        return slice(0, 2 * self.size) if role == TARGET else slice(2 * self.size, 4 * self.size)

    def labels(self, role: int) -> Ints:
        """Return the true classes of these records."""
        return self.pool.y[self.evaluated_rows(role)]

    def member(self, role: int, plan: MembershipPlan, *, model: int | None = None) -> Bools:
        """Return which of these records a model was trained on, by default the one with the role's number."""
        return plan.mask(role if model is None else model)[self.evaluated_rows(role)]

    def observations(
        self, role: int, answers: Floats, plan: MembershipPlan, *, model: int | None = None
    ) -> Observations:
        """Return what a model answers about these records, from its answers about all it is queried about.

        ``model`` is its number in the plan; by default the role's.
        """
        rows = self.evaluated_rows(role)
        outputs = Outputs(np.asarray(answers[rows]), self.labels(role), self.pool.ids[rows])
        return Observations(outputs, self.member(role, plan, model=model))

    def random_answers(self, answers: Floats) -> Outputs:
        """Return what a model answers about the random queries, which come after the pool."""
        return Outputs(np.asarray(answers[len(self.pool) :]))


def protocol_split(data: Dataset, seed: int, *, largest_part: int | None, queries: int) -> ProtocolSplit:
    """Return how a seed cuts a data set in four; records that repeat another are skipped.

    Parameters
    ----------
    data : Dataset
    seed : int
    largest_part : int or None
        A part has no more records than this.
    queries : int
        Random queries; fewer where records are so wide that all together would have over `MOST_NUMBERS`.
    """
    seeds = Seeds(seed)
    distinct = drop_duplicates(data)
    parts = four_way_split(distinct, seeds.stream("split"), most=largest_part)
    pool = distinct.take(parts.ravel())
    width = int(np.prod(pool.X.shape[1:]))
    draw = domain_of(pool.X)
    random_records = draw(min(queries, max(1, MOST_NUMBERS // width)), seeds.stream("noise"))
    return ProtocolSplit(pool, random_records, parts.shape[1], seeds)
