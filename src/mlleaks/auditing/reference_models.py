"""Where reference models come from: trained for the audit, or saved answers of several models."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from mlleaks.attacks.augmentations import are_images, mirrored
from mlleaks.attacks.needs import ReferenceModels
from mlleaks.auditing.planning import Cost
from mlleaks.auditing.reference_notes import note_classes, note_records
from mlleaks.auditing.reference_pool import pool_of
from mlleaks.auditing.reference_settings import ReferenceSettings
from mlleaks.auditing.timing import seconds_each
from mlleaks.data.joining import join
from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.data.reference_plan import plan_offline, plan_references
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.signals import Signal, scaled_logit
from mlleaks.seeds import Seeds
from mlleaks.shadows import ShadowJob, finished_files, shadow_job, train_shadows
from mlleaks.shadows.tuning import fixed_group_size
from mlleaks.storage import atomic
from mlleaks.storage.locks import locked
from mlleaks.types import Bools, Dataset, Floats, MemberSplit, Records, Trainer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainedReferences:
    """Reference models that are trained for the audit; those of an earlier one are not trained again.

    Parameters
    ----------
    target : MemberSplit
        The audited records. Which side a record is on changes nothing.
    further : Dataset, optional
        Records that are not audited: shadow records.
    trainer : Trainer
    settings : ReferenceSettings
    seeds : Seeds
        Of the audit: they decide what each model is trained on, and how.
    signal : Signal
        What is kept of an answer: the scaled logit, perhaps of what the target would answer.
    """

    target: MemberSplit
    further: Dataset | None
    trainer: Trainer
    settings: ReferenceSettings
    seeds: Seeds
    signal: Signal = scaled_logit

    def missing(self, need: ReferenceModels) -> str | None:
        """Return a reason if more models are needed, or models that were trained on the audited records."""
        count = self.settings.count
        if need.count > count:
            more = f"{need.count}: pass shadows={need.count} or more (command line: --shadows)"
            return f"{count} reference models; the attack needs {more}"
        if need.online and self.settings.offline:
            return "reference models are offline: none was trained on audited records"
        return None

    def cost(self, need: ReferenceModels) -> Cost:
        """Return the models that are not there yet."""
        return Cost(models=len(self._missing()))

    def seconds(self, need: ReferenceModels) -> float:
        """Return about how long training takes, from models that are trained now on a few records."""
        return seconds_each(self.trainer, self.pool, self.size, self.settings.backend) * len(self._missing())

    def collect(self, need: ReferenceModels, seeds: Seeds) -> References:
        """Return what all models answer about the audited and the further records."""
        return self._references(self._answers, self._trained_on)

    def variant_signals(self) -> Floats:
        """Return what all models answer about the `variants` of the audited records ``(m, n, q)``."""
        answers = self._answers[:, len(self.pool) :]
        return np.moveaxis(answers.reshape(len(answers), -1, self.audited), 1, 2)

    @cached_property
    def _answers(self) -> Floats:
        """Return all models' signals of all queries ``(m, q)``; those that are there are not trained."""
        folder = self.folder
        atomic.require_writable(folder)
        folder.mkdir(parents=True, exist_ok=True)
        waiting = partial(log.warning, "another audit trains these models: waiting for it")
        with locked(folder / ".lock", waiting):
            trained = train_shadows(
                self.trainer,
                self.pool,
                self.plan,
                self.seeds,
                folder=folder,
                query_on=self._queries,
                signal=self.signal,
                backend=self.settings.backend,
                group_size=fixed_group_size(self.trainer),
            )
        return np.stack([trained.answers(model) for model in range(len(trained))])

    @cached_property
    def variants(self) -> list[Records]:
        """The audited images, mirrored; none of other records."""
        X = self.pool.X[: self.audited]
        return [mirrored(X)] if are_images(X) else []

    @cached_property
    def _queries(self) -> Dataset | None:
        """What models are queried on: the pool, then the variants of its audited records."""
        if not self.variants:
            return None
        audited = self.pool.take(np.arange(self.audited))
        changed = [replace(audited, X=variant) for variant in self.variants]
        parts = [self.pool, *changed]
        return join(parts, np.arange(sum(map(len, parts))))

    @cached_property
    def pool(self) -> Dataset:
        """The audited records, then the further ones; each part in an order that its content decides."""
        return pool_of(self.target, self.further)

    @property
    def audited(self) -> int:
        """How many records are audited; they come first in the pool."""
        return len(self.target.members) + len(self.target.nonmembers)

    @property
    def size(self) -> int:
        """How many records each model is trained on."""
        return len(self.plan.members(0))

    @cached_property
    def plan(self) -> MembershipPlan:
        """Which model is trained on which records of the pool."""
        count, size = self.settings.count, len(self.target.members)
        rng = self.seeds.stream("reference models")
        n, further = self.audited, len(self.pool) - self.audited
        if not self.settings.offline:
            return plan_references(self.pool.y[:n], count, rng, size=size, further=further)
        plan = plan_offline(further, count, rng, size=size)
        masks = np.zeros((count, len(self.pool)), dtype=bool)
        masks[:, n:] = [plan.mask(model) for model in range(count)]
        return MembershipPlan(np.packbits(masks, axis=1), len(self.pool))

    @property
    def facts(self) -> dict[str, Any]:
        """What the figures depend on, for the provenance."""
        return {
            "reference models": self.settings.count,
            "records per reference model": self.size,
            "offline": self.settings.offline,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know: models with fewer records than the target, records with few models."""
        size, wanted, n = self.size, len(self.target.members), self.audited
        trained_on = self._trained_on
        limits = (*note_records(trained_on[:, :n], self.pool.ids[:n]), *note_classes(trained_on, self.pool.y))
        if abs(size - wanted) <= 0.05 * wanted:
            return limits
        return (
            *limits,
            f"Each reference model was trained on {size:,} records, the target on {wanted:,}: there are too "
            "few non-members and shadow records for more. Such models understate what an attacker with more "
            "records finds.",
        )

    @cached_property
    def _trained_on(self) -> Bools:
        return np.stack([self.plan.mask(model) for model in range(len(self.plan))])

    def _references(self, values: Any, trained_on: Any) -> References:
        n, pool = self.audited, self.pool
        audited = ReferenceSignals(values[:, :n], trained_on[:, :n], pool.y[:n], pool.ids[:n])
        further = None
        if self.further is not None:
            signals = values[:, n : len(pool)]
            further = ReferenceSignals(signals, trained_on[:, n:], pool.y[n:], pool.ids[n:])
        return References(audited, np.arange(len(values)) // 2, further)  # both plans come in pairs

    @cached_property
    def _job(self) -> ShadowJob:
        return shadow_job(
            self.trainer, self.pool, self.plan, self.seeds, query_on=self._queries, signal=self.signal
        )

    @cached_property
    def folder(self) -> Path:
        """Where the models' answers are kept: one folder for all numbers of models, named after the first."""
        return self.settings.folder / self._job.keys()[0]

    def _missing(self) -> list[int]:
        finished = finished_files(self._job, self.folder)
        return [model for model in range(self.settings.count) if model not in finished]
