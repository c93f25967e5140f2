"""Calling code that is not this package's own: a model, a trainer, a domain, a defense."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlleaks.errors import MLLeaksError, ModelError


@contextmanager
def calling(where: str, *, expected: str, fix: str) -> Iterator[None]:
    """Turn whatever the block raises into a `ModelError`, `SystemExit` included.

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
        The block raised anything but `KeyboardInterrupt`, `GeneratorExit` or an error of this package,
        which pass through as they are.

    Examples
    --------
    >>> with calling("from predict_proba", expected="posteriors", fix="Repair the model."):
    ...     raise SystemExit(0)
    Traceback (most recent call last):
    mlleaks.errors.ModelError: got SystemExit from predict_proba: 0; expected posteriors. Repair the model.
    """
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit, MLLeaksError):
        raise
    except BaseException as error:
        said = f": {error}" if str(error) else ""
        raise ModelError(f"{type(error).__name__} {where}{said}", expected=expected, fix=fix) from error


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
