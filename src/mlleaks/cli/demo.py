"""``mlleaks demo``: train a target on a data set, audit it, by the paper's protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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

    Example: mlleaks demo --data location --target mlp
    """
    from mlleaks import store
    from mlleaks.auditing import audit_trainer
    from mlleaks.cli.console import keep, progress
    from mlleaks.cli.trainers import trainer
    from mlleaks.datasets import load
    from mlleaks.scratch import require_writable

    replace = overwrite or out == _DEFAULT
    store.refuse_existing(out, overwrite=replace)
    require_writable(out)
    records = load(data)
    chosen: Any = trainer(target, records.X)
    with progress():
        report = audit_trainer(records, chosen, seed=seed, name=f"{target} on {data}")
    keep(report, out, overwrite=replace)
