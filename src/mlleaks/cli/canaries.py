"""``mlleaks canaries``: training data with canaries in it, for an audit of the model trained on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlleaks.cli.options import label
from mlleaks.cli.stopping import WHOLE, say_on_stop


def canaries(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A file of training records: CSV, Parquet, NPZ.")
    ],
    out: Annotated[Path, typer.Option(help="New folder for the training records and the canaries.")],
    n: Annotated[
        int,
        typer.Option(
            "--n",
            help="Number of canaries, about half of them included; more can show a larger epsilon.",
        ),
    ] = 1000,
    label: Annotated[str | None, label()] = None,
    coin_seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Seed of canaries and coins, which must stay as secret as these; default: a new random one.",
        ),
    ] = None,
) -> None:
    """Plant canaries in training records: made-up records with wrong classes, each included by a fair coin.

    Train the model on all records of the file `training` in the new folder. Keep `canaries.npz` to yourself
    until then. Afterwards, `mlleaks audit MODEL --canaries FOLDER` bounds epsilon by the model's answers.

    Example: mlleaks canaries members.csv --n 1000 --out planted
    """
    from mlleaks.cli.console import console
    from mlleaks.data.canary_files import TRAINING, plant_in_file
    from mlleaks.data.canary_set import FILE

    with say_on_stop(WHOLE.format(out)):
        planted = plant_in_file(data, n, out, label=label, seed=coin_seed)
    screen = console()
    screen.print(f"{int(planted.included.sum()):,} of {len(planted):,} canaries are in the training records.")
    screen.print(f"Train on: {out / f'{TRAINING}{data.suffix.lower()}'}", soft_wrap=True)
    screen.print(f"Keep secret until the model is trained: {out / FILE}", soft_wrap=True)
    screen.print(f"Then audit: mlleaks audit MODEL --canaries {out}", soft_wrap=True)
