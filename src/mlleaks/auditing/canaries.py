"""What a model's answers tell about canaries: scores of all attacks that need nothing but these answers.

The records of one training run depend on each other, so that ordinary tests do not bound epsilon. The coins
of canaries are independent, whatever the training does; see `mlleaks.stats.canaries`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlleaks.attacks import REGISTRY
from mlleaks.attacks.needs import Labels
from mlleaks.auditing.collecting import Saved, collect
from mlleaks.auditing.planning import AttackPlan, Source, plan_attacks
from mlleaks.data.audit_data import AuditData
from mlleaks.data.audited_sides import WHAT, AuditedSides
from mlleaks.data.class_labels import as_dataset, classes_of
from mlleaks.errors import InputError
from mlleaks.outputs.query import query
from mlleaks.results.canaries import CanaryAudit
from mlleaks.seeds import Seeds
from mlleaks.stats.canaries import fewest_canaries, highest_one_run_bound, one_run_lower_bound
from mlleaks.stats.gaussian_dp import check_delta, check_level
from mlleaks.stats.guess_methods import BINOMIAL, F_DP
from mlleaks.types import Bools, Dataset, Floats, Model, Outputs

METHODS = (BINOMIAL, F_DP)
_SOURCES: dict[Any, Source] = {Labels: Saved(value=True)}
"""No further data, no other models: nothing that the coins could have decided on."""


@dataclass(frozen=True)
class CanaryQueries:
    """The canaries as the model takes them, and what the bounds are for.

    Parameters
    ----------
    model : Model
    records : Dataset
    included : bool array (n,)
        The coins.
    delta, confidence : float
    seeds : Seeds
    alone : bool
        Whether no other records are audited.
    """

    model: Model
    records: Dataset
    included: Bools
    delta: float
    confidence: float
    seeds: Seeds
    alone: bool = False

    @staticmethod
    def of(
        sides: AuditedSides,
        model: Model,
        data: AuditData,
        *,
        delta: float,
        confidence: float,
        seeds: Seeds,
    ) -> CanaryQueries | None:
        """Return the queries, None without canaries; nothing is sent to the model yet.

        Raises
        ------
        InputError
            A class that the model does not have; too few canaries for any bound at this delta and confidence.
        """
        check_delta(delta)
        check_level(confidence)
        if sides.canaries is None:
            return None
        n_classes = data.target.members.n_classes
        records = as_dataset(sides.canaries, classes_of(model, n_classes), n_classes)
        fewest = fewest_canaries(attacks=len(_plan().attacks), delta=delta, level=confidence)
        if fewest is None or len(records) < fewest:
            least = "a smaller delta: at this one no number of canaries bounds anything"
            raise InputError(
                f"{len(records)} {WHAT} at delta {delta:g} and confidence {confidence:g}",
                expected=least if fewest is None else f"at least {fewest}: fewer cannot bound epsilon",
                fix="Pass another delta or confidence, or plant more canaries and train again.",
            )
        return CanaryQueries(model, records, sides.included, delta, confidence, seeds, sides.alone)

    def __len__(self) -> int:
        return len(self.records)

    def run(self) -> CanaryAudit:
        """Query the model about all canaries, score the answers, and bound epsilon by each method.

        A random quarter of the canaries chooses among the attacks; the others make the bound.
        """
        scores = self._scores()
        levels = {"delta": self.delta, "level": self.confidence}
        bounds = [
            one_run_lower_bound(
                self.included, scores, method=method, rng=self.seeds.stream("canaries"), **levels
            )
            for method in METHODS
        ]
        highest = [
            highest_one_run_bound(len(self), attacks=len(scores), method=method, **levels)
            for method in METHODS
        ]
        return CanaryAudit(self.records.ids, self.included, scores, tuple(bounds), tuple(highest), self.alone)

    def _scores(self) -> dict[str, Floats]:
        records = self.records
        what = "answers to canaries"
        answers = query(self.model, records.X, n_classes=records.n_classes, what=what)
        outputs = Outputs(answers, records.y, records.ids)
        plan = _plan()
        evidence = collect(plan, _SOURCES, self.seeds)
        return {
            spec.name: spec.build(evidence, self.seeds.stream(f"attack {spec.name}")).score(outputs)
            for spec in plan.attacks
        }


def _plan() -> AttackPlan:
    """Return the attacks that read the answers alone, and the true classes."""
    return plan_attacks(REGISTRY.values(), _SOURCES)
