"""The files that a demo saves beside its report, and the commands that repeat its audit with them."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from mlleaks.data.guards import without_repeats
from mlleaks.data.splits import four_way_split
from mlleaks.errors import MissingExtra
from mlleaks.models import save_model
from mlleaks.outputs.query import observe
from mlleaks.seeds import Seeds
from mlleaks.types import Dataset, MemberSplit, Model

SIDES = ("members", "nonmembers", "shadow")
LARGEST = 5_000_000
"""Numbers in all records up to which the demo copies them."""
_MODEL, _POSTERIORS = "model.mlleaks", "posteriors.csv"


def cut(data: Dataset, seeds: Seeds) -> tuple[dict[str, Dataset], tuple[str, ...]]:
    """Return the records of each of `SIDES` (two quarters of a data set and the rest), and notes on them."""
    records, notes = without_repeats(data, "records")
    first, second, *rest = four_way_split(records, seeds.stream("split"))
    parts = (first, second, np.concatenate(rest))
    return {name: records.take(part) for name, part in zip(SIDES, parts, strict=True)}, notes


def example_files(model: Model, sides: Mapping[str, Dataset]) -> dict[str, str | bytes]:
    """Return files for `mlleaks audit` by name: the model, a table per side, the model's posteriors.

    Parameters
    ----------
    model : Model
    sides : mapping of each of `SIDES` to Dataset
        What the model was trained on, what it was not trained on, and further records.

    Returns
    -------
    dict of str to str or bytes
        Empty if the records are no table of numbers (images, sparse matrices) or have more than `LARGEST`
        numbers; without the model if the extra that saves it is not installed.
    """
    records = [side.X for side in sides.values()]
    if not all(isinstance(X, np.ndarray) and X.ndim == 2 for X in records):
        return {}
    if sum(X.size for X in records) > LARGEST:
        return {}
    tables = {f"{name}.csv": _records(side) for name, side in sides.items()}
    tables[_POSTERIORS] = _posteriors(model, MemberSplit(sides["members"], sides["nonmembers"]))
    files: dict[str, str | bytes] = {name: table.to_csv(index=False) for name, table in tables.items()}
    try:
        return files | {_MODEL: _saved(model)}
    except MissingExtra:
        return files


def next_steps(folder: Path, files: Collection[str]) -> list[str]:
    """Return the commands that audit the files of `example_files`, one per line.

    Examples
    --------
    >>> next_steps(Path("runs/demo"), ["posteriors.csv"])[0]
    'mlleaks audit runs/demo/posteriors.csv'
    """
    if not files:
        return []
    steps = [shlex.join(["mlleaks", "audit", str(folder / _POSTERIORS)])]
    if _MODEL not in files:
        return [*steps, "pip install 'mlleaks[skops]'  # then the demo also saves the model"]
    options = [(f"--{side}", str(folder / f"{side}.csv")) for side in SIDES]
    audit = ["mlleaks", "audit", str(folder / _MODEL), *chain(*options)]
    stronger = [*audit, "--shadows", "16", "--out", str(folder.parent / "strong")]
    return [*steps, shlex.join(audit), shlex.join(stronger)]


def _records(side: Dataset) -> pd.DataFrame:
    features = pd.DataFrame(side.X, columns=[f"x_{i}" for i in range(side.X.shape[1])])
    return pd.concat([pd.DataFrame({"record_id": side.ids, "label": side.y}), features], axis=1)


def _posteriors(model: Model, split: MemberSplit) -> pd.DataFrame:
    observations = observe(model, split)
    answers = pd.DataFrame(observations.outputs.posteriors).add_prefix("p_")
    labels = observations.outputs.labels
    columns = {"record_id": observations.ids, "member": observations.member, "label": labels}
    return pd.concat([pd.DataFrame(columns), answers], axis=1)


def _saved(model: Model) -> bytes:
    with TemporaryDirectory() as folder:
        return save_model(model, Path(folder) / _MODEL).read_bytes()
