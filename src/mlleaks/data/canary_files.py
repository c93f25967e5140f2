"""Planting canaries in a file of training data; the result has the same format."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.canaries import canaries
from mlleaks.data.canary_set import CanarySet
from mlleaks.data.record_files import without_unnamed
from mlleaks.data.tables import ID, read_table
from mlleaks.errors import RunExists
from mlleaks.storage.atomic import flush, owner, sweep, writing
from mlleaks.storage.atomic_folder import put_in_place

TRAINING = "training"
"""The name of the file of training records, without its suffix."""


def plant_in_file(path: Path, n: int, folder: Path, *, label: str | None, seed: int | None) -> CanarySet:
    """Write a file of training data with canaries in it, and one of all canaries, to a new folder.

    The first is called `TRAINING` and has the format of the file that came. The folder appears whole or not
    at all. The parameters are those of `mlleaks.canaries`.

    Raises
    ------
    RunExists
        The folder exists. It is never replaced: without its coins a trained model cannot be audited.
    InputError
        The file cannot be read, or what `mlleaks.canaries` refuses; the folder cannot be written.
    """
    if folder.exists():
        raise RunExists(
            f"a folder at {folder}",
            expected="a place where nothing is yet: the canaries of a trained model must not be lost",
            fix="Choose another folder with --out.",
        )
    suffix = path.suffix.lower()
    name = label or ("y" if suffix == ".npz" else "label")
    table = read_table(path, text=(ID, name))
    if isinstance(table, pd.DataFrame):
        table = without_unnamed(table, None, path)
    training, planted = canaries(table, n, label=name, seed=seed)
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}.", suffix=owner(), dir=folder.parent
        ) as temporary:
            new = Path(temporary) / "new"
            new.mkdir()
            _write(training, new / f"{TRAINING}{suffix}")
            planted.save(new)
            for place in (*new.iterdir(), new):
                flush(place)
            put_in_place(new, folder, Path(temporary) / "old")
        sweep(folder.parent, f"{folder.name}.")
    return planted


def _write(training: Any, path: Path) -> None:
    if isinstance(training, Mapping):
        np.savez_compressed(path, **training)
    elif path.suffix == ".parquet":
        training.to_parquet(path, engine="pyarrow", index=False)
    else:
        training.to_csv(path, index=False)
