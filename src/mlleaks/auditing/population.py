"""The target's answers to records that are not audited, and the records themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlleaks.attacks.needs import Population, Records
from mlleaks.auditing.planning import Cost
from mlleaks.auditing.reference_pool import further_ids, pool_of
from mlleaks.auditing.timing import seconds_per_query
from mlleaks.outputs.query import query
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit, Model, Outputs


@dataclass(frozen=True)
class PopulationQueries:
    """Shadow records that are sent to the target, which was not trained on them.

    Parameters
    ----------
    target : Model
    further : Dataset
    """

    target: Model
    further: Dataset

    def missing(self, need: Population) -> str | None:
        """Return None: the target can be queried."""
        return None

    def cost(self, need: Population) -> Cost:
        """Return the queries: at most as many as there are records."""
        return Cost(queries=min(need.count, len(self.further)))

    def seconds(self, need: Population) -> float:
        """Return the time of that many queries, from some that are sent now."""
        return self.cost(need).queries * seconds_per_query(self.target, self.further)

    def collect(self, need: Population, seeds: Seeds) -> Outputs:
        """Return the target's answers, with labels and ids."""
        order = seeds.stream("population").permutation(len(self.further))
        some = self.further.take(np.sort(order[: need.count]))
        answers = query(self.target, some.X, n_classes=some.n_classes, what="answers to shadow records")
        return Outputs(answers, some.y, np.array(further_ids(some), dtype=object))


@dataclass(frozen=True)
class AuditedRecords:
    """The records themselves, audited ones and further ones; they cost nothing."""

    target: MemberSplit
    further: Dataset | None

    def missing(self, need: Records) -> str | None:
        """Return None: they are there."""
        return None

    def cost(self, need: Records) -> Cost:
        """Return no cost."""
        return Cost()

    def seconds(self, need: Records) -> float:
        """Return 0."""
        return 0.0

    def collect(self, need: Records, seeds: Seeds) -> Dataset:
        """Return them, under the ids that answers and reference signals have."""
        return pool_of(self.target, self.further)
