"""One root seed, independent random streams by name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from mlleaks.errors import InputError


@dataclass(frozen=True)
class Seeds:
    """A root seed.

    Parameters
    ----------
    root : int
        Any non-negative integer.

    Examples
    --------
    >>> a = Seeds(0).stream("shadow").integers(100, size=3)
    >>> b = Seeds(0).stream("shadow").integers(100, size=3)
    >>> c = Seeds(0).stream("target").integers(100, size=3)
    >>> bool((a == b).all()), bool((a == c).all())
    (True, False)
    """

    root: int

    def __post_init__(self) -> None:
        whole = isinstance(self.root, int | np.integer) and not isinstance(self.root, bool)
        if not whole or self.root < 0:
            raise InputError(
                f"seed {self.root!r}", expected="a whole number from 0 on", fix="Pass another seed."
            )
        object.__setattr__(self, "root", int(self.root))

    def stream(self, name: str) -> np.random.Generator:
        """Return the generator of the stage ``name``; the same one for the same root and name."""
        entropy = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.uint32)
        return np.random.default_rng(np.random.SeedSequence([self.root, *entropy.tolist()]))
