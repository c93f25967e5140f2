"""How many threads work gets: one where it is small.

Threads of one process wait for each other many times a second. Where every core has other work to
do, each wait costs a turn of the scheduler: small work on two threads then takes ten times as long
as on one. Work between two waits has to be large before more threads are worth that risk.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

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

    Where several threads of a process run such blocks at the same time, what all threads share is limited
    until the last block has ended. Entering a block inside another costs nothing.
    """
    if _limited.get():
        yield
        return
    token = _limited.set(True)
    torch = _shared.enter()
    try:
        with _limit("openmp"), _shared:  # OpenMP's limit is each thread's own
            if torch:
                torch.set_num_threads(1)
            yield
    finally:
        _limited.reset(token)


def _limit(kind: str) -> Any:
    """Return a limit for libraries of one kind; `threadpool_limits` restores those of the others, too."""
    return ThreadpoolController().select(user_api=kind).limit(limits=1)


class _Shared(AbstractContextManager[None]):
    """The limits that threads share: the first block sets them, the last one restores what was before."""

    def __init__(self) -> None:
        self._lock, self._blocks, self._before = Lock(), 0, ExitStack()
        self._torch: Any = None

    def enter(self) -> Any:
        """Count a block, which ends with ``__exit__``; return PyTorch if it is in use."""
        with self._lock:
            if not self._blocks:
                # no block of this thread: threadpoolctl would let no other thread restore OpenBLAS
                self._before.callback(_limit("blas").restore_original_limits)
                if torch := sys.modules.get("torch"):  # not imported for this: unused, it needs no limit
                    self._before.callback(torch.set_num_threads, torch.get_num_threads())
                self._torch = torch
            self._blocks += 1
            return self._torch

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._blocks -= 1
            if not self._blocks:
                self._before.close()


_shared = _Shared()
