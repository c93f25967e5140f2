"""A cache of decoded arrays, stored beside the downloads because decoding is slow."""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pooch
import sklearn
from numpy.typing import NDArray

from mlleaks.errors import InputError
from mlleaks.storage import atomic

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
_VERSION = 1  # to be raised with every change of what a loader decodes
_log = logging.getLogger(__name__)


def decoded(path: Path, make: Callable[[], Arrays], *, name: str) -> Arrays:
    """Return ``make()``, or what it returned when it last saw the same file.

    Parameters
    ----------
    path : Path
        The file that ``make`` decodes.
    make : callable
        ``make() -> arrays by name``; a function of the file's content alone.
    name : str
        What is decoded; with the file's SHA-256 it names the copy.

    Notes
    -----
    Copies are NPZ files without pickle, written whole or not at all; NPZ checks its own CRC-32 on
    reading. A copy that is broken is written again, and one that cannot be written is done without.
    """
    place = folder() / f"{name}-{_key(path)}.npz"
    arrays = _read(place)
    if arrays is None:
        arrays = make()
        _write(place, arrays)
    return arrays


def folder() -> Path:
    """Return where the copies are; the folder can be deleted at any time."""
    return atomic.cache_folder() / "decoded"


def _key(path: Path) -> str:
    """Name the content, the format and the version of scikit-learn, which weights words and clusters."""
    parts = f"{_VERSION} {sklearn.__version__} {pooch.file_hash(str(path))}"
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _read(place: Path) -> Arrays | None:
    if not place.is_file():
        return None
    try:
        with place.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        _log.warning("%s is broken (%s) and is made again", place, error)
        return None


def _write(place: Path, arrays: Arrays) -> None:
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]  # names are the loaders' own
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(place, content.getbuffer())
    except (OSError, InputError) as error:
        _log.warning("%s cannot be written (%s): decoding is repeated next time", place, error)
