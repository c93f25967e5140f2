"""``mlleaks demo``: train a target on a data set, audit it, and save the files to repeat the audit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mlleaks.cli.options import RUN, Overwrite, Seed, TrainerName, trainer
from mlleaks.cli.stopping import WHOLE, say_on_stop

_DEFAULT = Path("runs/demo")


def demo(
    data: Annotated[
        str, typer.Argument(metavar="[DATA]", help="A data set (see `mlleaks datasets`).")
    ] = "digits",
    trainer: Annotated[
        str, trainer("How the target is trained; cnn and mlp (the paper's) need PyTorch.", modules=False)
    ] = TrainerName.FOREST,
    seed: Seed = 0,
    out: Annotated[
        Path, typer.Option(help="Folder for the results; the default one is replaced.", rich_help_panel=RUN)
    ] = _DEFAULT,
    overwrite: Overwrite = False,
) -> None:
    """Train a classifier on a quarter of a data set, audit it, and write a report.

    The model, its records and its posteriors are saved beside the report, as files that `mlleaks audit`
    reads.

    Example: mlleaks demo location --trainer mlp
    """
    from mlleaks.auditing.audit import audit
    from mlleaks.cli.console import keep, progress
    from mlleaks.cli.examples import cut, example_files, next_steps
    from mlleaks.cli.resolve import trainer_of
    from mlleaks.datasets import load_dataset
    from mlleaks.results import runs
    from mlleaks.seeds import Seeds
    from mlleaks.storage.locks import only_run

    replace = overwrite or out == _DEFAULT
    runs.refuse_existing(out, overwrite=replace)
    records, seeds = load_dataset(data), Seeds(seed)
    train = trainer_of(trainer, records.X)
    with only_run(out):
        with say_on_stop("nothing was written"), progress():
            sides, notes = cut(records, seeds)
            model = train(sides["members"], seeds.stream("target"))
            parts: dict[str, Any] = {name: (side.X, side.y, side.ids) for name, side in sides.items()}
            report = audit(model, **parts, trainer=train, seed=seed, name=f"{trainer} on {data}")
            files = example_files(model, sides)
        with say_on_stop(WHOLE.format(out)):
            keep(report, out, overwrite=replace, files=files)
    _tell(notes, next_steps(out, files))


def _tell(notes: Sequence[str], steps: Sequence[str]) -> None:
    """Print what was done to the data, and what can be done next."""
    for note in notes:
        typer.echo(f"Data: {note}")
    if steps:
        typer.echo("\nTry next:")
    for step in steps:
        typer.echo(f"  {step}")
