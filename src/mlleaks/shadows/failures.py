"""Shadow models that could not be trained: the others are, and are kept; then an error names all of these."""

from __future__ import annotations

from collections.abc import Sequence

from mlleaks.errors import ModelError

HOPELESS = 3
"""Failures, before any model is trained, after which no other is tried: the trainer itself is wrong."""
SHOWN = 5
"""Failures that an error describes."""


class Failures:
    """Why some of a number of models could not be trained.

    Parameters
    ----------
    wanted : int
        How many models are to be trained.
    """

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._errors: list[ModelError] = []

    def add(self, errors: Sequence[ModelError], *, finished: int) -> None:
        """Remember why models could not be trained.

        Raises
        ------
        ModelError
            None was trained so far, and several were tried.
        """
        self._errors += errors
        if not finished and len(self._errors) >= min(HOPELESS, self._wanted):
            raise self._errors[0]

    def raise_any(self, *, finished: int) -> None:
        """Raise an error that names all models that could not be trained; nothing if there are none.

        Raises
        ------
        ModelError
            There are some.
        """
        if not self._errors:
            return
        first = self._errors[0]
        got = "; ".join(error.got for error in self._errors[:SHOWN])
        if len(self._errors) > SHOWN:
            got += f"; and {len(self._errors) - SHOWN:,} more like these"
        rest = f"{finished:,} of {self._wanted:,} models are trained and kept"
        fix = f"{first.fix} {rest}: the next run trains only the rest." if finished else first.fix
        raise ModelError(got, expected=first.expected, fix=fix) from (first.__cause__ or first)
