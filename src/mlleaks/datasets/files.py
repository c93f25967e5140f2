"""The files of data sets: in the user's folder, in the cache, or downloaded and checked."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pooch

from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.errors import DataUnavailable
from mlleaks.storage.atomic import cache_folder

FOLDER_VARIABLE = "MLLEAKS_DATA"
"""Environment variable: a folder of local copies, searched before anything is downloaded."""


def locate(file: File) -> Path | None:
    """Return where ``file`` lies on this machine, in the local folder or the cache, or None."""
    folders = [Path(os.environ[FOLDER_VARIABLE])] if os.environ.get(FOLDER_VARIABLE) else []
    candidates = [folder / file.path for folder in (*folders, cache_folder())]
    return next((path for path in candidates if path.is_file()), None)


def at_hand(info: DatasetInfo) -> list[Path] | None:
    """Return where the files of a data set lie on this machine, or None if some are missing."""
    for files in (info.local, info.files) if info.local else (info.files,):
        places = [locate(file) for file in files]
        if all(places):
            return [place for place in places if place is not None]
    return None


def fetch(file: File) -> Path:
    """Return the path of ``file`` after its checksum is verified; it is downloaded if it is nowhere.

    A file whose origin publishes no checksum is not verified; its reader must detect damage.

    Raises
    ------
    DataUnavailable
        The download failed, or the file has an unexpected SHA-256.
    """
    path = locate(file)
    if path is not None:
        _verify(path, file)
        return path
    target = cache_folder() / file.path
    pooch.get_logger().setLevel(logging.WARNING)
    checksum = f"sha256:{file.sha256}" if file.sha256 else None
    try:
        pooch.retrieve(file.url, checksum, fname=target.name, path=target.parent)
    except (OSError, ValueError) as error:
        raise DataUnavailable(
            f"{type(error).__name__} while downloading {file.url} ({error})",
            expected=f"the file {file.path}",
            fix=f"Download it by hand to {target}, or set {FOLDER_VARIABLE} to a folder that "
            f"holds {file.path}.",
        ) from None  # the message suffices; a download's own traceback is three pages long
    return target


def _verify(path: Path, file: File) -> None:
    """Raise unless ``path`` has a checksum of ``file``, or its origin publishes none."""
    valid = (file.sha256, *file.repacked)
    if file.sha256 and (actual := pooch.file_hash(str(path))) not in valid:
        raise DataUnavailable(
            f"{path} with SHA-256 {actual}",
            expected=" or ".join(valid),
            fix="The file is damaged or another version: delete it and run again.",
        )


def checksums(info: DatasetInfo) -> tuple[str, ...]:
    """Return the SHA-256 of each file that a data set is read from; missing files are downloaded.

    Raises
    ------
    DataUnavailable
        See `fetch`.
    """
    files = info.local if info.local and all(map(locate, info.local)) else info.files
    return tuple(pooch.file_hash(str(fetch(file))) for file in files)
