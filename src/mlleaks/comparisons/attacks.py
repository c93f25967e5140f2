"""All attacks on the same models: what they find, with how many reference models, at what cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mlleaks import attacks as attack_registry
from mlleaks.attacks.needs import RandomQueries
from mlleaks.attacks.spec import AttackSpec
from mlleaks.auditing.collecting import collect
from mlleaks.auditing.planning import plan_attacks
from mlleaks.comparisons.attack_rows import measure_attacks, uses_references
from mlleaks.comparisons.attacked_models import AttackedModels, train_models
from mlleaks.data.audit_data import check_dataset
from mlleaks.data.guards import refuse_too_few
from mlleaks.data.protocol import protocol_split
from mlleaks.errors import InputError
from mlleaks.models import as_trainer
from mlleaks.progress import track
from mlleaks.report.attacks.report import AttackComparisonReport
from mlleaks.results.attack_comparison import COLUMNS, AttackInfo
from mlleaks.shadows import Backend, Processes
from mlleaks.storage.atomic import temporary_folder
from mlleaks.storage.fingerprint import describe
from mlleaks.storage.hashing import hash_inputs
from mlleaks.storage.versions import versions
from mlleaks.types import Dataset, Trainer

AttackChoice: TypeAlias = Sequence[str] | None
"""Which attacks, by name; None for all."""
MODELS = (1, 2, 4, 8, 16, 32, 64)
"""Numbers of models that an attacker trains."""
TARGETS = 10
LARGEST = 2_500
"""Records in each of the four parts at the most: enough for a TPR at 0.1 % FPR."""


def compare_attacks(
    data: Dataset,
    trainer: Trainer | Any,
    attacks: AttackChoice = None,
    *,
    models: Sequence[int] = MODELS,
    targets: int = TARGETS,
    seeds: int = 1,
    seed: int = 0,
    largest_part: int = LARGEST,
    folder: Path | str | None = None,
    backend: Backend | None = None,
    name: str = "attacks",
) -> AttackComparisonReport:
    """Return what every attack finds on the same targets, against the models, queries and seconds it takes.

    For each seed the records are cut in four equal parts. Many models are trained on halves of two of them.
    Some of these models are the target in turn; the others, without the one that was trained on the other
    half, are its reference models.

    Parameters
    ----------
    data : Dataset
        See `mlleaks.load_dataset`.
    trainer : Trainer or scikit-learn estimator
        How all models are trained.
    attacks : sequence of str, optional
        Names of `mlleaks.attacks.REGISTRY`; by default all.
    models : sequence of int
        Numbers of reference models, each even. Attacks with no model or with one shadow model are run once,
        whether 1 is among the numbers or not.
    targets : int
        How many models are the target in turn.
    seeds : int
        Repetitions, each with another split and other models.
    seed : int
        The first of them.
    largest_part : int
        A part has no more records than this.
    folder : Path or str, optional
        Where the models' answers and finished rows are kept: a killed run goes on there.
    backend : Backend, optional
        Where models are trained; `Processes` by default. Attacks run in this process, on one thread.
    name : str

    Raises
    ------
    InputError
        An unknown attack, numbers that do not fit, or records that are too few.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> import mlleaks
    >>> from mlleaks.shadows import InProcess
    >>> digits, tree = mlleaks.load_dataset("digits"), DecisionTreeClassifier(max_depth=8, random_state=0)
    >>> report = compare_attacks(digits, tree, ["gap", "base"], models=[2, 4], targets=2, backend=InProcess())
    >>> report.to_frame()[["attack", "models"]].values.tolist()
    [['gap', 0], ['base', 2], ['base', 4]]
    """
    data = check_dataset(data)
    settings = check_settings(attacks, models=models, targets=targets, seeds=seeds, largest_part=largest_part)
    facts = attack_comparison_facts(data, trainer, settings, seed=seed)
    made_by, skipped = as_trainer(trainer), dict[str, str]()
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    with TemporaryDirectory(dir=temporary_folder()) as temporary:
        place = Path(folder) if folder else Path(temporary)
        for root, target in track(_all_targets(settings, seed), "comparing attacks"):
            if not rows or rows[-1]["seed"] != root:
                trained = _train(data, made_by, settings, root, place=place, backend=backend or Processes())
                notes += trained.stored.notes
            measured = _measure(trained, settings, trained.target_order()[target], place, skipped)
            rows += [{"seed": root, "target": target} | row for row in measured]
    ran = {row["attack"] for row in rows}
    about = {spec.name: _info(spec) for spec in settings.specs if spec.name in ran}
    why = {attack: reason for attack, reason in skipped.items() if attack not in ran}
    table = pd.DataFrame(rows)[COLUMNS].round(6)  # as it is stored: a page made again is the same
    return AttackComparisonReport(name, table, about, facts, skipped=why, notes=tuple(dict.fromkeys(notes)))


@dataclass(frozen=True)
class Settings:
    """What is compared."""

    specs: tuple[AttackSpec, ...]
    numbers: tuple[int, ...]
    targets: int
    seeds: int
    largest_part: int

    @property
    def trained(self) -> int:
        """How many models can be the target: the most reference models, and the target's pair; even."""
        return max(max(self.numbers, default=0) + 2, self.targets + self.targets % 2)


