"""Where a name on the command line meets the place where models are trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlleaks.cli.choices import choose
from mlleaks.errors import InputError

if TYPE_CHECKING:
    from mlleaks.shadows import Backend


def backend_of(name: str, *, jobs: int | None = None, address: str | None = None, gpus: float = 0) -> Backend:
    """Return the backend that ``name`` stands for; options of another one are refused."""
    from mlleaks.shadows import InProcess, Processes, RayCluster

    if name != "ray" and (address is not None or gpus):
        raise InputError(
            f"--address or --gpus with --backend {name}",
            expected="--backend ray",
            fix="Pass it, or leave them out.",
        )
    if jobs is not None and name != "processes" and (name, jobs) != ("in-process", 1):
        raise InputError(
            f"--jobs {jobs} with --backend {name}",
            expected="--backend processes (in-process is --jobs 1)",
            fix="Pass it, or leave --jobs out.",
        )
    known: dict[str, Backend] = {
        "processes": Processes(-1 if jobs is None else jobs),
        "in-process": InProcess(),
        "ray": RayCluster(address=address, gpus=gpus),
    }
    return choose("--backend", name, known)
