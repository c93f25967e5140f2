"""Ctrl-C, SIGTERM and SIGHUP end a command in order; a second signal, or a slow end, ends it at once."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from mlleaks.errors import Stopped
from mlleaks.runtime.processes import SIGNALS

GRACE = 10.0
"""Seconds that a command has to end after a signal."""
TOGETHER = 0.5
"""Seconds within which signals count as one: `timeout` and others send theirs twice."""

KEPT = "finished work is kept; run the same command again to continue"
WHOLE = "{} is complete, or was not written"


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Stopped` in the block at a signal.

    Python handles signals between its own instructions. Code in C can delay that for minutes, and code that
    catches every exception can swallow this one. Therefore a thread, which is notified at once, ends the
    process if the block does not end. Signals that the caller ignores (`nohup`) are ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]

    def stop(number: int, _: Any) -> None:
        for each in heard:
            signal.signal(each, _ignore)
        raise Stopped(number)

    reader, writer = socket.socketpair()
    writer.setblocking(False)
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, stop) for number in heard}
    threading.Thread(target=_enforce, args=(reader,), daemon=True, name="enforce the end").start()
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        writer.close()


@contextmanager
def say_on_stop(text: str) -> Iterator[None]:
    """Add ``text`` to the last line of a command that is stopped in the block."""
    try:
        yield
    except Stopped as stop:
        stop.add_note(text)
        raise


def _ignore(number: int, _: Any) -> None:
    """Do nothing: the wakeup descriptor has notified the thread."""


def _enforce(reader: socket.socket) -> None:
    """End the process at a second signal, or `GRACE` seconds after the first; return if the block ends."""
    with reader:
        first = reader.recv(1)
        if not first:
            return
        began = time.monotonic()
        with suppress(TimeoutError):
            while (left := began + GRACE - time.monotonic()) > 0:
                reader.settimeout(left)
                if not reader.recv(1):
                    return
                if time.monotonic() - began > TOGETHER:
                    break
        os._exit(128 + first[0])
