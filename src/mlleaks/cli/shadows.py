"""``mlleaks shadows``: many shadow models of a data set, here or on a cluster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlleaks.cli.choices import choose
from mlleaks.errors import InputError

if TYPE_CHECKING:
    from mlleaks.shadows import Backend, Shadows, Signal
    from mlleaks.types import Dataset, Trainer

_MODELS, _WHERE = "The models", "Where they are trained"


def shadows(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="A data set (`mlleaks datasets`), or records as CSV, Parquet, NPZ."
        ),
    ],
    models: Annotated[
        int, typer.Option(help="How many; the first of them stay the same when more follow.")
    ] = 64,
    trainer: Annotated[
        str,
        typer.Option(help="boosting, cnn, forest, logistic, mlp, tree.", rich_help_panel=_MODELS),
    ] = "mlp",
    epochs: Annotated[
        int | None, typer.Option(help="Of a network; default 50.", rich_help_panel=_MODELS)
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(help="Of a network's products: float32 or bfloat16.", rich_help_panel=_MODELS),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Column of the class in a file of records; default `label` (NPZ: `y`).")
    ] = None,
    keep: Annotated[
        str, typer.Option(help="What is kept of each answer: posteriors, true-posterior, scaled-logit.")
    ] = "posteriors",
    backend: Annotated[
        str, typer.Option(help="processes, in-process, ray.", rich_help_panel=_WHERE)
    ] = "processes",
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one a core.", rich_help_panel=_WHERE)] = -1,
    address: Annotated[
        str | None,
        typer.Option(
            help="Of the Ray cluster: auto, host:port; default: one on this machine.", rich_help_panel=_WHERE
        ),
    ] = None,
    gpus: Annotated[float, typer.Option(help="That a task needs on Ray.", rich_help_panel=_WHERE)] = 0,
    stack: Annotated[
        int | None,
        typer.Option(help="Networks trained as one program; default: measured.", rich_help_panel=_WHERE),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda, ...; default: measured.", rich_help_panel=_WHERE)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Root of all random choices.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder; default runs/NAME-shadows.")] = None,
) -> None:
    """Train shadow models, each on a random half of the records, and keep what they answer about all.

    Stop it at any time; the same command goes on where it stopped.
    """
    from mlleaks.cli.console import console, progress
    from mlleaks.models import described
    from mlleaks.seeds import Seeds
    from mlleaks.shadows import plan, refuse_others, save_index, train_shadows

    records = _records(data, label)
    chosen = _trainer(trainer, records.X, {"epochs": epochs, "precision": precision})
    folder = out or Path("runs") / f"{records.name}-shadows"
    facts = {"data": records.name, "trainer": described(chosen), "keep": keep, "seed": seed}
    seeds = Seeds(seed)
    made = plan(len(records), models, seeds.stream("plan"))
    refuse_others(folder, facts)
    where = _backend(backend, jobs=jobs, address=address, gpus=gpus)
    with progress():
        trained = train_shadows(
            chosen,
            records,
            made,
            seeds,
            folder=folder,
            keep=_signal(keep),
            backend=where,
            stack=stack,
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


def _records(data: str, label: str | None) -> Dataset:
    from mlleaks.datasets import catalogue, load

    if data in catalogue():
        return load(data)
    if not Path(data).suffix:
        raise InputError(
            f"the data {data!r}",
            expected=f"one of {', '.join(catalogue())}, or a file of records (.csv, .parquet, .npz)",
            fix="See `mlleaks datasets`.",
        )
    import numpy as np

    from mlleaks.cli.records import read_records
    from mlleaks.types import Dataset

    X, y, ids = read_records({"records": Path(data)}, label, None)["records"]
    if y is None:
        raise InputError(f"no classes in {data}", expected="a column of classes", fix="Name it with --label.")
    names, numbers = np.unique(y, return_inverse=True)
    return Dataset(
        Path(data).stem, X, numbers.astype(np.int64), len(names), np.arange(len(y)) if ids is None else ids
    )


def _trainer(name: str, X: Any, settings: dict[str, Any]) -> Trainer:
    from mlleaks.cli.trainers import trainer
    from mlleaks.models import NetTrainer, as_trainer

    chosen = as_trainer(trainer(name, X))
    given = {key: value for key, value in settings.items() if value is not None}
    if not given:
        return chosen
    if not isinstance(chosen, NetTrainer):
        raise InputError(
            f"{', '.join(f'--{key}' for key in given)} for {name}", expected="cnn or mlp", fix="Leave it out."
        )
    return replace(chosen, **given)


def _signal(name: str) -> Signal:
    from mlleaks.shadows import scaled_logit, true_posterior, whole

    known: dict[str, Signal] = {
        "posteriors": whole,
        "true-posterior": true_posterior,
        "scaled-logit": scaled_logit,
    }
    return choose("--keep", name, known)


def _backend(name: str, *, jobs: int, address: str | None, gpus: float) -> Backend:
    from mlleaks.shadows import InProcess, Processes, RayCluster

    if name != "ray" and (address is not None or gpus):
        raise InputError(
            f"--address or --gpus with --backend {name}",
            expected="--backend ray",
            fix="Pass it, or leave them out.",
        )
    known: dict[str, Backend] = {
        "processes": Processes(jobs),
        "in-process": InProcess(),
        "ray": RayCluster(address=address, gpus=gpus),
    }
    return choose("--backend", name, known)
