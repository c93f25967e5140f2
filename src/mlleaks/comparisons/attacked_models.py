"""The models of one seed: each of them can be the target, and then others are its reference models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mlleaks.attacks.needs import (
    Labels,
    Population,
    RandomQueries,
    Records,
    ReferenceModels,
    ShadowModels,
)
from mlleaks.auditing.collecting import Missing, Saved, SavedShadows
from mlleaks.auditing.label_queries import no_label_sources
from mlleaks.auditing.planning import Source, Sources
from mlleaks.auditing.saved_references import SavedReferences
from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.data.protocol import SHADOW, TARGET, ProtocolSplit
from mlleaks.data.reference_plan import plan_references
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.signals import scaled_logit
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend, Shadows, train_shadows
from mlleaks.shadows.tuning import fixed_group_size
from mlleaks.types import Floats, Ints, Observations, Outputs, Trainer

SHADOW_MODEL = 0
"""The number of the one shadow model; from 1 on come the models that can be targets, pair by pair."""
ONE, PAIR = 1, 2
"""The shadow model alone; the models of a pair."""


@dataclass(frozen=True)
class AttackedModels:
    """Trained models, and what they answered about all records and about random queries.

    Model 0 is the shadow model of the paper. Models 1, 2, ... are trained on halves of the target's records,
    in pairs that share none. Each of them can play the target: then the pairs but its own are reference
    models.

    Parameters
    ----------
    split : ProtocolSplit
    plan : MembershipPlan
        What each model was trained on.
    stored : Shadows
        Their answers.
    """

    split: ProtocolSplit
    plan: MembershipPlan
    stored: Shadows

    def target_order(self) -> list[int]:
        """Return the models that can be the target; those of different pairs come first."""
        models = range(ONE, len(self.plan))
        return [*models[::PAIR], *models[1::PAIR]]

    def observe(self, target: int) -> Observations:
        """Return what a model answers about the target's records, with its own membership."""
        return self._observations(target, TARGET)

    def seeds_of(self, target: int) -> Seeds:
        """Return the seeds of the attacks on a target: other ones for each."""
        return Seeds(int(self.split.seeds.stream(f"attacks on target {target}").integers(2**62)))

    def references_of(self, target: int, count: int) -> Ints:
        """Return the numbers of ``count`` models: random pairs, without the target's own.

        Fewer models are the first ones of more models.

        Parameters
        ----------
        target : int
        count : int
            Even, and at most as many as there are in the other pairs.
        """
        pairs = np.arange((len(self.plan) - ONE) // PAIR)
        rest = pairs[pairs != _pair_of(target)]
        rng = self.split.seeds.stream(f"reference models of target {target}")
        firsts = ONE + PAIR * rng.permutation(rest)[: count // PAIR]
        return np.column_stack([firsts, firsts + 1]).ravel().astype(np.int64)

    def sources(self, target: int, count: int) -> Sources:
        """Return how an attacker of a target has each kind of evidence, with ``count`` reference models."""
        references: Source = Missing("no reference models")
        if count:
            references = SavedReferences(self._references(self.references_of(target, count)))
        answers = self.stored.answers(target)
        return {
            Labels: Saved(value=True),
            RandomQueries: Saved(self.split.random_answers(answers)),
            ShadowModels: SavedShadows((self._observations(SHADOW_MODEL, SHADOW),)),
            ReferenceModels: references,
            Population: Saved(self._population(target)),
            Records: Saved(self.split.pool),
            **no_label_sources("this comparison queries no variants of records"),
        }

    def _observations(self, model: int, role: int) -> Observations:
        return self.split.observations(role, self.stored.answers(model), self.plan, model=model)

    def _population(self, target: int) -> Outputs:
        """Return the target's answers to records of the shadow's parts, at most as many as attacks use."""
        rows = self.split.evaluated_rows(SHADOW)
        positions = np.arange(rows.start, rows.stop)
        rng = self.split.seeds.stream(f"population of target {target}")
        some = np.sort(rng.permutation(positions)[: Population().count])
        pool = self.split.pool
        return Outputs(np.asarray(self.stored.answers(target)[some]), pool.y[some], pool.ids[some])

    def _references(self, models: Ints) -> References:
        masks = np.stack([self.plan.mask(int(model)) for model in models])
        values, pool = self._signals[models], self.split.pool
        audited, further = (
            ReferenceSignals(values[:, rows], masks[:, rows], pool.y[rows], pool.ids[rows])
            for rows in map(self.split.evaluated_rows, (TARGET, SHADOW))
        )
        return References(audited, _pair_of(models), further)

    @cached_property
    def _signals(self) -> Floats:
        """Each model's scaled logits of the pool ``(models, 4 * size)``."""
        n, y = len(self.split.pool), self.split.pool.y
        each = (self.stored.answers(model)[:n] for model in range(len(self.plan)))
        return np.stack([scaled_logit(answers, y).astype(np.float32) for answers in each])


def train_models(
    split: ProtocolSplit, trainer: Trainer, *, count: int, folder: Path, backend: Backend
) -> AttackedModels:
    """Return the shadow model and ``count`` further models; those in ``folder`` are not trained again.

    Parameters
    ----------
    split : ProtocolSplit
    trainer : Trainer
    count : int
        Even. More models begin with the same ones.
    folder : Path
    backend : Backend
    """
    plan = _plan(split, count)
    stored = train_shadows(
        trainer,
        split.pool,
        plan,
        split.seeds,
        folder=folder,
        query_on=split.queried,
        backend=backend,
        group_size=fixed_group_size(trainer),
    )
    return AttackedModels(split, plan, stored)


def _plan(split: ProtocolSplit, count: int) -> MembershipPlan:
    target, shadow = split.evaluated_rows(TARGET), split.evaluated_rows(SHADOW)
    rng = split.seeds.stream("reference models")
    references = plan_references(split.labels(TARGET), count, rng, size=split.size)
    masks = np.zeros((ONE + count, len(split.pool)), dtype=bool)
    masks[SHADOW_MODEL, shadow.start : shadow.start + split.size] = True
    masks[ONE:, target] = [references.mask(model) for model in range(count)]
    return MembershipPlan(np.packbits(masks, axis=1), len(split.pool))


def _pair_of(models: Ints | int) -> Ints:
    return np.asarray((np.asarray(models) - ONE) // PAIR, dtype=np.int64)
