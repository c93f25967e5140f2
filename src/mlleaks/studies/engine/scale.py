"""The sizes of the studies: full, or a smoke test that shows that they work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlleaks.errors import InputError
from mlleaks.models import CNNTrainer, MLPTrainer, PlainTrainer
from mlleaks.models.schedules import ConstantSchedule, ConstantThenDecay

CNN_DATASETS = frozenset({"cifar10", "cifar100", "face", "mnist"})
"""Data sets on which the CNN is trained; all others take the MLP."""

CENTRED = frozenset({"news"})
"""Data sets whose features are centred with the training part's mean."""


@dataclass(frozen=True)
class Scale:
    """One size of all studies.

    Parameters
    ----------
    name : str
    epochs : int
        Epochs of the reference networks.
    shadows : int
        Shadow models of the baseline of Shokri et al.
    queries : int
        Random queries to each model; fewer where records have very many features.
    largest_part : int
        Records in each of the four parts, if there are enough.
    parts : mapping of str to int
        The largest part of a data set, where it is another.
    seeds : int
        Repetitions, each with another split and other models.
    repeats : mapping of str to int
        The repetitions of a data set, where it has another number of them.
    as_published : bool
        Whether data, learning rate and attack model are those of the authors' code; see
        `mlleaks.studies.engine.as_published`.
    """

    name: str
    epochs: int
    shadows: int
    queries: int
    largest_part: int
    seeds: int
    parts: Mapping[str, int] = field(default_factory=dict)
    repeats: Mapping[str, int] = field(default_factory=dict)
    as_published: bool = False

    def most(self, dataset: str) -> int:
        """Return the largest number of records in a part."""
        return self.parts.get(dataset, self.largest_part)

    def seeds_of(self, dataset: str) -> range:
        """Return the seeds of a data set."""
        return range(self.repeats.get(dataset, self.seeds))

    def reference(self, dataset: str) -> PlainTrainer:
        """Return the paper's network for a data set: the CNN for images, else the MLP."""
        schedule = ConstantSchedule() if self.as_published else ConstantThenDecay()
        if dataset in CNN_DATASETS:
            return CNNTrainer(epochs=self.epochs, schedule=schedule)
        return MLPTrainer(epochs=self.epochs, schedule=schedule, center=dataset in CENTRED)


_ONCE = dict.fromkeys(("cifar10", "cifar100", "mnist"), 1) | {
    f"purchase-{k}": 1 for k in (2, 10, 20, 50, 100)
}

FULL = Scale(
    name="full",
    epochs=50,
    shadows=10,
    queries=1000,
    largest_part=12_500,
    parts={"cifar10": 10_520, "cifar100": 10_520, "mnist": 10_520, "news": 4_500},
    seeds=3,
    repeats=_ONCE,
)
"""The paper's sizes where it states them; a part has no more than 12,500 records elsewhere."""

SMOKE = Scale(
    name="smoke",
    epochs=8,
    shadows=3,
    queries=100,
    largest_part=150,
    parts=dict.fromkeys(CNN_DATASETS, 90),  # the CNN takes ten times as long as the MLP
    seeds=1,
)
"""Minutes for everything. It shows whether each study runs; its figures mean nothing."""

SCALES = {size.name: size for size in (SMOKE, FULL)}


def scale_named(name: str) -> Scale:
    """Return the scale of this name.

    Raises
    ------
    InputError
        There is none of this name.

    Examples
    --------
    >>> scale_named("full").most("news")
    4500
    """
    if name not in SCALES:
        raise InputError(
            f"the scale {name!r}", expected=f"one of {', '.join(SCALES)}", fix="Pass one of them."
        )
    return SCALES[name]
