"""Files that are written whole or not at all, cleaning up after killed processes, and the cache folder."""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile, gettempdir, mkdtemp

from mlleaks.errors import InputError, MLLeaksError

_EXPECTED = "a place that can be written, with room on its disk"
_FIX = "Free space, give the rights, or choose another place."


def cache_folder() -> Path:
    """Return the platform's cache folder for this package: downloads, and copies of what is slow to make.

    Who has no home folder (a container's user without a name) has one for the time of the process.
    """
    import pooch  # a command that caches nothing need not load it

    try:
        return Path(pooch.os_cache("mlleaks"))
    except RuntimeError:  # of `Path.expanduser`
        return temporary_folder() / "cache"


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
    temporary = temporary_path(path)
    with writing(path, fix=fix):
        file = temporary.open("xb")  # new: a link that somebody has put there is not followed
        try:
            with file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            with suppress(OSError):  # the first error says more
                temporary.unlink(missing_ok=True)


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


def temporary_path(path: Path) -> Path:
    """Return where this process may write what becomes ``path``: beside it, hidden, new at each call."""
    return path.with_name(f".{path.name}.{token_hex(4)}{owner()}")


def owner() -> str:
    """Return the end of a name by which `sweep` knows whose a file or folder is: system and process."""
    return f".{_system()}.{os.getpid()}"


def sweep(folder: Path, name: str = "") -> list[int]:
    """Delete temporary files and folders of dead processes of this system; return those processes' numbers.

    A container whose processes have numbers of their own is another system.

    Parameters
    ----------
    folder : Path
    name : str
        Only those of files or folders whose name begins with this.
    """
    if os.name != "posix":  # elsewhere asking whether a process runs may end it
        return []
    gone = []
    for path in folder.glob(".*"):
        head, _, pid = path.name.rpartition(".")
        ours = head.startswith(f".{name}") and head.endswith(f".{_system()}") and pid.isdecimal()
        if ours and not _runs(int(pid)):
            gone.append(int(pid))
            _delete(path)
    return gone


@cache
def temporary_folder() -> Path:
    """Return this process's folder for temporary files: deleted when it ends, or after its death.

    A process that is killed deletes nothing: `sweep_temporary` does it, here or at the start of a command.
    """
    sweep_temporary()
    folder = Path(mkdtemp(prefix=f".{_TEMPORARY}", suffix=owner()))
    atexit.register(_delete_own, folder, os.getpid())
    return folder


def sweep_temporary() -> None:
    """Delete the temporary folders of killed processes, and what these left in shared memory."""
    for pid in sweep(Path(gettempdir()), _TEMPORARY):
        for semaphore in Path("/dev/shm").glob(f"sem.loky-{pid}-*"):  # noqa: S108 (they lie nowhere else)
            _delete(semaphore)


_TEMPORARY = "mlleaks-"


def _delete_own(folder: Path, pid: int) -> None:
    """Delete a folder, unless this is a fork of the process that made it."""
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)


def _delete(path: Path) -> None:
    """Delete a file or a folder; another user's stays."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@cache
def _system() -> str:
    """Return a short name of this machine and, on Linux, of the namespace of its processes' numbers."""
    namespace = Path("/proc/self/ns/pid")
    number = namespace.stat().st_ino if namespace.exists() else 0
    return hashlib.sha256(f"{platform.node()} {number}".encode()).hexdigest()[:12]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # of another user
    return True
