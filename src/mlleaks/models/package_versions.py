"""The packages whose versions a trained model's numbers depend on."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mlleaks.models.network import NetworkTrainer
from mlleaks.storage.versions import versions
from mlleaks.types import Trainer

FRAMEWORKS = ("torch", "tensorflow", "keras", "jax", "flax", "xgboost", "lightgbm", "catboost")
"""What a function may train with; nobody can tell which without running it."""


def package_versions(trainer: Trainer) -> dict[str, str]:
    """Return the versions that a trainer's models depend on, by package; the same before and after training.

    PyTorch's is among them if a network is trained anywhere within, and that of the package of each
    estimator: a defended trainer has other trainers within. For code of the user's own, it is every one of
    `FRAMEWORKS` that is installed.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from mlleaks.models import SklearnTrainer
    >>> sorted(package_versions(SklearnTrainer(DecisionTreeClassifier())))
    ['mlleaks', 'numpy', 'pandas', 'python', 'scikit-learn', 'scipy', 'sklearn']
    """
    parts = list(_parts(trainer, set()))
    more = {"torch"} if any(isinstance(part, NetworkTrainer) for part in parts) else set()
    if any(map(_is_foreign, parts)):
        more.update(FRAMEWORKS)
    numeric = versions(*sorted(more))
    packages = {type(part).__module__.partition(".")[0] for part in parts if _is_estimator(part)}
    modules = {name: sys.modules.get(name) for name in sorted(packages)}
    return numeric | {name: str(getattr(module, "__version__", "")) for name, module in modules.items()}


def _is_foreign(part: Any) -> bool:
    """Return whether a part is code of neither this package nor an estimator's: a function, or an object."""
    if not callable(part) or _is_estimator(part) or isinstance(part, functools.partial):
        return False
    module = getattr(part if inspect.isroutine(part) else type(part), "__module__", None)
    return not str(module).startswith("mlleaks.")


def _is_estimator(part: Any) -> bool:
    return hasattr(part, "get_params") and not isinstance(part, type)


def _parts(thing: Any, visited: set[int]) -> Iterator[Any]:
    """Yield a thing and everything within it, each once; ``visited`` has the ids of what was yielded."""
    if id(thing) in visited:
        return
    visited.add(id(thing))
    yield thing
    for part in _inner(thing):
        yield from _parts(part, visited)


def _inner(thing: Any) -> Iterator[Any]:
    if isinstance(thing, Mapping):
        yield from thing.values()
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from thing
    elif isinstance(thing, functools.partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif _is_estimator(thing):
        yield from thing.get_params(deep=False).values()
    elif is_dataclass(thing) and not isinstance(thing, type):
        yield from (getattr(thing, field.name) for field in fields(thing))
