"""Progress of long work: the library reports it to a listener, the command line draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Listener: TypeAlias = Callable[[str, int, int], None]
"""``listener(what, done, total)``."""

_listener: ContextVar[Listener | None] = ContextVar("mlleaks_progress", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Report all tracked work inside the block to ``listener``.

    Examples
    --------
    >>> with listening(lambda what, done, total: print(what, done, "of", total)):
    ...     for _ in track([7, 8], "epochs"):
    ...         pass
    epochs 0 of 2
    epochs 1 of 2
    epochs 2 of 2
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def track(items: Iterable[T], what: str) -> Iterator[T]:
    """Yield ``items`` and report to the listener, if there is one, how many are done.

    Examples
    --------
    >>> list(track([1, 2], "silent without a listener"))
    [1, 2]
    """
    listener = _listener.get()
    if listener is None:
        yield from items
        return
    entries = list(items)
    listener(what, 0, len(entries))
    for done, item in enumerate(entries, start=1):
        yield item
        listener(what, done, len(entries))
