"""Ctrl-C, SIGTERM and SIGHUP end a command in order; a second one, or too long an end, does so at once."""

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
"""Seconds after which a command that has not ended is ended."""
TOGETHER = 0.5
"""Seconds within which signals count as one: `timeout` and others send theirs twice."""

KEPT = "what is finished is kept, and the same command goes on"
WHOLE = "{} is there whole or not at all"


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Stopped` in the block at a signal.

    Python handles signals between its own instructions, so code in C can delay that for minutes, and code
    that catches everything can swallow the exception. A thread, which hears of signals at once, sees to it
    that the process ends all the same. Signals that the caller ignores (`nohup`) are ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]

    def stop(number: int, _: Any) -> None:
        for each in heard:
            signal.signal(each, _left_to_the_thread)
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
def told_on_stop(text: str) -> Iterator[None]:
    """Let the farewell of a command that is stopped in the block say ``text``."""
    try:
        yield
    except Stopped as stop:
        stop.add_note(text)
        raise


def _left_to_the_thread(number: int, _: Any) -> None:
    """Do nothing: the wakeup descriptor has told the thread."""


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
