"""Files that are there whole or not at all, and what a killed writer left of them."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from mlleaks.errors import InputError, MLLeaksError

_EXPECTED = "a place that can be written, with room on its disk"
_FIX = "Free space, give the rights, or choose another place."


def utf8(text: str) -> bytes:
    r"""Return text as UTF-8; what is no Unicode (half a surrogate pair) as an escape.

    Examples
    --------
    >>> utf8("a\udc80")
    b'a\\udc80'
    """
    return text.encode("utf-8", "backslashreplace")


def write_text(path: Path, text: str, *, fix: str = _FIX) -> None:
    """Write a file whole or not at all, in UTF-8; see `write_bytes`."""
    write_bytes(path, utf8(text), fix=fix)


def write_bytes(path: Path, content: bytes | memoryview, *, fix: str = _FIX) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    InputError
        The disk is full, or the place cannot be written; nothing is left behind. ``fix`` says what to do.
    """
    scratch = scratch_of(path)
    with writing(path, fix=fix):
        try:
            scratch.write_bytes(content)
            flush(scratch)
            scratch.replace(path)
        finally:
            with suppress(OSError):  # the first error says more
                scratch.unlink(missing_ok=True)


@contextmanager
def writing(place: Path, *, fix: str = _FIX) -> Iterator[None]:
    """Turn the system's refusal to write to a place into an error that says what can be done.

    Parameters
    ----------
    place : Path
        What is written.
    fix : str
        What the user can do about it, as an imperative sentence.

    Raises
    ------
    InputError
        A full disk, a place without rights, a name that is too long, a file where a folder should be.
    """
    try:
        yield
    except MLLeaksError:
        raise
    except OSError as error:
        raise InputError(
            f"{place}, which cannot be written ({error.strerror or error})", expected=_EXPECTED, fix=fix
        ) from error


def is_unwritable(error: MLLeaksError) -> bool:
    """Return whether an error, perhaps of another process, says that something cannot be written.

    Who goes on after other refusals must stop at this one: the next step would meet it, too.
    """
    return error.expected == _EXPECTED


def require_writable(folder: Path) -> None:
    """Raise an error before long work if a folder cannot be made or written into; leave all as it was.

    Raises
    ------
    InputError
        Its nearest parent that exists, or itself, takes no file.
    """
    with writing(folder, fix="Choose another folder, or give it the rights or the room."):
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        with TemporaryFile(dir=there) as probe:
            probe.write(b"room")


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
