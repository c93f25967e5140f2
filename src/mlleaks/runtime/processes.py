"""How a worker process begins, and how it ends: with the process that it works for, whatever ended that."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from mlleaks.runtime.user_modules import search_also

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that ask a program to end; a terminal or a batch system sends them to workers, too."""
EVERY = 0.5
"""Seconds between two looks at whether the parent is there."""


def begin(parent: int, folders: Sequence[str] = ()) -> None:
    """Leave the end of this process to its parent, do not survive it, and find the user's modules.

    Linux can kill a process with its parent (``prctl``), but looks at the thread that started it, which
    may end long before.

    Parameters
    ----------
    parent : int
        The number of the process that this one works for.
    folders : sequence of str
        Where modules of the user's lie: functions of theirs reach a worker as names.
    """
    search_also(folders)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with, args=(parent,), daemon=True, name="end with parent").start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(EVERY)
    os._exit(1)


@contextmanager
def shielded() -> Iterator[None]:
    """Let processes that are started in the block ignore signals from their first moment on.

    Until `begin` runs there, a Ctrl-C would end in a traceback. This process still gets every signal.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
