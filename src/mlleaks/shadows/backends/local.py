"""Where shadows are trained: in this process, or in several. `backends.ray` has Ray."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import joblib

from mlleaks.errors import InputError
from mlleaks.runtime.processes import begin, shielded
from mlleaks.runtime.user_modules import folders_of_modules
from mlleaks.storage.atomic import temporary_folder

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
        How many; -1 for one per core.

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
                expected="1 or more, or -1 for one per core",
                fix="Pass another number.",
            )

    @contextmanager
    def open(self) -> Iterator[Workers]:
        """Yield itself; work starts processes, which stay for the next block unless this one fails."""
        try:
            yield self
        except BaseException:
            _kill_workers()
            raise

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
        worker = {"initializer": begin, "initargs": (os.getpid(), folders_of_modules())}
        with joblib.parallel_config("loky", inner_max_num_threads=1, **worker), shielded():
            parallel = joblib.Parallel(
                n_jobs=self.jobs,
                return_as="generator_unordered",
                pre_dispatch="2 * n_jobs",  # killing loky's workers while more waits ends in a traceback
                batch_size=1,
                temp_folder=temporary_folder(),
            )
            results = parallel(joblib.delayed(work)(common, part) for part in parts)
        try:
            for result in results:  # noqa: UP028 (`yield from` would close them itself, aloud)
                yield result
        finally:
            with warnings.catch_warnings(action="ignore"):  # work left undone is what an early end means
                results.close()


def _kill_workers() -> None:
    """End the processes that `Processes` has started, whatever they are doing; joblib's others stay.

    joblib keeps one executor for the whole program, which may be at work for the caller in another thread.
    """
    from joblib.externals.loky import reusable_executor

    executor = reusable_executor._executor  # what is public makes one where there is none
    if executor is not None and executor._initializer is begin:
        executor.shutdown(kill_workers=True)
