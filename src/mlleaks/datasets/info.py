"""The description of a data set and of its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlleaks.types import Dataset


@dataclass(frozen=True)
class File:
    """A file of a data set: its place under the data folder, its origin, its SHA-256.

    Without an origin (``url`` empty) it is used where it is, and never downloaded. Without a checksum
    (``sha256`` empty: the origin publishes none) it is not verified. ``repacked`` are the checksums
    of files with the same content in another wrapper.
    """

    path: str
    url: str
    sha256: str
    repacked: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetInfo:
    """One data set.

    Parameters
    ----------
    name : str
    records, classes, features : int
        Checked against the loaded data in the tests.
    what, source, citation, licence : str
        Descriptions for people.
    files : tuple of File
        The canonical distribution; empty where the data are bundled with a library.
    local : tuple of File
        Another form of the same data, used instead if it is on this machine.
    differs : str
        How the local form differs from the canonical one; empty where it does not.
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
    differs: str = ""
