"""Data sets, one a file. A module here that has ``FACTS``, one or a tuple, is loaded by name and listed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from mlleaks.datasets.facts import Facts
from mlleaks.datasets.purchase_builder import purchase_features
from mlleaks.errors import InputError
from mlleaks.types import Dataset

__all__ = ["catalogue", "load", "purchase_features"]


@cache
def catalogue() -> dict[str, Facts]:
    """Return what is known of every data set, by name.

    Examples
    --------
    >>> catalogue()["digits"].records
    1797
    """
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    found: list[Facts | tuple[Facts, ...]] = [m.FACTS for m in modules if hasattr(m, "FACTS")]
    facts = [fact for one in found for fact in (one if isinstance(one, tuple) else (one,))]
    return {fact.name: fact for fact in facts}


def load(name: str) -> Dataset:
    """Return the data set ``name``, from the local folder, the cache, or a checked download.

    Raises
    ------
    InputError
        No data set has this name.
    DataUnavailable
        It is not at hand and cannot be downloaded, or its checksum differs.

    Examples
    --------
    >>> load("digits").X.shape
    (1797, 64)
    """
    known = catalogue()
    if name not in known:
        raise InputError(
            f"data set {name!r}",
            expected=f"one of {', '.join(known)}",
            fix="See `mlleaks datasets`.",
        )
    return known[name].load()
