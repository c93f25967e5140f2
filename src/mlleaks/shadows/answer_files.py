"""One file per shadow: the signal of its answers, named after the hash of all that they depend on."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mlleaks.errors import CorruptRun, InputError
from mlleaks.storage.atomic import sweep, write_bytes, writing
from mlleaks.types import Floats

log = logging.getLogger(__name__)

RUN_AGAIN = "Repair that and run the same again: the shadows that are finished are kept."
"""What to do where answers or their index cannot be written."""


def write(folder: Path, key: str, answers: Floats) -> Path:
    """Write one shadow's answers whole or not at all; return the file, named after key and checksum.

    Raises
    ------
    InputError
        The disk is full, or the folder cannot be written any more.
    """
    buffer = io.BytesIO()
    np.save(buffer, answers, allow_pickle=False)
    content = buffer.getbuffer()
    path = folder / f"{key}-{hashlib.sha256(content).hexdigest()[:_DIGITS]}.npy"
    write_bytes(path, content, fix=RUN_AGAIN)
    return path


def find(folder: Path, keys: Iterable[str]) -> dict[str, Path]:
    """Return the undamaged files of those shadows that have one, by key; damaged ones are set aside."""
    candidates: dict[str, list[Path]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".npy"):
                candidates.setdefault(entry.name.partition("-")[0], []).append(folder / entry.name)
    files = {key: _undamaged(candidates[key]) for key in keys if key in candidates}
    return {key: file for key, file in files.items() if file is not None}


def verify(file: Path) -> None:
    """Raise `CorruptRun` if a file of answers is gone, or its content has another checksum than its name."""
    if file.is_file() and _whole(file):
        return
    raise CorruptRun(
        f"{file}, which {'was changed since it was written' if file.is_file() else 'is gone'}",
        expected="the answers with the checksum in the file's name",
        fix="Train into that folder again (`mlleaks shadows`): only this shadow is trained again.",
    )


def open_folder(folder: Path) -> None:
    """Make ``folder`` and check that it can be written, before hours of training."""
    with writing(folder, fix="Choose another folder, or make this one writable."):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"room")
        sweep(folder)


def require_room(folder: Path, n_files: int, n_bytes: int, *, index: int = 0) -> None:
    """Raise `InputError` if ``n_files`` of ``n_bytes`` each, and an index, do not fit on the disk."""
    needed, free = n_files * (n_bytes + 4096) + index, shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"{_megabytes(free)} free in {folder}",
            expected=f"{_megabytes(needed)} for the answers of {n_files} shadow models",
            fix="Free space, choose another folder, or train fewer models.",
        )


def _megabytes(size: float) -> str:
    """Return a size for people, in enough digits that two small ones differ."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"


_DIGITS = 32
"""Of the checksum in a file's name."""


def _undamaged(files: Iterable[Path]) -> Path | None:
    for file in sorted(files):
        if _whole(file):
            return file
        log.warning("%s is damaged: set aside, its shadow is trained again", file)
        file.rename(file.with_suffix(".damaged"))
    return None


def _whole(file: Path) -> bool:
    with file.open("rb") as content:
        checksum = hashlib.file_digest(content, "sha256").hexdigest()
    return file.stem.partition("-")[2] == checksum[:_DIGITS]
