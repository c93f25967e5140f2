"""How many threads work gets: one where it is small.

Threads of one process wait for each other many times a second. Where every core has other work to
do, each wait costs a turn of the scheduler: small work on two threads then takes ten times as long
as on one. Work between two waits has to be large before more threads are worth that risk.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from threadpoolctl import threadpool_limits

from mlleaks.types import Records

OPERATIONS = 100_000_000
"""Arithmetic operations in one step of a network from which on it may use several threads (about 5 ms)."""

VALUES = 1_000_000
"""Values in a table of records from which on an estimator may use several threads (about 1 ms a pass)."""

_limited: ContextVar[bool] = ContextVar("mlleaks_one_thread", default=False)


def for_step(operations: float) -> AbstractContextManager[None]:
    """Return a block for training or querying a network: one thread if its steps are small.

    Parameters
    ----------
    operations : float
        Arithmetic operations in one step, from 0 on.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> with for_step(1000):
    ...     {pool["num_threads"] for pool in threadpool_info()}
    {1}
    """
    return one_thread() if operations < OPERATIONS else nullcontext()


def for_records(X: Records) -> AbstractContextManager[None]:
    """Return a block for an estimator that passes over ``X (n, ...)``: one thread if it is small."""
    values = X.nnz if hasattr(X, "nnz") else math.prod(X.shape)
    return one_thread() if values < VALUES else nullcontext()


@contextmanager
def one_thread() -> Iterator[None]:
    """Run a block on one thread of every numeric library; afterwards each has as many as before.

    It holds for the whole process. Entering a block inside another costs nothing.
    """
    if _limited.get():
        yield
        return
    torch = sys.modules.get("torch")  # not imported for this: where it is not in use, nothing is limited
    before = torch.get_num_threads() if torch else 1
    token = _limited.set(True)
    try:
        with threadpool_limits(1):
            if torch:
                torch.set_num_threads(1)
            yield
    finally:
        _limited.reset(token)
        if torch:
            torch.set_num_threads(before)
