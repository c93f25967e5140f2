"""Trains the models of all studies, and stores their answers under the hash of all their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mlleaks import attacks, datasets
from mlleaks.attacks.needs import Labels, RandomQueries, ShadowModels
from mlleaks.attacks.spec import Attack, with_shadows
from mlleaks.auditing.collecting import Saved, collect
from mlleaks.auditing.planning import Sources, plan_attacks
from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.data.protocol import SHADOW, TARGET, ProtocolSplit, protocol_split
from mlleaks.models import NetworkTrainer
from mlleaks.models.network import torch_loop
from mlleaks.outputs.observations import concatenate
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend, Processes, finished_files, shadow_job, train_shadows
from mlleaks.shadows.tuning import fixed_group_size
from mlleaks.storage.atomic import writing
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.locks import locked
from mlleaks.studies.engine.as_published import (
    centred_by_part,
    published_records,
    softmax_regression,
    with_parts,
)
from mlleaks.studies.engine.scale import CENTRED, Scale
from mlleaks.studies.engine.stored import StoredQueries, StoredShadows
from mlleaks.types import Floats, Observations, Outputs, Trainer

GROUP_SIZE = 8
"""Perceptrons trained in one vectorized group: fixed, so that another run gives the same numbers."""


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
        Where networks are trained; None for the device that a measurement finds fastest.
    """

    store: Path
    scale: Scale
    backend: Backend = field(default_factory=Processes)
    device: str | None = "cpu"

    def __post_init__(self) -> None:
        if self.device not in (None, "cpu"):
            torch_loop().device(self.device)  # one that is not there is no trait of a data set
        self._files: dict[tuple[str, int, str, int], Path] = {}
        self._split: tuple[str, int, ProtocolSplit] | None = None
        self._attacks: dict[tuple[str, int, str, str, int], Attack] = {}
        self._pairs: dict[tuple[str, int], tuple[Observations, Observations]] = {}

    @staticmethod
    def seeds(seed: int) -> Seeds:
        """Return the random streams of a seed: each attack has one, named after it."""
        return Seeds(seed)

    def split(self, dataset: str, seed: int) -> ProtocolSplit:
        """Return how a seed splits a data set; the last split stays in memory."""
        if self._split is None or self._split[:2] != (dataset, seed):
            self._split = None  # two large data sets need not be in memory together
            self._split = (dataset, seed, self._make_split(dataset, seed))
        return self._split[2]

    def _make_split(self, dataset: str, seed: int) -> ProtocolSplit:
        data, largest = datasets.load_dataset(dataset), self.scale.most(dataset)
        if self.scale.as_published:
            data = published_records(data)
        split = protocol_split(data, seed, largest_part=largest, queries=self.scale.queries)
        return with_parts(split) if self._by_part(dataset) else split

    def _by_part(self, dataset: str) -> bool:
        """Return whether each part of a data set is centred with its own mean."""
        return self.scale.as_published and dataset in CENTRED

    def plan(self, dataset: str, seed: int) -> MembershipPlan:
        """Return which model trains on which records."""
        return self.split(dataset, seed).plan(self.scale.shadows)

    def train(self, dataset: str, seed: int, trainer: Trainer, roles: Sequence[int]) -> None:
        """Train the models of these roles whose answers are not stored yet."""
        key = self._model_key(dataset, seed, trainer)
        missing = [role for role in roles if (*key, role) not in self._files]
        if not missing:
            return
        split = self.split(dataset, seed)
        folder = self.store / "models"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        used = centred_by_part(trainer, split) if self._by_part(dataset) else trainer
        inputs = (used, split.pool, self.plan(dataset, seed), split.seeds)
        job = shadow_job(*inputs, query_on=split.queried)
        stored = finished_files(job, folder, only=missing)
        missing = [role for role in missing if role not in stored]
        self._files |= {(*key, role): file for role, file in stored.items()}
        if not missing:
            return
        network = isinstance(used, NetworkTrainer)
        with locked(folder / f".{dataset}-{seed}.lock"):  # a second run waits, then reads the answers
            trained = train_shadows(
                *inputs,
                only=missing,
                backend=self.backend,
                group_size=fixed_group_size(used, GROUP_SIZE) if self.device == "cpu" else None,
                device=self.device if network else None,
                folder=folder,
                query_on=split.queried,
            )
        self._files |= {(*key, role): file for role, file in zip(missing, trained.files, strict=True)}

    def observe(self, dataset: str, seed: int, trainer: Trainer, role: int = TARGET) -> Observations:
        """Return what a model answers about its own members and non-members."""
        answers = self._answers(dataset, seed, trainer, role)
        return self.split(dataset, seed).observations(role, answers, self.plan(dataset, seed))

    def pair(
        self, dataset: str, seed: int, trainer: Trainer | None = None
    ) -> tuple[Observations, Observations]:
        """Return a target and adversary 1's shadow; the pair of the paper's network stays in memory."""
        if trainer is not None:
            self.train(dataset, seed, trainer, [TARGET, SHADOW])
            return self.observe(dataset, seed, trainer), self.observe(dataset, seed, trainer, SHADOW)
        if (dataset, seed) not in self._pairs:
            self._pairs[dataset, seed] = self.pair(dataset, seed, self.scale.reference(dataset))
        return self._pairs[dataset, seed]

    def target_and_shadows(self, dataset: str, seed: int) -> tuple[Observations, list[Observations]]:
        """Return the target and all shadows of the baseline; the first shadow is adversary 1's."""
        trainer = self.scale.reference(dataset)
        roles = range(1 + self.scale.shadows)
        self.train(dataset, seed, trainer, roles)
        target, *shadows = (self.observe(dataset, seed, trainer, role) for role in roles)
        return target, shadows

    def target_and_random_answers(self, dataset: str, seed: int) -> tuple[Observations, Outputs]:
        """Return the target, and its answers to random queries."""
        target, _ = self.pair(dataset, seed)
        return target, self.random_answers(dataset, seed, self.scale.reference(dataset))

    def attack(
        self, name: str, dataset: str, seed: int, trainer: Trainer | None = None, *, shadows: int = 1
    ) -> Attack:
        """Return an attack of the registry, planned and built as in an audit; it stays in memory.

        Parameters
        ----------
        name : str
        dataset, seed
            Which split of which data set.
        trainer : Trainer, optional
            How target and shadow models are trained; by default the paper's network.
        shadows : int
            How many shadow models an attack learns from that needs any.
        """
        trainer = trainer or self.scale.reference(dataset)
        key = (*self._model_key(dataset, seed, trainer), name, shadows)
        if key not in self._attacks:
            spec = with_shadows(attacks.REGISTRY[name], shadows)
            sources = self.sources(dataset, seed, trainer)
            seeds = self.seeds(seed)
            evidence = collect(plan_attacks([spec], sources), sources, seeds)
            if self.scale.as_published and name == "adversary-1":
                self._attacks[key] = softmax_regression(concatenate(evidence[ShadowModels]))
            else:
                self._attacks[key] = spec.build(evidence, seeds.stream(f"attack {name}"))
        return self._attacks[key]

    def sources(self, dataset: str, seed: int, trainer: Trainer) -> Sources:
        """Return how each kind of evidence can be had: from stored answers."""

        def shadows(count: int) -> tuple[Observations, ...]:
            return tuple(self.observe(dataset, seed, trainer, SHADOW + i) for i in range(count))

        return {
            Labels: Saved(value=True),
            RandomQueries: StoredQueries(lambda: self.random_answers(dataset, seed, trainer)),
            ShadowModels: StoredShadows(shadows, most=self.scale.shadows),
        }

    def random_answers(self, dataset: str, seed: int, trainer: Trainer) -> Outputs:
        """Return the target's answers to the random queries."""
        answers = self._answers(dataset, seed, trainer, TARGET)
        return self.split(dataset, seed).random_answers(answers)

    def _answers(self, dataset: str, seed: int, trainer: Trainer, role: int) -> Floats:
        self.train(dataset, seed, trainer, [role])
        answers: Floats = np.load(self._files[*self._model_key(dataset, seed, trainer), role], mmap_mode="r")
        return answers

    def _model_key(self, dataset: str, seed: int, trainer: Trainer) -> tuple[str, int, str]:
        return dataset, seed, describe(trainer)
