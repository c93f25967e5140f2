"""Training the shadows of a plan: stacked where that helps, anywhere, resumable, answers on disk."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mlleaks.errors import InputError, ModelError, first_line
from mlleaks.models import NetTrainer, described
from mlleaks.progress import track
from mlleaks.seeds import Seeds
from mlleaks.shadows.answers import find, require_room, write
from mlleaks.shadows.backends import Backend, InProcess, Workers
from mlleaks.shadows.job import Job, kept, made_with, measure_part, train_part
from mlleaks.shadows.measure import Question, best
from mlleaks.shadows.plan import Plan
from mlleaks.shadows.signals import Signal, whole
from mlleaks.shadows.stacks import balanced, groups, steps_an_epoch
from mlleaks.types import Bools, Dataset, Floats, Ints, Trainer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shadows:
    """What trained shadows answered, on disk.

    Parameters
    ----------
    files : tuple of Path
        One NPY file a shadow: what was kept of its answers ``(asked records, ...)``.
    plan : Plan
        What each was trained on.
    asked : int array (n,), optional
        The positions in the plan of the records that were asked about; None if they are others.
    notes : tuple of str
        What the caller should know of how they were trained.
    """

    files: tuple[Path, ...]
    plan: Plan
    asked: Ints | None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.files)

    def answers(self, model: int) -> Floats:
        """Return what was kept of one shadow's answers, mapped from disk, not read."""
        mapped: Floats = np.load(self.files[model], mmap_mode="r")
        return mapped

    def member(self, model: int) -> Bools:
        """Return which of the records asked about the shadow was trained on ``(n,)``."""
        if self.asked is None:
            return np.zeros(len(self.answers(model)), dtype=bool)
        return self.plan.mask(model)[self.asked]


def train_shadows(
    trainer: Trainer,
    data: Dataset,
    plan: Plan,
    seeds: Seeds,
    *,
    folder: Path,
    only: Sequence[int] | None = None,
    ask_about: Ints | Dataset | None = None,
    keep: Signal = whole,
    backend: Backend | None = None,
    stack: int | None = None,
    device: str | None = None,
) -> Shadows:
    """Return the answers of every shadow of ``plan``; those already in ``folder`` are not trained.

    A shadow's file is named after the hash of all that its answers depend on and after its own
    content, and appears whole or not at all. So a killed run goes on where it stopped, changed
    settings mix with nothing, and a damaged file is set aside and made again.

    Parameters
    ----------
    trainer : Trainer
        Networks are trained in stacks, with the numbers that each would have alone.
    data : Dataset
        The records that the plan speaks of.
    plan : Plan
    seeds : Seeds
        Shadow ``i`` has the stream ``"shadow i"``: more shadows change none of the others.
    folder : Path
        Where the answers are kept.
    only : sequence of int, optional
        Which shadows of the plan are wanted; the result holds these alone, in this order, each with
        the numbers that it has in the whole plan.
    ask_about : int array or Dataset, optional
        What each shadow is asked: records of ``data`` at these positions, or others; by default all
        of ``data``.
    keep : Signal
        What is kept of the answers: by default the posteriors in float32; see `shadows.signals`.
    backend : Backend, optional
        `InProcess` by default, `Processes` or `RayCluster`.
    stack : int, optional
        How many networks are trained as one program; by default what a short measurement finds
        fastest.
    device : str, optional
        Where networks are trained; by default measured too, if PyTorch sees a GPU.

    Raises
    ------
    InputError
        The plan is of another number of records, the disk has not enough room, or the device or
        the cluster is not there. Nothing has been trained then.
    ModelError
        Training failed, or processes keep dying. What is finished is kept.
    """
    _checked(trainer, data, plan, stack, device)
    wanted = _wanted(plan, only)
    asked, positions = _asked(data, ask_about)
    job = Job(trainer, data, asked, keep, plan, seeds, made_with(trainer))
    folder.mkdir(parents=True, exist_ok=True)
    keys = job.keys()
    files = {i: file for i in wanted if (file := find(folder, keys[i])) is not None}
    missing = [i for i in wanted if i not in files]
    require_room(folder, len(missing), _bytes_each(job))
    notes: list[str] = []
    if missing:
        with (backend or InProcess()).open() as workers:
            job, size, notes = _arranged(job, missing, workers, stack=stack, device=device)
            for model, answers, told in _trained(job, missing, workers, size):
                files[model] = write(folder, keys[model], answers)
                notes += told
    return Shadows(
        tuple(files[i] for i in wanted),
        plan if only is None else Plan(plan.bits[wanted], plan.n_records),
        positions,
        tuple(dict.fromkeys(notes)),
    )


