"""Training the shadows of a plan: in groups, on any backend, resumable, with the answers on disk."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path

from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.errors import ModelError, first_line
from mlleaks.models import NetworkTrainer, as_trainer
from mlleaks.models.package_versions import package_versions
from mlleaks.outputs.signals import Signal, whole
from mlleaks.progress import track
from mlleaks.seeds import Seeds
from mlleaks.shadows.answer_files import open_folder, require_room, write
from mlleaks.shadows.backends.local import Backend, InProcess, Workers
from mlleaks.shadows.failures import Failures
from mlleaks.shadows.job import AnswerFolder, ShadowJob
from mlleaks.shadows.stored_answers import Shadows
from mlleaks.shadows.tuning import StepTimings, TuningRequest, fastest
from mlleaks.shadows.validation import bytes_each, index_bytes, models_of, queries_of, require_fitting
from mlleaks.shadows.vectorized.dispatch import balanced, split_into_groups, steps_per_epoch
from mlleaks.shadows.worker import Answers, measure_part, train_part
from mlleaks.types import Dataset, Ints, Trainer

log = logging.getLogger(__name__)

REMOTE_BYTES = 256_000_000
"""Bytes of answers that a worker on another machine may hold until its group is trained."""


def train_shadows(
    trainer: Trainer,
    data: Dataset,
    plan: MembershipPlan,
    seeds: Seeds,
    *,
    folder: Path | str,
    only: Sequence[int] | None = None,
    query_on: Ints | Dataset | None = None,
    signal: Signal = whole,
    backend: Backend | None = None,
    group_size: int | None = None,
    device: str | None = None,
) -> Shadows:
    """Return the answers of every shadow model of ``plan``; those already in ``folder`` are not trained.

    A shadow's file is named after the hash of all that its answers depend on and after its own
    content, and appears whole or not at all. So a killed run goes on where it stopped, answers of
    other settings are never mixed in, and a damaged file is set aside and made again.

    Parameters
    ----------
    trainer : Trainer or scikit-learn classifier
        Networks are trained in groups, each as one program. Answers agree with those of a network
        trained by itself, or in a group of another size, to about 1e-6: sums of products are rounded
        in another order.
    data : Dataset
        The records of the plan.
    plan : Plan
    seeds : Seeds
        Shadow ``i`` has the stream ``"shadow i"``: more shadows change none of the others.
    folder : Path or str
        Where the answers are stored.
    only : sequence of int, optional
        Numbers of the shadows to train; the result holds these alone, in this order, each with the
        answers that it has in the whole plan.
    query_on : int array or Dataset, optional
        The records on which each shadow is queried: those of ``data`` at these positions, or others;
        by default all of ``data``.
    signal : Signal
        What is stored of the answers: by default the posteriors in float32; see `outputs.signals`.
    backend : Backend, optional
        `InProcess` by default, `Processes` or `RayCluster`.
    group_size : int, optional
        How many networks are trained as one program; by default the fastest in a short measurement.
    device : str, optional
        Where networks are trained; by default measured too, if PyTorch sees a GPU.

    Raises
    ------
    InputError
        The plan is of another number of records, the disk has not enough room, the folder cannot be
        written, or the device or the cluster is not there. Nothing has been trained then. If the
        folder can no longer be written in mid-run, finished shadows are kept.
    ModelError
        Training failed, memory is short for a single model, or processes keep dying. Finished shadows
        are kept.
    """
    trainer, folder = as_trainer(trainer), Path(folder)
    require_fitting(trainer, data, plan, group_size=group_size, device=device)
    models = models_of(plan, only)
    queries, positions = queries_of(data, query_on)
    job = ShadowJob(trainer, data, queries, signal, plan, seeds, package_versions(trainer))
    each = bytes_each(job)
    open_folder(folder)
    job = replace(job, place=AnswerFolder(folder.resolve(), job.keys()))
    files = {model: folder / file.name for model, file in job.finished(models)}
    missing = [i for i in models if i not in files]
    require_room(folder, len(missing), each, index=index_bytes(plan, positions))
    notes: list[str] = []
    if missing:
        with (backend or InProcess()).open() as workers:
            here = job if workers.shares_files else replace(job, place=None)
            most = None if workers.shares_files else max(1, REMOTE_BYTES // each)
            here, size, notes = _tuned(
                here, missing, workers, group_size=group_size, device=device, most=most
            )
            for model, answers, further in _trained(here, missing, workers, size):
                files[model] = _file_of(job, folder, model, answers)
                notes += further
    return Shadows(
        tuple(files[i] for i in models),
        plan if only is None else MembershipPlan(plan.bits[models], plan.n_records),
        positions,
        tuple(dict.fromkeys(notes)),
    )


def shadow_job(
    trainer: Trainer,
    data: Dataset,
    plan: MembershipPlan,
    seeds: Seeds,
    *,
    query_on: Ints | Dataset | None = None,
    signal: Signal = whole,
) -> ShadowJob:
    """Return what `train_shadows` would send to its workers; the parameters are those of `train_shadows`."""
    trainer = as_trainer(trainer)
    queries, _ = queries_of(data, query_on)
    return ShadowJob(trainer, data, queries, signal, plan, seeds, package_versions(trainer))


def finished_files(job: ShadowJob, folder: Path, *, only: Sequence[int] | None = None) -> dict[int, Path]:
    """Return the files of those shadows that `train_shadows` would not have to train, by number.

    Nothing is trained, written or waited for.

    Parameters
    ----------
    job : ShadowJob
        See `shadow_job`.
    folder : Path
        It need not exist.
    only : sequence of int, optional
        See `train_shadows`.
    """
    if not folder.is_dir():
        return {}
    here = replace(job, place=AnswerFolder(folder.resolve(), job.keys()))
    return {model: folder / file.name for model, file in here.finished(models_of(job.plan, only))}


def _file_of(job: ShadowJob, folder: Path, model: int, answers: Answers) -> Path:
    """Return the file of a shadow's answers, written here if its worker could not."""
    if isinstance(answers, Path):
        return folder / answers.name
    assert job.place is not None
    return write(folder, job.place.keys[model], answers)


