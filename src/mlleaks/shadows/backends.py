"""Where shadows are trained: in this process, or in several. `shadows.cluster` has Ray."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import joblib

from mlleaks.errors import InputError

Work: TypeAlias = Callable[[Any, Any], Any]
"""``work(common, part)``; ``common`` is the same for all parts and reaches each worker once."""


class Backend(Protocol):
    """A place where work can be done."""

    def open(self) -> AbstractContextManager[Workers]:
        """Return the workers for the time of a block."""
        ...


class Workers(Protocol):
    """Do one kind of work many times."""

    @property
    def count(self) -> int:
        """How many parts are worked on at once."""
        ...

    @property
    def shares_files(self) -> bool:
        """Whether the workers can write into the caller's folders."""
        ...

    def run(self, work: Work, common: Any, parts: Sequence[Any]) -> Iterator[Any]:
        """Yield ``work(common, part)`` for each part, in any order, as they are done.

        Raises
        ------
        concurrent.futures.BrokenExecutor
            A worker died, and what it did is lost.
        """
        ...


@dataclass(frozen=True)
class InProcess:
    """One part after another, here."""

    def open(self) -> AbstractContextManager[Workers]:
        """Return itself."""
        return nullcontext(self)

    @property
    def count(self) -> int:
        """One."""
        return 1

    @property
    def shares_files(self) -> bool:
        """Yes."""
        return True

    def run(self, work: Work, common: Any, parts: Sequence[Any]) -> Iterator[Any]:
        """See `Workers.run`."""
        return (work(common, part) for part in parts)


@dataclass(frozen=True)
class Processes:
    """Several processes on this machine, each with one thread of its own.

    Parameters
    ----------
    jobs : int
        How many; -1 for one a core.

    Examples
    --------
    >>> sorted(Processes(2).run(pow, 2, [1, 2, 3]))
    [2, 4, 8]
    """

    jobs: int = -1

    def __post_init__(self) -> None:
        if self.jobs == 0 or self.jobs < -1:
            raise InputError(
                f"{self.jobs} processes",
                expected="1 or more, or -1 for one a core",
                fix="Pass another number.",
            )

    def open(self) -> AbstractContextManager[Workers]:
        """Return itself: processes are started by the first work."""
        return nullcontext(self)

    @property
    def count(self) -> int:
        """How many processes there are."""
        return int(joblib.effective_n_jobs(self.jobs))

    @property
    def shares_files(self) -> bool:
        """Yes."""
        return True

    def run(self, work: Work, common: Any, parts: Sequence[Any]) -> Iterator[Any]:
        """See `Workers.run`; arrays in ``common`` are mapped into all processes, not copied."""
        with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
            parallel = joblib.Parallel(n_jobs=self.jobs, return_as="generator_unordered", pre_dispatch="all")
            yield from parallel(joblib.delayed(work)(common, part) for part in parts)
