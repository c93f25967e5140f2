"""Estimators from untrusted files: read, and refused unless everything in them is harmless.

skops makes no object of a type that is not trusted. That is not enough: scikit-learn's compiled code
follows the indices of a fitted model without looking, and some settings name files. So everything in a
loaded estimator is checked before it is used.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.tree._tree import Tree
from sklearn.utils import Bunch, check_array

from mlleaks.errors import UntrustedFile
from mlleaks.models import skops_contents
from mlleaks.models.scikit_learn import as_rows
from mlleaks.models.skops_require import unsafe
from mlleaks.models.skops_types import FUNCTIONS, REVIEWED, skops_io, trusted_types

_VALUES = (bool, int, float, str, bytes, type(None), np.generic, np.dtype, slice, np.ufunc)
_CLASSES = (np.generic, bool, int, float, str, list, tuple, set, dict)
_OPAQUE = ("sklearn._loss._loss", "sklearn.linear_model._sgd_fast")
"""Modules of loss functions, which hold a number at most."""


def from_skops(content: bytes) -> Any:
    """Return the estimator in a skops file, after a check of everything in it.

    Folders for caches (``memory``) are cleared and ``n_jobs`` is at most the number of cores; what is
    rebuilt from records or thresholds (a search tree, an interpolation) is built again.

    Raises
    ------
    UntrustedFile
        A type that is not trusted, or contents that are not safe to use.
    MissingExtra
        skops is not installed.
    """
    io = skops_io()
    types = set(io.get_untrusted_types(data=content))
    if unknown := sorted(types - trusted_types(types)):
        raise _unknown(unknown)
    return checked(io.loads(content, trusted=sorted(types)))


def checked(estimator: Any) -> Any:
    """Return an estimator from a file, if nothing in it can make its code read or write out of bounds.

    Raises
    ------
    UntrustedFile
        A type that has not been reviewed, or contents that are not safe to use.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> checked(LogisticRegression(n_jobs=10**6)).n_jobs == os.cpu_count()
    True
    """
    parts = _parts(estimator)
    for part in parts:
        if isinstance(part, BaseEstimator):
            _restrict(part)
    for part in parts:  # whatever estimators refer to, before the estimators
        if not isinstance(part, BaseEstimator):
            skops_contents.check_contents(part)
    for part in reversed(parts):
        if isinstance(part, BaseEstimator):
            skops_contents.check_contents(part)
    return estimator


def _parts(root: Any) -> list[Any]:
    """Return everything that an object holds, directly or not, each once, holders first."""
    parts: dict[int, Any] = {}  # holds them, too: an id is free for others once its object is gone
    ahead = [root]
    while ahead:
        part = ahead.pop()
        if isinstance(part, _VALUES) or id(part) in parts:
            continue
        parts[id(part)] = part
        ahead.extend(_held(part))
    return list(parts.values())


def _held(part: Any) -> Iterable[Any]:
    """Return what an object of a reviewed type holds."""
    kind = type(part)
    if kind in (list, tuple, set, frozenset):
        return part  # type: ignore[no-any-return]
    if kind in (dict, OrderedDict, Bunch):
        return [*part.keys(), *part.values()]
    if kind in (np.ndarray, np.ma.MaskedArray):
        return np.ma.getdata(part).ravel().tolist() if part.dtype.hasobject else ()
    if kind is partial and part.func is check_array:  # how gradient boosting with categories reads numbers
        return [part.args, part.keywords, vars(part)]
    ours = kind.__module__.startswith(("sklearn.", "mlleaks.defenses")) and kind.__name__ in REVIEWED
    if ours or sparse.issparse(part):
        return _attributes(part)
    if not _is_leaf(part):
        raise _unknown([_name(part)])
    return ()


def _is_leaf(part: Any) -> bool:
    """Return whether an object holds no others, and is harmless or checked as a whole."""
    if isinstance(part, type):
        return part is object or issubclass(part, _CLASSES)
    if isinstance(part, FunctionType):
        return part is as_rows or _name(part) in FUNCTIONS
    is_checked_whole = type(part) in (Tree, np.random.RandomState, np.random.Generator)
    return is_checked_whole or type(part).__module__ in _OPAQUE


def _attributes(part: Any) -> list[Any]:
    """Return the values of attributes, none of which may stand in a method's place."""
    rebuilt = skops_contents.REBUILT.get(type(part).__name__, ())
    attributes = {key: value for key, value in vars(part).items() if key not in rebuilt}
    if hiding := [key for key in attributes if callable(getattr(type(part), key, None))]:
        raise unsafe(f"a {type(part).__name__} with a {hiding[0]} of its own")
    return list(attributes.values())


def _restrict(estimator: BaseEstimator) -> None:
    """Take files and the rest of the machine from an estimator's settings."""
    settings = vars(estimator)
    if settings.get("memory") is not None:
        estimator.memory = None  # a cache: without it the answers are the same
    if settings.get("input", "content") != "content":
        raise unsafe(f"a {type(estimator).__name__} that opens the files which its records name")
    if "n_jobs" in (settings.get("kw_args") or ()):
        raise unsafe(f"a {type(estimator).__name__} that sets a number of processes")
    jobs, cores = settings.get("n_jobs"), os.cpu_count() or 1
    if jobs is not None:
        estimator.n_jobs = min(int(jobs), cores)


def _name(part: Any) -> str:
    named = part if hasattr(part, "__qualname__") else type(part)
    return f"{getattr(named, '__module__', None) or type(named).__module__}.{named.__qualname__}"


def _unknown(names: Iterable[str]) -> UntrustedFile:
    return UntrustedFile(
        f"a skops file with the unknown types {', '.join(names)}",
        expected="types whose contents are checked before they are used",
        fix="If the file is your own, load it in a module of your own with skops.io.load(..., trusted=[...]) "
        "and pass package.module:attribute.",
    )
