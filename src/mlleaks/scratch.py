"""Files that are there whole or not at all, what a killed writer left of them, and where copies are kept."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from tempfile import TemporaryFile

from mlleaks.errors import InputError


def cache_folder() -> Path:
    """Return the platform's cache folder for this package: downloads, and copies of what is slow to make."""
    import pooch  # a command that caches nothing need not load it

    return Path(pooch.os_cache("mlleaks"))


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, in UTF-8."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write a file whole or not at all."""
    scratch = scratch_of(path)
    try:
        scratch.write_bytes(content)
        flush(scratch)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def require_writable(folder: Path) -> None:
    """Raise an error before long work if a folder cannot be made or written into; leave all as it was.

    Raises
    ------
    InputError
        Its nearest parent that exists, or itself, takes no file.
    """
    try:
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        with TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise InputError(
            f"the folder {folder}, in which nothing can be written ({error.strerror})",
            expected="one that can be written into",
            fix="Choose another folder, or give it the rights or the room.",
        ) from error


def scratch_of(path: Path) -> Path:
    """Return where this process writes what becomes ``path``: beside it, hidden."""
    return path.with_name(f".{path.name}.{_host()}.{os.getpid()}")


def sweep(folder: Path) -> None:
    """Delete the scratch of processes of this machine that are gone."""
    if os.name != "posix":  # elsewhere asking whether a process runs may end it
        return
    for file in folder.glob(".*"):
        head, _, pid = file.name.rpartition(".")
        if head.endswith(f".{_host()}") and pid.isdecimal() and not _runs(int(pid)):
            file.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _host() -> str:
    return platform.node().replace(".", "-") or "here"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # of another user
    return True
