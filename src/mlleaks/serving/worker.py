"""One thread that calls the model: models need not bear calls from several threads at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from mlleaks.runtime.threads import one_thread

T = TypeVar("T")


class Worker:
    """A thread that calls functions one after another, with one thread for every numeric library.

    It is a daemon: a call that never returns does not keep the process alive.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None] = (
            SimpleQueue()
        )
        self._thread: Thread | None = None

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return what a function returns; it waits for its turn."""
        if self._thread is None:
            self._thread = Thread(target=self._work, daemon=True, name="mlleaks inference")
            self._thread.start()
        future: Future[T] = Future()
        self._calls.put((future, function, arguments))
        return await asyncio.wrap_future(future)

    def close(self, patience: float = 1.0) -> None:
        """End the thread after its calls; wait at most ``patience`` seconds for it."""
        self._calls.put(None)
        if self._thread is not None:
            self._thread.join(patience)

    def _work(self) -> None:
        with one_thread():
            while (call := self._calls.get()) is not None:
                _answer(*call)


def _answer(future: Future[Any], function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        answer = function(*arguments)
    except BaseException as error:  # the caller's to handle, in the other thread
        future.set_exception(error)
    else:
        future.set_result(answer)
