"""What a trainer does, in words that are the same everywhere."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from types import CodeType
from typing import Any

from mlleaks.models.estimators import SklearnTrainer


def described(trainer: Any) -> str:
    """Return what a trainer or function does, the same text in every process: for records and hashes.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> described(SklearnTrainer(DummyClassifier()))
    "DummyClassifier(constant=None, random_state=None, strategy='prior')"
    """
    if isinstance(trainer, SklearnTrainer):
        return described(trainer.estimator) + (f" of {trainer.classes}" if trainer.classes else "")
    if inspect.isroutine(trainer) or isinstance(trainer, functools.partial):
        return _function(trainer)
    if hasattr(trainer, "get_params"):
        return _told(trainer, sorted(trainer.get_params(deep=True).items()))
    if is_dataclass(trainer):
        return _told(trainer, [(f.name, getattr(trainer, f.name)) for f in fields(trainer) if f.repr])
    if "__repr__" not in {name for kind in type(trainer).__mro__[:-1] for name in vars(kind)}:
        return _told(trainer, sorted(vars(trainer).items()))  # its repr would be an address
    return repr(trainer)


def _told(thing: Any, settings: Iterable[tuple[str, Any]]) -> str:
    parts = (f"{name}={described(value)}" for name, value in settings)
    return f"{type(thing).__name__}({', '.join(parts)})"


def _function(function: Any) -> str:
    if isinstance(function, functools.partial):
        settings = [described(value) for value in function.args]
        named = [f"{name}={described(value)}" for name, value in sorted(function.keywords.items())]
        return f"{_function(function.func)}({', '.join(settings + named)})"
    return f"{function.__module__}.{function.__qualname__} {_code(function)}".rstrip()


def _code(function: Any) -> str:
    """Return a hash of what a function does: its code, constants, defaults and what it closes over."""
    function = getattr(function, "__func__", function)
    if not hasattr(function, "__code__"):
        return ""
    closed = [repr(cell.cell_contents) for cell in function.__closure__ or ()]
    told = (_compiled(function.__code__), repr(function.__defaults__), repr(function.__kwdefaults__), closed)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _compiled(code: CodeType) -> tuple[Any, ...]:
    inner = [_compiled(part) if isinstance(part, CodeType) else repr(part) for part in code.co_consts]
    return code.co_code, code.co_names, inner
