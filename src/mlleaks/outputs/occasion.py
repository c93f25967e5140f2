"""On which occasion a record is asked about: what may come from a store, and what must be asked again.

An audit asks about some records again to see whether the answers change. A target that stores answers would
give the stored one and always look stable, so it keys what it stores by the occasion, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_OCCASION: ContextVar[int] = ContextVar("occasion", default=0)


def occasion() -> int:
    """Return the number of the current occasion; 0 is the first time that a record is asked about.

    Examples
    --------
    >>> with asking_again(2):
    ...     occasion()
    2
    """
    return _OCCASION.get()


@contextmanager
def asking_again(number: int) -> Iterator[None]:
    """Return a block in which targets answer anew, as on the occasion of this number.

    Parameters
    ----------
    number : int
        From 1 on. The same record on the same occasion may be answered from a store.
    """
    token = _OCCASION.set(number)
    try:
        yield
    finally:
        _OCCASION.reset(token)
