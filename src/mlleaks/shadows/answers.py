"""One file a shadow: what is kept of its answers, under the hash of all that they depend on."""

from __future__ import annotations

import hashlib
import io
import logging
import shutil
from pathlib import Path

import numpy as np

from mlleaks.errors import InputError
from mlleaks.store import write_bytes
from mlleaks.types import Floats

log = logging.getLogger(__name__)


def write(folder: Path, key: str, answers: Floats) -> Path:
    """Write one shadow's answers, whole or not at all, under their key and checksum."""
    buffer = io.BytesIO()
    np.save(buffer, answers, allow_pickle=False)
    content = buffer.getbuffer()
    path = folder / f"{key}-{_checksum(content)}.npy"
    write_bytes(path, content)
    return path


def find(folder: Path, key: str) -> Path | None:
    """Return the file of a shadow if it is there and undamaged; a damaged one is set aside."""
    for file in sorted(folder.glob(f"{key}-*.npy")):
        if file.stem.endswith(_checksum(file.read_bytes())):
            return file
        log.warning("%s is damaged: set aside, its shadow is trained again", file)
        file.rename(file.with_suffix(".damaged"))
    return None


def require_room(folder: Path, n_files: int, n_bytes: int) -> None:
    """Raise `InputError` if ``n_files`` of ``n_bytes`` each do not fit on the disk of ``folder``."""
    needed, free = n_files * (n_bytes + 4096), shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"{free / 1e6:,.1f} MB free in {folder}",
            expected=f"{needed / 1e6:,.1f} MB for the answers of {n_files} shadows",
            fix="Free space, choose another folder, ask about fewer records, or keep only a signal of them.",
        )


def _checksum(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
