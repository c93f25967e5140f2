"""What is known about a data set, and where its files are found."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pooch

from mlleaks.errors import DataUnavailable
from mlleaks.types import Dataset

FOLDER_VARIABLE = "MLLEAKS_DATA"
"""Environment variable: a folder of local copies, looked at before anything is downloaded."""


@dataclass(frozen=True)
class File:
    """A file of a data set: its place under the data folder, its origin, its SHA-256.

    Without an origin (``url`` empty) it is used where it is, and never downloaded.
    """

    path: str
    url: str
    sha256: str


@dataclass(frozen=True)
class Facts:
    """One data set.

    Parameters
    ----------
    name : str
    records, classes, features : int
        Checked against the loaded data in the tests.
    what, source, citation, licence : str
        For people.
    files : tuple of File
        The canonical distribution; empty where the data come with a library.
    local : tuple of File
        Another form of the same data, used instead where it lies on this machine.
    load : callable
        ``load() -> Dataset``.
    """

    name: str
    records: int
    classes: int
    features: int
    what: str
    source: str
    citation: str
    licence: str
    files: tuple[File, ...]
    load: Callable[[], Dataset]
    local: tuple[File, ...] = ()


def locate(file: File) -> Path | None:
    """Return where ``file`` lies on this machine, in the local folder or the cache, or None."""
    folders = [Path(os.environ[FOLDER_VARIABLE])] if os.environ.get(FOLDER_VARIABLE) else []
    candidates = [folder / file.path for folder in (*folders, cache_folder())]
    return next((path for path in candidates if path.is_file()), None)


def at_hand(facts: Facts) -> list[Path] | None:
    """Return where the files of a data set lie on this machine, or None if some are missing."""
    for files in (facts.local, facts.files) if facts.local else (facts.files,):
        places = [locate(file) for file in files]
        if all(places):
            return [place for place in places if place is not None]
    return None


def fetch(file: File) -> Path:
    """Return the path of ``file``, downloaded into the cache if it is nowhere, checksum verified.

    Raises
    ------
    DataUnavailable
        The download failed, or the file has another SHA-256 than it should.
    """
    path = locate(file)
    if path is not None:
        found = pooch.file_hash(str(path))
        if found != file.sha256:
            raise DataUnavailable(
                f"{path} with SHA-256 {found}",
                expected=f"{file.sha256}",
                fix="The file is damaged or another version: delete it and run again.",
            )
        return path
    target = cache_folder() / file.path
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        pooch.retrieve(file.url, f"sha256:{file.sha256}", fname=target.name, path=target.parent)
    except (OSError, ValueError) as error:
        raise DataUnavailable(
            f"{type(error).__name__} while downloading {file.url} ({error})",
            expected=f"the file {file.path}",
            fix=f"Download it by hand to {target}, or set {FOLDER_VARIABLE} to a folder that "
            f"holds {file.path}.",
        ) from None  # the message says it all; a download's own traceback is three pages long
    return target


def cache_folder() -> Path:
    """Return the folder into which downloads go (the platform's cache folder for this package)."""
    return Path(pooch.os_cache("mlleaks"))
