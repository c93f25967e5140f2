"""Canaries: records that were made up, each of which was added to the training data by its own fair coin."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlleaks.data.stored_columns import Arrays, pack_column, unpack_column
from mlleaks.data.stored_records import pack_records, unpack_records
from mlleaks.errors import DataUnavailable, InputError
from mlleaks.runtime.foreign_code import reading
from mlleaks.storage.atomic import write_bytes
from mlleaks.storage.hashing import checksum, hash_inputs
from mlleaks.types import Bools, Ids, Records

SCHEMA, FILE = 1, "canaries.npz"
_EXPECTED = "a file of canaries, as CanarySet.save or `mlleaks canaries` writes it"
_FIX = "Use an unchanged copy of the file; without one, plant new canaries and train again."


@dataclass(frozen=True)
class CanarySet:
    """All canaries, those that are in the training data and those that are not.

    Who trains the model must not see it: the coins are secret until the audit.

    Parameters
    ----------
    X : array (n, ...), sparse matrix (n, d) or DataFrame
        The records, in the form of the training data.
    y : array (n,)
        Their classes, as the training data name them; deliberately wrong ones.
    ids : array (n,)
        What each canary is called, also in training data that have ids.
    included : bool array (n,)
        The coins: which canaries are in the training data.

    Raises
    ------
    InputError
        The parts differ in length.
    """

    X: Records
    y: Any
    ids: Ids
    included: Bools

    def __post_init__(self) -> None:
        lengths = {int(self.X.shape[0]), len(self.y), len(self.ids), len(self.included)}
        if len(lengths) > 1:
            raise InputError(
                f"parts of {sorted(lengths)} canaries",
                expected="as many classes, ids and coins as records",
                fix="Use what mlleaks.canaries returned.",
            )

    def __len__(self) -> int:
        return len(self.included)

    def __repr__(self) -> str:
        return f"CanarySet({len(self)} canaries)"

    def save(self, path: str | Path) -> Path:
        """Write all canaries and their coins to a file, whole or not at all; return its path.

        Parameters
        ----------
        path : path
            A file, by custom ``.npz``; or a folder that exists, in which the file is called `FILE`.

        Raises
        ------
        InputError
            It cannot be written, or a column holds neither text nor numbers.
        """
        place = _file(Path(path))
        records, arrays = pack_records(self.X, "X")
        classes, more = pack_column(pd.Series(self.y), "y")
        arrays |= more | {"included": self.included, "ids": self.ids.astype(str)}
        document = {"schema": SCHEMA, "records": records, "classes": classes}
        document["arrays_sha256"] = _hash(arrays)
        document["sha256"] = checksum(document)
        content = BytesIO()
        text = np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)
        np.savez_compressed(content, document=text, **arrays)  # type: ignore[arg-type]  # names are ours
        write_bytes(place, content.getvalue())
        return place

    @classmethod
    def load(cls, path: str | Path) -> CanarySet:
        """Return the canaries of a file, or of the folder that `mlleaks canaries` wrote.

        Raises
        ------
        DataUnavailable
            There is no such file.
        InputError
            It is no file of canaries, of another version, or was changed.
        """
        place = _file(Path(path))
        if not place.is_file():
            raise DataUnavailable(f"no file {place}", expected=_EXPECTED, fix="Check the path.")
        with reading(place, expected=_EXPECTED, fix=_FIX):
            with place.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays: Arrays = {name: archive[name] for name in archive.files}
            document = json.loads(arrays.pop("document").tobytes())
            unchanged = checksum(document) == document["sha256"]
            if not unchanged or _hash(arrays) != document["arrays_sha256"]:
                raise InputError(
                    f"canaries in {place} that were changed after they were written",
                    expected=_EXPECTED,
                    fix=_FIX,
                )
            if document["schema"] != SCHEMA:
                got = f"canaries in {place} in the form {document['schema']}"
                raise InputError(got, expected=f"the form {SCHEMA}", fix="Update mlleaks.")
            X = unpack_records(document["records"], arrays, "X")
            y = unpack_column(document["classes"], arrays, "y").to_numpy()
            return cls(X, y, arrays["ids"], arrays["included"])


def _file(path: Path) -> Path:
    return path / FILE if path.is_dir() else path


def _hash(arrays: Arrays) -> str:
    """Return the checksum of all arrays with their names."""
    return hash_inputs(*(part for name in sorted(arrays) for part in (name, arrays[name])))
