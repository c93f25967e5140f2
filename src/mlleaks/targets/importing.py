"""What ``package.module:attribute`` names, and the trainer that it may name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlleaks.errors import InputError
from mlleaks.models import as_trainer
from mlleaks.runtime.foreign_code import calling
from mlleaks.runtime.user_modules import current_folder
from mlleaks.types import Trainer


@contextmanager
def importing(spec: str) -> Iterator[Any]:
    """Yield what ``spec`` names; in the block, too, modules of the current folder can be imported.

    Parameters
    ----------
    spec : str
        ``package.module:attribute``. Modules are looked for among the installed ones, then in the current
        folder.

    Raises
    ------
    InputError
        A path instead of the name of a module.
    ModelError
        The module cannot be imported, has no such attribute, or the block raises.

    Examples
    --------
    >>> with importing("math:pi") as value:
    ...     print(value)
    3.141592653589793
    """
    module, _, name = spec.partition(":")
    if "/" in module or module.endswith(".py"):
        raise InputError(
            f"the path {module!r}",
            expected="the name of a module, as in an import statement",
            fix="Write package.module:attribute, for example my_models:classifier.",
        )
    what = calling(
        f"while importing {spec!r}",
        expected="a module that can be imported and has this attribute; an installed one comes before "
        "one of the same name in this folder",
        fix="Try it in Python from the same folder.",
    )
    with current_folder(), what:
        yield getattr(importlib.import_module(module), name)


def load_trainer(spec: str) -> Trainer:
    """Return the trainer that ``spec`` names.

    Parameters
    ----------
    spec : str
        ``package.module:attribute``: a function ``train(data, rng)`` that returns a model, a trainer or
        estimator, or a function without arguments that returns one of these. See `importing`. Worker
        processes on this machine find the same module.

    Raises
    ------
    InputError
        A path, a class, or something else that cannot train a model.
    ModelError
        The module cannot be imported, or has no such attribute.

    Examples
    --------
    >>> load_trainer("mlleaks.models:MLPTrainer")
    Traceback (most recent call last):
    mlleaks.errors.InputError: got the class MLPTrainer as a trainer; expected a function train(data, rng) ...
    """
    with importing(spec) as loaded:
        made = loaded() if _is_factory(loaded) else loaded
    trainer = as_trainer(made)
    if (_is_function(made) or isinstance(made, type)) and not _takes(made, 2):
        kind = "class" if isinstance(made, type) else "function"
        raise InputError(
            f"{spec!r}, a {kind} with the parameters {inspect.signature(made)}, as a trainer",
            expected="a function train(data, rng) that returns a model, or one without parameters that "
            "returns a trainer or an estimator",
            fix="Name a function that can be called with the data and a random generator.",
        )
    return trainer


def _is_factory(loaded: Any) -> bool:
    """Return whether it is a function that can only be called without arguments."""
    return _is_function(loaded) and not _takes(loaded, 2) and _takes(loaded, 0)


def _is_function(loaded: Any) -> bool:
    return inspect.isroutine(loaded)


def _takes(function: Any, count: int) -> bool:
    """Return whether a function can be called with so many arguments; True if it does not say."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
