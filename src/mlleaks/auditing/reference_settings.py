"""How many reference models an audit has, on what, and where they are trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mlleaks.shadows import Backend, Processes
from mlleaks.storage import atomic


@dataclass(frozen=True)
class ReferenceSettings:
    """How many reference models, on what, and where.

    Parameters
    ----------
    count : int
        Fewer than two: none.
    offline : bool
        Whether the attacker has none of the audited records.
    cache : Path, optional
        Where the models' answers are kept; by default in the platform's cache folder.
    backend : Backend
        Where they are trained.
    """

    count: int = 0
    offline: bool = False
    cache: Path | None = None
    backend: Backend = field(default_factory=Processes)

    @property
    def folder(self) -> Path:
        """Where the answers are kept."""
        return atomic.cache_folder() / "reference models" if self.cache is None else self.cache
