"""What a run was made from: versions, seed, the hash of all its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from mlleaks.storage.hashing import hash_inputs
from mlleaks.storage.versions import versions_in_use
from mlleaks.types import Observations, Outputs


def record(*inputs: Any, settings: Mapping[str, Any], seed: int, seconds: float) -> dict[str, Any]:
    """Return a run's provenance as JSON values.

    Parameters
    ----------
    *inputs : Observations, Outputs, arrays, DataFrames, sparse matrices, tuples of such, or None
        Everything the numbers depend on, besides settings, seed and versions.
    settings : mapping of str to JSON values
    seed : int
    seconds : float
        How long the run took.
    """
    parts = [piece for value in inputs for piece in pieces(value)]
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "seed": seed,
        "inputs_sha256": hash_inputs(*parts, *sorted(settings.items()), seed, versions_in_use()),
        "settings": dict(settings),
        "versions": versions_in_use(),
    }


def pieces(value: Any) -> tuple[Any, ...]:
    """Return the arrays and plain values that an input is made of, for `hash_inputs`."""
    if isinstance(value, Observations):
        return (*pieces(value.outputs), value.member, value.ids)
    if isinstance(value, Outputs):
        return (value.posteriors, value.labels)
    if isinstance(value, tuple):
        return tuple(piece for part in value for piece in pieces(part))
    if is_dataclass(value):
        return tuple(piece for field in fields(value) for piece in pieces(getattr(value, field.name)))
    return (value,)
