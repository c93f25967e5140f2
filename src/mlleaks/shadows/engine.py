"""Training the shadows of a plan: stacked where that helps, anywhere, resumable, answers on disk."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mlleaks.data.membership_plan import Plan
from mlleaks.errors import ModelError, first_line
from mlleaks.models import NetworkTrainer, as_trainer
from mlleaks.models.versions import package_versions
from mlleaks.outputs.signals import Signal, whole
from mlleaks.progress import track
from mlleaks.seeds import Seeds
from mlleaks.shadows.answer_files import open_folder, require_room, verify, write
from mlleaks.shadows.backends.local import Backend, InProcess, Workers
from mlleaks.shadows.tuning import StepTimings, TuningRequest, best
from mlleaks.shadows.validation import asked_about, bytes_each, index_bytes, require_fitting, wanted_of
from mlleaks.shadows.vectorized.dispatch import balanced, groups, steps_an_epoch
from mlleaks.shadows.worker import AnswerFolder, Answers, ShadowJob, measure_part, train_part
from mlleaks.types import Bools, Dataset, Floats, Ints, Trainer

log = logging.getLogger(__name__)

AWAY = 256_000_000
"""Bytes of answers that a worker on another machine may hold until its stack is done."""


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
    _verified: set[int] = field(default_factory=set, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.files)

    def answers(self, model: int) -> Floats:
        """Return what was kept of one shadow's answers, mapped from disk.

        Raises
        ------
        CorruptRun
            The file is gone or was changed; its checksum is verified when it is first used.
        """
        if model not in self._verified:
            verify(self.files[model])
            self._verified.add(model)
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
    folder: Path | str,
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
    trainer : Trainer or scikit-learn classifier
        Networks are trained in stacks. Answers agree with those of a network trained by itself, or in a
        stack of another size, to about 1e-6: sums of products are rounded in another order.
    data : Dataset
        The records that the plan speaks of.
    plan : Plan
    seeds : Seeds
        Shadow ``i`` has the stream ``"shadow i"``: more shadows change none of the others.
    folder : Path or str
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
        The plan is of another number of records, the disk has not enough room, the folder cannot be
        written, or the device or the cluster is not there. Nothing has been trained then. If the
        folder can no longer be written in mid-run, what is finished is kept.
    ModelError
        Training failed, memory is short for a single model, or processes keep dying. What is
        finished is kept.
    """
    trainer, folder = as_trainer(trainer), Path(folder)
    require_fitting(trainer, data, plan, stack=stack, device=device)
    wanted = wanted_of(plan, only)
    asked, positions = asked_about(data, ask_about)
    job = ShadowJob(trainer, data, asked, keep, plan, seeds, package_versions(trainer))
    each = bytes_each(job)
    open_folder(folder)
    job = replace(job, place=AnswerFolder(folder.resolve(), job.keys()))
    files = {model: folder / file.name for model, file in _written(job, wanted)}
    missing = [i for i in wanted if i not in files]
    require_room(folder, len(missing), each, index=index_bytes(plan, positions))
    notes: list[str] = []
    if missing:
        with (backend or InProcess()).open() as workers:
            here = job if workers.shares_files else replace(job, place=None)
            most = None if workers.shares_files else max(1, AWAY // each)
            here, size, notes = _arranged(here, missing, workers, stack=stack, device=device, most=most)
            for model, answers, told in _trained(here, missing, workers, size):
                files[model] = _filed(job, folder, model, answers)
                notes += told
    return Shadows(
        tuple(files[i] for i in wanted),
        plan if only is None else Plan(plan.bits[wanted], plan.n_records),
        positions,
        tuple(dict.fromkeys(notes)),
    )


def finished(
    trainer: Trainer,
    data: Dataset,
    plan: Plan,
    seeds: Seeds,
    *,
    folder: Path,
    only: Sequence[int] | None = None,
    ask_about: Ints | Dataset | None = None,
    keep: Signal = whole,
) -> dict[int, Path]:
    """Return the files of those shadows that `train_shadows` would not have to train, by number.

    The parameters are those of `train_shadows`. Nothing is trained, written or waited for.
    """
    if not folder.is_dir():
        return {}
    asked, _ = asked_about(data, ask_about)
    trainer = as_trainer(trainer)
    job = ShadowJob(trainer, data, asked, keep, plan, seeds, package_versions(trainer))
    here = replace(job, place=AnswerFolder(folder.resolve(), job.keys()))
    return {model: folder / file.name for model, file in _written(here, wanted_of(plan, only))}


def _written(job: ShadowJob, models: Iterable[int]) -> list[tuple[int, Path]]:
    return [] if job.place is None else job.place.written(models)


def _filed(job: ShadowJob, folder: Path, model: int, answers: Answers) -> Path:
    """Return the file of a shadow's answers, written here if its worker could not."""
    if isinstance(answers, Path):
        return folder / answers.name
    assert job.place is not None
    return write(folder, job.place.keys[model], answers)


def _trained(
    job: ShadowJob, missing: Sequence[int], workers: Workers, size: int
) -> Iterator[tuple[int, Answers, tuple[str, ...]]]:
    """Yield each shadow's answers; if workers die, go on with smaller stacks."""
    bar = track(range(len(missing)), "training shadows")
    next(bar)
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
                    next(bar, None)
        except BrokenExecutor as error:
            for model, file in _written(job, left):  # what the dead had finished
                yield model, file, told
                del left[model]
                next(bar, None)
            vain = vain + 1 if size == 1 and len(left) == before else 0
            if vain == 2:
                raise _dying("trained one shadow", error) from error
            size = max(1, size // 2)
            told = (_death(job.trainer, size),)
            log.warning(told[0])


def _death(trainer: Trainer, size: int) -> str:
    """Return what is said of a process that died."""
    on = (
        f"going on with stacks of {size}" if isinstance(trainer, NetworkTrainer) else "its work is done again"
    )
    return f"A process died, perhaps for lack of memory: {on}."


def _dying(doing: str, error: BrokenExecutor) -> ModelError:
    return ModelError(
        f"a process that died while it {doing} ({first_line(error)})",
        expected="memory for one shadow a process",
        fix="Use fewer processes, or bring fewer records; what is finished is kept.",
    )


def _arranged(
    job: ShadowJob,
    missing: Sequence[int],
    workers: Workers,
    *,
    stack: int | None,
    device: str | None,
    most: int | None,
) -> tuple[ShadowJob, int, list[str]]:
    """Return the job with its device, the stack size, and what there is to say about it."""
    if not isinstance(job.trainer, NetworkTrainer):
        return job, 1, []
    trainer, count = job.trainer, workers.count
    steps = trainer.settings.epochs * steps_an_epoch(trainer, job.plan, missing[0])
    share = -(-len(missing) // count)
    largest = min(most or share, stack or min(share, 256))
    question = TuningRequest(() if device is None else (device,), stack, share, steps, largest)
    found, told = _measured(job, workers, question)
    chosen, size = best(found)
    notes = list(dict.fromkeys(note for one in found for note in one.notes))
    for note in notes:
        log.warning(note)
    job = replace(job, trainer=trainer.with_settings(replace(trainer.settings, device=chosen)))
    return job, balanced(len(missing), size, count), told + notes


def _measured(
    job: ShadowJob, workers: Workers, question: TuningRequest
) -> tuple[list[StepTimings], list[str]]:
    """Return what the workers find out; if one dies of it, they try smaller stacks."""
    told: list[str] = []
    while True:
        try:
            return list(workers.run(measure_part, job, [question] * workers.count)), told
        except BrokenExecutor as error:
            if question.most == 1 and told:
                raise _dying("tried one shadow", error) from error
            question = replace(question, most=max(1, question.most // 4))
            told = [_death(job.trainer, question.most)]
            log.warning(told[0])
