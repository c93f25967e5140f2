"""The lab: trained models' answers, kept under the hash of all their inputs and shared by all studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mlleaks import datasets
from mlleaks.attacks.base import Attack
from mlleaks.attacks.top_k import learn
from mlleaks.data.membership_plan import Plan
from mlleaks.data.protocol import SHADOW, TARGET, ProtocolSplit, protocol_split
from mlleaks.models import MLPTrainer, NetworkTrainer
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend, Processes, finished_files, shadow_job, train_shadows
from mlleaks.storage.atomic import writing
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.locks import locked
from mlleaks.studies.engine.scale import Scale
from mlleaks.types import Floats, Observations, Outputs, Trainer

GROUP_SIZE = 8
"""Perceptrons trained as one program: fixed, so that a run gives the same numbers again."""


@dataclass
class StudyContext:
    """Where models are trained and observed.

    Parameters
    ----------
    store : Path
        The folder of the answers; several runs may use it at once.
    scale : Scale
    backend : Backend
    device : str, optional
        Where networks are trained; None for what a measurement finds fastest.
    """

    store: Path
    scale: Scale
    backend: Backend = field(default_factory=Processes)
    device: str | None = "cpu"

    def __post_init__(self) -> None:
        self._files: dict[tuple[str, int, str, int], Path] = {}
        self._world: tuple[str, int, ProtocolSplit] | None = None
        self._attacks: dict[tuple[str, int, str], Attack] = {}
        self._pairs: dict[tuple[str, int], tuple[Observations, Observations]] = {}

    @staticmethod
    def seeds(seed: int) -> Seeds:
        """Return the streams of a seed: each attack has one, named after it."""
        return Seeds(seed)

    def world(self, dataset: str, seed: int) -> ProtocolSplit:
        """Return how a data set is cut by a seed; the last one is kept in memory."""
        if self._world is None or self._world[:2] != (dataset, seed):
            self._world = None  # two large data sets need not be in memory together
            self._world = (dataset, seed, self._cut(dataset, seed))
        return self._world[2]

    def _cut(self, dataset: str, seed: int) -> ProtocolSplit:
        largest, queries = self.scale.most(dataset), self.scale.queries
        return protocol_split(datasets.load_dataset(dataset), seed, largest_part=largest, queries=queries)

    def plan(self, dataset: str, seed: int) -> Plan:
        """Return who trains on what in this world."""
        return self.world(dataset, seed).plan(self.scale.shadows)

    def train(self, dataset: str, seed: int, trainer: Trainer, roles: Sequence[int]) -> None:
        """Make sure that these models have answered; those that have are not trained."""
        known = self._known(dataset, seed, trainer)
        missing = [role for role in roles if (*known, role) not in self._files]
        if not missing:
            return
        world = self.world(dataset, seed)
        folder = self.store / "models"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        what = (trainer, world.pool, self.plan(dataset, seed), world.seeds)
        there = finished_files(shadow_job(*what, query_on=world.asked), folder, only=missing)
        missing = [role for role in missing if role not in there]
        self._files |= {(*known, role): file for role, file in there.items()}
        if not missing:
            return
        network = isinstance(trainer, NetworkTrainer)
        fixed = (GROUP_SIZE if isinstance(trainer, MLPTrainer) else 1) if self.device == "cpu" else None
        with locked(folder / f".{dataset}-{seed}.lock"):  # a second run waits, then finds the answers
            trained = train_shadows(
                *what,
                only=missing,
                backend=self.backend,
                group_size=fixed if network else None,
                device=self.device if network else None,
                folder=folder,
                query_on=world.asked,
            )
        self._files |= {(*known, role): file for role, file in zip(missing, trained.files, strict=True)}

    def observe(self, dataset: str, seed: int, trainer: Trainer, role: int = TARGET) -> Observations:
        """Return what a model answers about its own half of the records."""
        world = self.world(dataset, seed)
        rows = world.judged(role)
        posteriors = np.asarray(self._answers(dataset, seed, trainer, role)[rows])
        member = world.member(role, self.plan(dataset, seed))
        return Observations(Outputs(posteriors, world.labels(role)), member, world.pool.ids[rows])

    def pair(
        self, dataset: str, seed: int, trainer: Trainer | None = None
    ) -> tuple[Observations, Observations]:
        """Return a target and adversary 1's shadow; those of the paper's network stay in memory."""
        if trainer is not None:
            self.train(dataset, seed, trainer, [TARGET, SHADOW])
            return self.observe(dataset, seed, trainer), self.observe(dataset, seed, trainer, SHADOW)
        if (dataset, seed) not in self._pairs:
            self._pairs[dataset, seed] = self.pair(dataset, seed, self.scale.reference(dataset))
        return self._pairs[dataset, seed]

    def target_and_shadows(self, dataset: str, seed: int) -> tuple[Observations, list[Observations]]:
        """Return the target and all shadows of the baseline; the first is adversary 1's."""
        trainer = self.scale.reference(dataset)
        roles = range(1 + self.scale.shadows)
        self.train(dataset, seed, trainer, roles)
        target, *shadows = (self.observe(dataset, seed, trainer, role) for role in roles)
        return target, shadows

    def target_and_noise(self, dataset: str, seed: int) -> tuple[Observations, Outputs]:
        """Return the target, and its answers to random queries."""
        target, _ = self.pair(dataset, seed)
        return target, self.noise(dataset, seed, self.scale.reference(dataset))

    def adversary_1(self, dataset: str, seed: int, trainer: Trainer | None = None) -> Attack:
        """Return the attack that adversary 1 learns from her shadow; it stays in memory."""
        trainer = trainer or self.scale.reference(dataset)
        known = self._known(dataset, seed, trainer)
        if known not in self._attacks:
            shadow = self.observe(dataset, seed, trainer, SHADOW)
            self._attacks[known] = learn(shadow, self.seeds(seed).stream("attack adversary-1"))
        return self._attacks[known]

    def noise(self, dataset: str, seed: int, trainer: Trainer) -> Outputs:
        """Return the target's answers to the random queries."""
        answers = self._answers(dataset, seed, trainer, TARGET)
        return Outputs(np.asarray(answers[len(self.world(dataset, seed).pool) :]))

    def _answers(self, dataset: str, seed: int, trainer: Trainer, role: int) -> Floats:
        self.train(dataset, seed, trainer, [role])
        answers: Floats = np.load(self._files[*self._known(dataset, seed, trainer), role], mmap_mode="r")
        return answers

    def _known(self, dataset: str, seed: int, trainer: Trainer) -> tuple[str, int, str]:
        return dataset, seed, describe(trainer)
