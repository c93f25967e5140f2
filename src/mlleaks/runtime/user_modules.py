"""Modules of the user's that lie in the current folder: here, and in worker processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_folders: list[str] = []
"""The folders that modules may have been imported from, in the order of their first use."""


@contextmanager
def current_folder() -> Iterator[None]:
    """Let modules of the current folder be imported, after all installed ones, and only meanwhile.

    A file that lies beside a model must not stand in for a library that this package imports later. Worker
    processes, which get functions by the names of their modules, search the folder all the time.
    """
    place = str(Path.cwd())
    if place not in _folders:
        _folders.append(place)
    sys.path.append(place)
    try:
        yield
    finally:
        del sys.path[len(sys.path) - 1 - sys.path[::-1].index(place)]


def folders_of_modules() -> tuple[str, ...]:
    """Return the folders in which worker processes must look for modules of the user's."""
    return tuple(_folders)


def search_also(folders: Sequence[str]) -> None:
    """Let modules of these folders be imported in this process, after all installed ones.

    Examples
    --------
    >>> search_also(sys.path[-1:])
    """
    sys.path.extend(folder for folder in folders if folder not in sys.path)
