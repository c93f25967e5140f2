"""One attack a file. A module here that has ``SPECS`` joins every audit and every attack test."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from mlleaks.types import AttackSpec


@cache
def catalogue() -> dict[str, AttackSpec]:
    """Return all attacks by name, the files in the order of their first names.

    Examples
    --------
    >>> list(catalogue())[0]
    'adversary-1'
    """
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    groups = sorted((m.SPECS for m in modules if hasattr(m, "SPECS")), key=lambda specs: specs[0].name)
    return {spec.name: spec for specs in groups for spec in specs}
