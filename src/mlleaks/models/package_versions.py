"""The packages whose versions a trained model's numbers depend on."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mlleaks.models.network import NetworkTrainer
from mlleaks.storage.versions import versions
from mlleaks.types import Trainer


def package_versions(trainer: Trainer) -> dict[str, str]:
    """Return the versions that a trainer's models depend on, by package; the same before and after training.

    PyTorch's is among them if a network is trained anywhere within, and that of the package of each
    estimator: a defended trainer has other trainers within.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from mlleaks.models import SklearnTrainer
    >>> sorted(package_versions(SklearnTrainer(DecisionTreeClassifier())))
    ['mlleaks', 'numpy', 'pandas', 'python', 'scikit-learn', 'scipy', 'sklearn']
    """
    parts = list(_parts(trainer, set()))
    numeric = versions("torch") if any(isinstance(part, NetworkTrainer) for part in parts) else versions()
    packages = {type(part).__module__.partition(".")[0] for part in parts if _is_estimator(part)}
    modules = {name: sys.modules.get(name) for name in sorted(packages)}
    return numeric | {name: str(getattr(module, "__version__", "")) for name, module in modules.items()}


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
