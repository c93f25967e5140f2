"""Calling code that is not this package's own: a model, a trainer, a domain, a defense."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from mlleaks.errors import InputError, MLLeaksError, ModelError, Stopped, message_of

_PASSING = (KeyboardInterrupt, Stopped, MLLeaksError)


def calling(where: str, *, expected: str, fix: str) -> AbstractContextManager[None]:
    """Return a block in which whatever is raised becomes a `ModelError`, `SystemExit` included.

    A model that calls ``sys.exit(0)`` would otherwise end an audit with the exit code of success.

    Parameters
    ----------
    where : str
        Completes the sentence "got ValueError ...": ``"from predict_proba"``, ``"while training"``.
    expected, fix : str
        See `MLLeaksError`.

    Raises
    ------
    ModelError
        The block raised anything but `KeyboardInterrupt`, `Stopped` or an error of this package, which
        pass through as they are.

    Examples
    --------
    >>> with calling("from predict_proba", expected="posteriors", fix="Repair the model."):
    ...     raise SystemExit(0)
    Traceback (most recent call last):
    mlleaks.errors.ModelError: got SystemExit from predict_proba: 0; expected posteriors. Repair the model.
    """
    return _Calling(where, expected, fix)


def attribute(thing: Any, name: str) -> Any:
    """Return an attribute of an object of the user's, or None if it has none of this name.

    Raises
    ------
    ModelError
        The attribute is a property that raises.

    Examples
    --------
    >>> attribute(3, "real"), attribute(3, "classes_")
    (3, None)
    """
    with calling(
        f"from the attribute {name} of {type(thing).__name__}",
        expected="a value, or no such attribute",
        fix="Repair the property, or remove it.",
    ):
        return getattr(thing, name, None)


def reading(path: Path, *, expected: str, fix: str) -> AbstractContextManager[None]:
    """Return a block in which whatever a library raises on a file becomes an `InputError` that names it.

    A damaged file makes libraries raise errors of any kind. Errors of this package pass as they are, and so
    does what is no `Exception`.

    Parameters
    ----------
    path : Path
    expected, fix : str
        See `MLLeaksError`.

    Examples
    --------
    >>> with reading(Path("table.csv"), expected="a table", fix="Write it again."):
    ...     raise ValueError("no columns")
    Traceback (most recent call last):
    mlleaks.errors.InputError: got table.csv that cannot be read (ValueError: no columns); expected a table...
    """
    return _Reading(path, expected, fix)


@dataclass(frozen=True)
class _Reading(AbstractContextManager[None]):
    path: Path
    expected: str
    fix: str

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, _PASSING):
            return
        why = f"{type(error).__name__}: {' '.join(message_of(error).split())}"
        got = f"{self.path} that cannot be read ({why})"
        raise InputError(got, expected=self.expected, fix=self.fix) from error


@dataclass(frozen=True)
class _Calling(AbstractContextManager[None]):
    """No generator: `contextlib` takes a RuntimeError that comes of a StopIteration for its own."""

    where: str
    expected: str
    fix: str

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, _PASSING):
            return
        got = ": ".join(
            filter(None, (f"{type(error).__name__} {self.where}", " ".join(message_of(error).split())))
        )
        raise ModelError(got, expected=self.expected, fix=self.fix) from error
