"""``mlleaks shadows``: many shadow models of a data set, here or on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlleaks.cli.choices import choose
from mlleaks.cli.stopping import KEPT, told_on_stop

if TYPE_CHECKING:
    from mlleaks.outputs.signals import Signal
    from mlleaks.shadows import Shadows
    from mlleaks.types import Dataset

_MODELS, _WHERE = "The models", "Where they are trained"


def shadows(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="A data set (`mlleaks datasets`), or a file of records: CSV, Parquet, NPZ."
        ),
    ],
    models: Annotated[
        int, typer.Option(help="How many shadow models; the first stay the same when more follow.")
    ] = 64,
    trainer: Annotated[
        str,
        typer.Option(
            help="What they are: boosting, cnn, forest, logistic, mlp or tree.", rich_help_panel=_MODELS
        ),
    ] = "mlp",
    epochs: Annotated[
        int | None,
        typer.Option(help="Epochs of training, for cnn and mlp; default 50.", rich_help_panel=_MODELS),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            help="Precision of training, for cnn and mlp: float32, or bfloat16, which may be faster.",
            rich_help_panel=_MODELS,
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="In a file of records, the column of the class; default `label` (NPZ: `y`)."),
    ] = None,
    keep: Annotated[
        str,
        typer.Option(
            help="What is kept of each answer: posteriors (one number a class), or only one number a record: "
            "true-posterior (that of the record's own class) or scaled-logit (its log odds, for LiRA)."
        ),
    ] = "posteriors",
    backend: Annotated[
        str,
        typer.Option(
            help="processes on this machine, in-process (one after another), or ray (a cluster).",
            rich_help_panel=_WHERE,
        ),
    ] = "processes",
    jobs: Annotated[
        int | None,
        typer.Option(
            help="How many processes, for --backend processes; default -1: one a core.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="Address of the Ray cluster: auto, or host:port; default: one is started on this machine.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    gpus: Annotated[
        float,
        typer.Option(help="GPUs that each task on Ray needs; 0.5 for half of one.", rich_help_panel=_WHERE),
    ] = 0,
    stack: Annotated[
        int | None,
        typer.Option(
            help="How many networks are trained together as one program, for cnn and mlp; "
            "default: what a short measurement finds fastest.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            help="Where cnn and mlp are trained: cpu, cuda, cuda:1; default: the fastest, measured.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Root of all random choices.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder; default runs/NAME-shadows.")] = None,
) -> None:
    """Train shadow models, each on a random half of the records, and keep what they answer about all.

    They show how models answer records that they were trained on and records that they were not, and
    attacks learn the difference from them. Open the result in Python: shadows =
    mlleaks.shadows.load_shadows(FOLDER); shadows.answers(0) are the first one's answers,
    shadows.member(0) says which records it was trained on.

    Stop it at any time; the same command goes on where it stopped.

    Example: mlleaks shadows location --models 64 --keep scaled-logit
    """
    from mlleaks.cli.backends import backend_of
    from mlleaks.cli.console import console, progress
    from mlleaks.cli.records import records_of
    from mlleaks.cli.trainers import configured
    from mlleaks.data.membership_plan import plan
    from mlleaks.seeds import Seeds
    from mlleaks.shadows import claimed, save_index, train_shadows
    from mlleaks.storage.fingerprint import describe
    from mlleaks.storage.hashing import hash_inputs
    from mlleaks.storage.names import file_name

    records = records_of(data, label)
    chosen = configured(trainer, records.X, {"epochs": epochs, "precision": precision})
    folder = out or Path("runs") / f"{file_name(records.name)}-shadows"
    facts = {
        "data": records.name,
        "label": _label(data, label),
        "trainer": describe(chosen),
        "keep": keep,
        "seed": seed,
        "records": hash_inputs(records.X, records.y)[:16],
    }
    seeds = Seeds(seed)
    made = plan(len(records), models, seeds.stream("plan"))
    where = backend_of(backend, jobs=jobs, address=address, gpus=gpus)
    signal = _signal(keep)
    with told_on_stop(KEPT):
        with claimed(folder, facts), progress("training shadows"):
            trained = train_shadows(
                chosen,
                records,
                made,
                seeds,
                folder=folder,
                signal=signal,
                backend=where,
                group_size=stack,
                device=device,
            )
        save_index(trained, folder, facts)
    out_ = console()
    out_.print(_summary(trained, records, keep))
    for note in trained.notes:
        out_.print(f"  note: {note}", style="yellow")
    out_.print(f"\nAnswers: {folder}  (mlleaks.shadows.load_shadows)", soft_wrap=True)


def _summary(trained: Shadows, records: Dataset, keep: str) -> str:
    """Return how many there are and, if that can be told, how often they are right."""
    import numpy as np

    half = len(trained.plan.members(0))
    told = f"{len(trained)} shadow models of {records.name}, each trained on {half:,} records"
    if keep != "posteriors":
        return f"{told}."
    right = []
    for model in range(len(trained)):
        hits, member = trained.answers(model).argmax(axis=1) == records.y, trained.member(model)
        right.append((hits[member].mean(), hits[~member].mean()))
    own, others = np.mean(right, axis=0)
    return f"{told}; right on {own:.1%} of these and on {others:.1%} of the others."


def _label(data: str, label: str | None) -> str | None:
    """Return the column of the class in a file of records; None for a data set."""
    return {".npz": label or "y", "": None}.get(Path(data).suffix.lower(), label or "label")


def _signal(name: str) -> Signal:
    from mlleaks.outputs.signals import scaled_logit, true_posterior, whole

    known: dict[str, Signal] = {
        "posteriors": whole,
        "true-posterior": true_posterior,
        "scaled-logit": scaled_logit,
    }
    return choose("--keep", name, known)