def _trained(
    job: Job, missing: Sequence[int], workers: Workers, size: int
) -> Iterator[tuple[int, Floats, tuple[str, ...]]]:
    """Yield each shadow's answers; if workers die, go on with smaller stacks."""
    bar = track(range(len(missing)), "training shadows")
    left = dict.fromkeys(missing)
    told: tuple[str, ...] = ()
    vain = 0
    while left:
        before = len(left)
        try:
            for done in workers.run(train_part, job, groups(job.trainer, job.plan, list(left), size)):
                for model, answers in done.answers:
                    yield model, answers, (*told, *done.notes)
                    del left[model]
                    next(bar)
        except BrokenExecutor as error:
            vain = vain + 1 if size == 1 and len(left) == before else 0
            if vain == 2:
                raise ModelError(
                    f"a process that died while it trained one shadow ({first_line(error)})",
                    expected="memory for one shadow a process",
                    fix="Use fewer processes, or bring fewer records; what is finished is kept.",
                ) from error
            size = max(1, size // 2)
            told = (f"A process died, perhaps for lack of memory: going on with stacks of {size}.",)
            log.warning(told[0])
    for _ in bar:
        pass


def _arranged(
    job: Job, missing: Sequence[int], workers: Workers, *, stack: int | None, device: str | None
) -> tuple[Job, int, list[str]]:
    """Return the job with its device, the stack size, and what there is to say about it."""
    if not isinstance(job.trainer, NetTrainer):
        return job, 1, []
    trainer, count = job.trainer, workers.count
    steps = trainer.epochs * steps_an_epoch(trainer, job.plan, missing[0])
    share = -(-len(missing) // count)
    question = Question(() if device is None else (device,), stack, share, steps)
    found = list(workers.run(measure_part, job, [question] * count))
    chosen, size = best(found)
    notes = list(dict.fromkeys(note for one in found for note in one.notes))
    for note in notes:
        log.warning(note)
    job = replace(job, trainer=replace(trainer, device=chosen))
    return job, balanced(len(missing), size, count), notes


def _wanted(plan: Plan, only: Sequence[int] | None) -> list[int]:
    """Return the shadows that are asked for."""
    wanted = list(range(len(plan)) if only is None else only)
    if any(i not in range(len(plan)) for i in wanted) or len(set(wanted)) < len(wanted):
        raise InputError(
            f"only={wanted}",
            expected=f"different whole numbers from 0 to {len(plan) - 1}, the shadows of the plan",
            fix="Name shadows that the plan has.",
        )
    return wanted


def _asked(data: Dataset, ask_about: Ints | Dataset | None) -> tuple[Dataset, Ints | None]:
    """Return the records asked about, and their positions in ``data`` if they are of it."""
    if isinstance(ask_about, Dataset):
        return ask_about, None
    if ask_about is None:
        return data, np.arange(len(data))
    positions = np.asarray(ask_about)
    if (
        positions.ndim != 1
        or positions.dtype.kind not in "iu"
        or not np.all((positions >= 0) & (positions < len(data)))
    ):
        raise InputError(
            f"ask_about of shape {positions.shape} and type {positions.dtype}"
            + (f", from {positions.min()} to {positions.max()}" if positions.size else ""),
            expected=f"whole numbers from 0 to {len(data) - 1}, or a Dataset",
            fix="Pass positions of records in data; for a mask, numpy.flatnonzero(mask).",
        )
    return data.take(positions), positions.astype(np.int64)


def _bytes_each(job: Job) -> int:
    """Return the size of one shadow's answers, from what is kept of one record."""
    k = job.data.n_classes
    example = kept(job.keep, np.full((1, k), 1 / k, dtype=np.float32), np.zeros(1, dtype=np.int64))
    return int(example.nbytes) * len(job.asked)


def _checked(trainer: Trainer, data: Dataset, plan: Plan, stack: int | None, device: str | None) -> None:
    if plan.n_records != len(data):
        raise InputError(
            f"a plan of {plan.n_records} records for {len(data)} in {data.name!r}",
            expected="one and the same number",
            fix="Draw the plan with plan(len(data), ...).",
        )
    if stack is not None and stack < 1:
        raise InputError(f"stacks of {stack}", expected="1 or more", fix="Pass another number.")
    if device is not None and not isinstance(trainer, NetTrainer):
        raise InputError(
            f"device={device!r} for {described(trainer)}",
            expected="a network, for only networks are trained on a device of choice",
            fix="Leave device out.",
        )
