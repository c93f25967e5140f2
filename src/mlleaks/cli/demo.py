"""``mlleaks demo``: train a target on a data set, audit it, and leave the files to do it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mlleaks.cli.stopping import WHOLE, told_on_stop

_DEFAULT = Path("runs/demo")


def demo(
    data: Annotated[str, typer.Option(help="A data set of `mlleaks datasets`.")] = "digits",
    target: Annotated[
        str, typer.Option(help="What is trained: forest, logistic, tree or mlp (the paper's; needs torch).")
    ] = "forest",
    seed: Annotated[int, typer.Option(min=0, help="Root of all random choices.")] = 0,
    out: Annotated[Path, typer.Option(help="Run folder; the default one is replaced.")] = _DEFAULT,
    overwrite: Annotated[bool, typer.Option(help="Replace a run that is there.")] = False,
) -> None:
    """Train a classifier on a quarter of a data set, audit it, and write a report.

    Model, records and posteriors stay beside the report, as files that `mlleaks audit` takes.

    Example: mlleaks demo --data location --target mlp
    """
    from mlleaks.auditing.audit import audit
    from mlleaks.cli.console import keep, progress
    from mlleaks.cli.examples import cut, example_files, next_steps
    from mlleaks.cli.trainers import trainer
    from mlleaks.datasets import load_dataset
    from mlleaks.models import as_trainer
    from mlleaks.results import runs
    from mlleaks.seeds import Seeds
    from mlleaks.storage.locks import only_run

    replace = overwrite or out == _DEFAULT
    runs.refuse_existing(out, overwrite=replace)
    records, seeds = load_dataset(data), Seeds(seed)
    train = as_trainer(trainer(target, records.X))
    with only_run(out):
        with told_on_stop("nothing was written"), progress():
            sides, notes = cut(records, seeds)
            model = train(sides["members"], seeds.stream("target"))
            given: dict[str, Any] = {name: (side.X, side.y, side.ids) for name, side in sides.items()}
            report = audit(model, **given, trainer=train, seed=seed, name=f"{target} on {data}")
            files = example_files(model, sides)
        with told_on_stop(WHOLE.format(out)):
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
