"""``mlleaks shadows``: many shadow models of a data set, on this machine or on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlleaks.cli.options import (
    MODEL,
    WHERE,
    Address,
    Backend,
    BackendName,
    Data,
    Device,
    Epochs,
    Gpus,
    Jobs,
    PrecisionName,
    Seed,
    SignalName,
    TrainerName,
    label,
    one_of,
    out,
    trainer,
)
from mlleaks.cli.stopping import KEPT, say_on_stop

if TYPE_CHECKING:
    from mlleaks.shadows import Shadows
    from mlleaks.types import Dataset


def shadows(
    data: Data,
    models: Annotated[
        int,
        typer.Option(help="Number of shadow models. A larger number later keeps those that are trained."),
    ] = 64,
    trainer: Annotated[
        str, trainer("How the shadow models are trained: a name, or package.module:attribute.")
    ] = TrainerName.MLP,
    epochs: Epochs = None,
    precision: Annotated[
        str | None,
        one_of(
            PrecisionName,
            "precision",
            "Precision of training, for cnn and mlp; bfloat16 may be faster.",
            panel=MODEL,
        ),
    ] = None,
    label: Annotated[str | None, label()] = None,
    signal: Annotated[
        str,
        one_of(
            SignalName,
            "signal",
            "What is stored of each answer: the posteriors (one number per class), or one number per record: "
            "true-posterior (that of the true class) or scaled-logit (its log odds, for LiRA).",
        ),
    ] = SignalName.POSTERIORS,
    backend: Backend = BackendName.PROCESSES,
    jobs: Jobs = None,
    address: Address = None,
    gpus: Gpus = 0,
    group_size: Annotated[
        int | None,
        typer.Option(
            help="Number of networks that one program trains at the same time, for cnn and mlp; default: the "
            "fastest in a short measurement.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    device: Device = "auto",
    seed: Seed = 0,
    out: Annotated[Path | None, out("runs/NAME-shadows")] = None,
) -> None:
    """Train shadow models, each on a random half of the records, and keep their answers about all records.

    They show how models answer records that they were trained on and records that they were not; attacks
    learn the difference from them. Open the result in Python: shadows =
    mlleaks.shadows.load_shadows(FOLDER); shadows.answers(0) are the answers of the first model,
    shadows.member(0) says which records it was trained on.

    You can stop at any time; the same command continues.

    Example: mlleaks shadows location --models 64 --signal scaled-logit
    """
    from mlleaks.cli.console import console, progress
    from mlleaks.cli.resolve import backend_of, device_of, records_of, signal_of, trainer_of
    from mlleaks.data.membership_plan import plan_members
    from mlleaks.seeds import Seeds
    from mlleaks.shadows import claimed, save_index, train_shadows
    from mlleaks.storage.fingerprint import describe
    from mlleaks.storage.hashing import hash_inputs
    from mlleaks.storage.names import file_name

    records = records_of(data, label)
    train = trainer_of(trainer, records.X, epochs=epochs, precision=precision)
    folder = out or Path("runs") / f"{file_name(records.name)}-shadows"
    facts = {
        "data": records.name,
        "label": _label(data, label),
        "trainer": describe(train),
        "keep": str(signal),  # the key in folders that exist
        "seed": seed,
        "records": hash_inputs(records.X, records.y)[:16],
    }
    seeds = Seeds(seed)
    membership = plan_members(len(records), models, seeds.stream("plan"))
    settings: dict[str, Any] = {
        "signal": signal_of(signal),
        "backend": backend_of(backend, jobs=jobs, address=address, gpus=gpus),
        "group_size": group_size,
        "device": device_of(device),
    }
    with say_on_stop(KEPT):
        with claimed(folder, facts), progress("training shadows"):
            trained = train_shadows(train, records, membership, seeds, folder=folder, **settings)
        save_index(trained, folder, facts)
    screen = console()
    screen.print(_summary(trained, records, signal))
    for note in trained.notes:
        screen.print(f"  note: {note}", style="yellow")
    screen.print(f"\nAnswers: {folder}  (mlleaks.shadows.load_shadows)", soft_wrap=True)


def _summary(trained: Shadows, records: Dataset, signal: str) -> str:
    """Return how many there are and, if posteriors are stored, their accuracy."""
    import numpy as np

    half = len(trained.plan.members(0))
    text = f"{len(trained)} shadow models of {records.name}, each trained on {half:,} records"
    if signal != SignalName.POSTERIORS:
        return f"{text}."
    right = []
    for model in range(len(trained)):
        hits, member = trained.answers(model).argmax(axis=1) == records.y, trained.member(model)
        right.append((hits[member].mean(), hits[~member].mean()))
    train, test = np.mean(right, axis=0)
    return f"{text}; accuracy {train:.1%} on these and {test:.1%} on the other records."


def _label(data: str, label: str | None) -> str | None:
    """Return the column of the class in a file of records; None for a data set."""
    return {".npz": label or "y", "": None}.get(Path(data).suffix.lower(), label or "label")
