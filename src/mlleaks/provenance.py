"""What a run was made from: versions, seed, the hash of all its inputs."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

from mlleaks.store import digest
from mlleaks.types import Observations, Outputs

PACKAGES = ("mlleaks", "numpy", "scipy", "scikit-learn", "pandas")


def versions(*more: str) -> dict[str, str]:
    """Return the versions of Python, of the packages that make the numbers, and of ``more`` that are there.

    Examples
    --------
    >>> sorted(versions())[:2]
    ['mlleaks', 'numpy']
    """
    found = {name: version for name in (*PACKAGES, *more) if (version := _version(name))}
    return {"python": platform.python_version()} | found


@cache
def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def versions_in_use() -> dict[str, str]:
    """Return `versions`, with PyTorch's if it has been imported."""
    return versions("torch") if "torch" in sys.modules else versions()


def record(*inputs: Any, settings: Mapping[str, Any], seed: int, seconds: float) -> dict[str, Any]:
    """Return a run's provenance as JSON values.

    Parameters
    ----------
    *inputs : Observations, Outputs, arrays, DataFrames, sparse matrices or None
        Everything the numbers depend on, besides settings, seed and versions.
    settings : mapping of str to JSON values
    seed : int
    seconds : float
        How long the run took.
    """
    parts = [piece for value in inputs for piece in _parts(value)]
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "seed": seed,
        "inputs_sha256": digest(*parts, *sorted(settings.items()), seed, versions_in_use()),
        "settings": dict(settings),
        "versions": versions_in_use(),
    }


def _parts(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Observations):
        return (*_parts(value.outputs), value.member, value.ids)
    if isinstance(value, Outputs):
        return (value.posteriors, value.labels)
    return (value,)
