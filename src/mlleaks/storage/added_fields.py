"""Settings that a trainer got later: stored keys and files of earlier versions do not have them."""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any


def added(default: Any, *, before: Any) -> Any:
    """Return a field of a dataclass that earlier versions did not have.

    Parameters
    ----------
    default : object
        Its value where none is passed.
    before : object
        The value that it had, without a name, in earlier versions. Files without the field are read with it,
        and a key leaves it out: so answers that were stored then stay valid, and are never taken for others.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Trainer:
    ...     gain: float = added(2.0, before=1.0)
    >>> Trainer(), values_before(Trainer)
    (Trainer(gain=2.0), {'gain': 1.0})
    """
    return field(default=default, metadata={"before": before})


def values_before(cls: Any) -> dict[str, Any]:
    """Return the fields that a dataclass got later, with the values that they had in earlier versions."""
    return {f.name: f.metadata["before"] for f in fields(cls) if "before" in f.metadata}