def check_settings(
    attacks: AttackChoice, *, models: Sequence[int], targets: int, seeds: int, largest_part: int
) -> Settings:
    """Return the settings of `compare_attacks`, or raise `InputError`."""
    registry = attack_registry.REGISTRY
    specs = tuple(registry.values() if attacks is None else registry.select(attacks))
    wrong = [n for n in models if not _whole(n) or n < 1 or (n > 1 and n % 2)]
    if wrong or not len(models):
        raise InputError(
            f"{wrong[0]!r} reference models" if wrong else "no number of models",
            expected="1 for one shadow model, or even numbers: reference models come in pairs",
            fix="Pass for example 1, 2, 4, 8, 16.",
        )
    for what, value in (("targets", targets), ("seeds", seeds), ("records in a part", largest_part)):
        if not _whole(value) or value < 1:
            raise InputError(
                f"{value!r} {what}", expected="a whole number from 1 on", fix="Pass another number."
            )
    if not specs:
        raise InputError("no attack", expected="one or more", fix="Pass names of mlleaks.attacks.REGISTRY.")
    wanted = any(map(uses_references, specs))
    numbers = sorted({int(n) for n in models if n > 1}) if wanted else []
    return Settings(specs, tuple(numbers), int(targets), int(seeds), int(largest_part))


def attack_comparison_facts(
    data: Dataset, trainer: Trainer | Any, settings: Settings, *, seed: int
) -> dict[str, str]:
    """Return what a comparison would be of, as text."""
    return {
        "data": data.name,
        "records": f"{len(data):,}, SHA-256 {hash_inputs(data.X, data.y)[:16]}",
        "records in a part": f"at most {settings.largest_part:,}",
        "trainer": describe(as_trainer(trainer)),
        "attacks": ", ".join(spec.name for spec in settings.specs),
        "reference models": ", ".join(map(str, settings.numbers)) or "none",
        "targets": str(settings.targets),
        "seeds": f"{seed} to {seed + settings.seeds - 1}",
        "versions": ", ".join(f"{key} {version}" for key, version in versions("torch").items()),
    }


def _all_targets(settings: Settings, seed: int) -> list[tuple[int, int]]:
    roots = range(seed, seed + settings.seeds)
    return [(root, target) for root in roots for target in range(settings.targets)]


def _train(
    data: Dataset, trainer: Trainer, settings: Settings, root: int, *, place: Path, backend: Backend
) -> AttackedModels:
    split = protocol_split(data, root, largest_part=settings.largest_part, queries=RandomQueries.count)
    refuse_too_few(split.size, "records in each of the four parts")
    return train_models(split, trainer, count=settings.trained, folder=place / "answers", backend=backend)


def _measure(
    models: AttackedModels, settings: Settings, target: int, place: Path, skipped: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one target; attacks without reference models have one row."""
    observations, seeds = models.observe(target), models.seeds_of(target)
    fixed = [spec for spec in settings.specs if not uses_references(spec)]
    scaled = [spec for spec in settings.specs if uses_references(spec)]
    for count, specs in ((0, fixed), *((number, scaled) for number in settings.numbers)):
        sources = models.sources(target, count)
        plan = plan_attacks(specs, sources)
        skipped.update(plan.skipped)
        evidence = collect(plan, sources, seeds)
        yield from measure_attacks(plan.attacks, evidence, observations, seeds, folder=place / "rows")


def _info(spec: AttackSpec) -> AttackInfo:
    needs = [str(need) for need in spec.needs] + [f"{need} (for a threshold)" for need in spec.uses]
    return AttackInfo(spec.title, tuple(needs), spec.source, leads=spec.leads == "usually")


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
