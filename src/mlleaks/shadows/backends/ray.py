"""Shadows on a Ray cluster (extra ``ray``): data put once, lost work done again."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mlleaks.errors import InputError, first_line, missing_extra
from mlleaks.shadows.backends.local import Work


@dataclass(frozen=True)
class RayCluster:
    """Tasks on a Ray cluster.

    Parameters
    ----------
    address : str, optional
        Of the cluster: "auto" for the one that this machine belongs to, "host:port", or
        "ray://host:10001" from outside. None starts one on this machine for the time of the run.
    cpus, gpus : float
        What each task needs; tasks run side by side as far as the cluster has it.
    retries : int
        How often a task is done again if its worker or node is lost.

    Raises
    ------
    MissingExtra
        Ray is not installed.
    InputError
        No cluster at this address, one of another Ray or Python version, or none of its nodes has
        what a task needs.
    """

    address: str | None = None
    cpus: float = 1
    gpus: float = 0
    retries: int = 3

    @contextmanager
    def open(self) -> Iterator[RayWorkers]:
        """Connect for a block; a connection that is there already is used and kept."""
        try:
            import ray
        except ModuleNotFoundError as error:
            raise missing_extra("ray", "ray") from error
        if ray.is_initialized():
            yield RayWorkers(ray, self)
            return
        try:
            _require_listener(self.address)
            with _own_handler():
                ray.init(address=self.address or "local", logging_level=logging.ERROR, log_to_driver=False)
        except (OSError, RuntimeError, ValueError) as error:
            ray.shutdown()  # what a failed start has left
            raise InputError(
                f"no usable Ray cluster at {self.address!r} ({first_line(error)})",
                expected="a running cluster with the Ray and Python versions of this machine",
                fix="Start one with `ray start --head`, check the address, or leave it out for a local one.",
            ) from error
        try:
            yield RayWorkers(ray, self)
        finally:
            ray.shutdown()


@dataclass(frozen=True)
class RayWorkers:
    """The workers of a cluster that is connected."""

    ray: Any
    settings: RayCluster

    @property
    def count(self) -> int:
        """How many tasks the cluster can work on at once; an error if none."""
        need = {"CPU": self.settings.cpus, "GPU": self.settings.gpus}
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        fits = [[has.get(name, 0) // amount for name, amount in need.items() if amount] for has in nodes]
        room = sum(int(min(counts, default=1)) for counts in fits)
        if not room:
            available = "; ".join(f"{has.get('CPU', 0):g} CPU and {has.get('GPU', 0):g} GPU" for has in nodes)
            raise InputError(
                f"a Ray cluster with {len(nodes)} nodes of {available}",
                expected=f"a node with {need['CPU']:g} CPU and {need['GPU']:g} GPU for each task",
                fix="Add such a node, or require less per task.",
            )
        return room

    @property
    def shares_files(self) -> bool:
        """No: nodes may be other machines."""
        return False

    def run(self, work: Work, common: Any, parts: Sequence[Any]) -> Iterator[Any]:
        """See `Workers.run`; what a lost node was working on is done again elsewhere."""
        ray, settings = self.ray, self.settings
        task = ray.remote(work).options(
            num_cpus=settings.cpus,
            num_gpus=settings.gpus,
            max_retries=settings.retries,
            scheduling_strategy="SPREAD",
        )
        shared = ray.put(common)
        pending = [task.remote(shared, part) for part in parts]
        try:
            while pending:
                done, pending = ray.wait(pending, num_returns=1)
                try:
                    result = ray.get(done.pop())
                except ray.exceptions.RayTaskError as error:
                    raise error.cause from None
                except ray.exceptions.RayError as error:
                    raise BrokenExecutor(first_line(error)) from error
                yield result
        finally:
            for task_left in pending:  # their results are not needed any more
                ray.cancel(task_left, force=True)


@contextmanager
def _own_handler() -> Iterator[None]:
    """Keep the program's handler of SIGTERM: Ray sets another, which ends it by `SystemExit`."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


def _require_listener(address: str | None) -> None:
    """Raise `OSError` if no process listens there; Ray itself would try for minutes."""
    if address == "auto":
        from ray._private.services import canonicalize_bootstrap_address_or_die as running  # no public name

        address = running("auto")
    if address is not None and ":" in address:
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host, int(port)), timeout=10).close()
