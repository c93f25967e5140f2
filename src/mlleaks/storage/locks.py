"""One process at a time in a place: the others are refused, or wait. A dead process holds no lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mlleaks.errors import RunExists
from mlleaks.storage.atomic import require_writable


@contextmanager
def only_run(path: Path) -> Iterator[None]:
    """Refuse other runs that write ``path`` for the time of a block.

    The lock lies beside what is written, which need not exist, and goes with the block; so do folders
    that were made for it and stay empty.

    Parameters
    ----------
    path : Path
        A file or a folder.

    Raises
    ------
    RunExists
        Another process is in such a block.
    InputError
        Nothing can be written there.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> run = Path(mkdtemp()) / "run"
    >>> with only_run(run), only_run(run):
    ...     pass
    Traceback (most recent call last):
    mlleaks.errors.RunExists: got another run that is writing ...
    """
    place = path.resolve()
    made = [parent for parent in place.parents if not parent.exists()]
    require_writable(path.parent)
    place.parent.mkdir(parents=True, exist_ok=True)

    def refuse() -> None:
        raise RunExists(
            f"another run that is writing {path}",
            expected="one at a time",
            fix="Wait until it has ended, or choose another folder with --out.",
        )

    try:
        with locked(place.with_name(f".{place.name}.lock"), refuse):
            yield
    finally:
        with suppress(OSError):  # the first that holds something, and all above it, stay
            for parent in made:
                parent.rmdir()


@contextmanager
def locked(path: Path, busy: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock of a file for the time of a block; the file is gone afterwards.

    The system takes the lock back from a process that is killed.

    Parameters
    ----------
    path : Path
        Its folder exists.
    busy : callable
        Called once if another process holds the lock: what it raises ends the attempt, else one waits.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        busy()
        lock.acquire()
    try:
        yield
    finally:
        with suppress(OSError):  # Windows deletes no open file; there filelock does it
            path.unlink(missing_ok=True)  # while it is held: who took this very file next would hold nothing
        lock.release()