def _trained(
    job: ShadowJob, missing: Sequence[int], workers: Workers, size: int
) -> Iterator[tuple[int, Answers, tuple[str, ...]]]:
    """Yield each shadow's answers; if workers die, go on with smaller groups."""
    bar = track(range(len(missing)), "training shadows")
    next(bar)
    pending = dict.fromkeys(missing)
    notes: tuple[str, ...] = ()
    deaths, failed = 0, Failures(len(missing))
    while pending:
        before = len(pending)
        groups = split_into_groups(job.trainer, job.plan, list(pending), size)
        try:
            for result in workers.run(train_part, job, groups):
                for model, answers in result.answers:
                    yield model, answers, (*notes, *result.notes)
                    del pending[model]
                    next(bar, None)
                failed.add(result.failures, finished=len(missing) - len(pending))
            failed.raise_any(finished=len(missing) - len(pending))
        except BrokenExecutor as error:
            for model, file in job.finished(pending):  # those that dead workers had finished
                yield model, file, notes
                del pending[model]
                next(bar, None)
            deaths = deaths + 1 if size == 1 and len(pending) == before else 0
            if deaths == 2:
                raise _dying("trained one shadow", error) from error
            size = max(1, size // 2)
            notes = (_death(job.trainer, size),)
            log.warning(notes[0])


def _death(trainer: Trainer, size: int) -> str:
    """Return the note on a process that died."""
    network = isinstance(trainer, NetworkTrainer)
    on = f"going on with groups of {size}" if network else "its work is done again"
    return f"A process died, perhaps for lack of memory: {on}."


def _dying(doing: str, error: BrokenExecutor) -> ModelError:
    return ModelError(
        f"a process that died while it {doing} ({first_line(error)})",
        expected="memory for one shadow per process",
        fix="Use fewer processes, or bring fewer records; finished shadows are kept.",
    )


def _tuned(
    job: ShadowJob,
    missing: Sequence[int],
    workers: Workers,
    *,
    group_size: int | None,
    device: str | None,
    most: int | None,
) -> tuple[ShadowJob, int, list[str]]:
    """Return the job with its device, the size of groups, and notes on how they were chosen."""
    if not isinstance(job.trainer, NetworkTrainer):
        return job, 1, []
    trainer, count = job.trainer, workers.count
    steps = trainer.settings.epochs * steps_per_epoch(trainer, job.plan, missing[0])
    share = -(-len(missing) // count)
    largest = min(most or share, group_size or min(share, 256))
    request = TuningRequest(() if device is None else (device,), group_size, share, steps, largest)
    timings, notes = _measured(job, workers, request)
    on, size = fastest(timings)
    further = list(dict.fromkeys(note for timing in timings for note in timing.notes))
    for note in further:
        log.warning(note)
    job = replace(job, trainer=trainer.with_settings(replace(trainer.settings, device=on)))
    return job, balanced(len(missing), size, count), notes + further


def _measured(
    job: ShadowJob, workers: Workers, request: TuningRequest
) -> tuple[list[StepTimings], list[str]]:
    """Return what each worker measured, and notes; if one dies of it, they try smaller groups."""
    notes: list[str] = []
    while True:
        try:
            return list(workers.run(measure_part, job, [request] * workers.count)), notes
        except BrokenExecutor as error:
            if request.most == 1 and notes:
                raise _dying("tried one shadow", error) from error
            request = replace(request, most=max(1, request.most // 4))
            notes = [_death(job.trainer, request.most)]
            log.warning(notes[0])
