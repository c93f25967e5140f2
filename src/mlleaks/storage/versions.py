"""The versions of the packages that make the numbers."""

from __future__ import annotations

import platform
import sys
from functools import cache
from importlib import metadata

PACKAGES = ("mlleaks", "numpy", "scipy", "scikit-learn", "pandas")


def versions(*more: str) -> dict[str, str]:
    """Return the versions of Python, of the packages that make the numbers, and of ``more`` that are there.

    Examples
    --------
    >>> sorted(versions())[:2]
    ['mlleaks', 'numpy']
    """
    installed = {name: version for name in (*PACKAGES, *more) if (version := _version(name))}
    return {"python": platform.python_version()} | installed


@cache
def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def versions_in_use() -> dict[str, str]:
    """Return `versions`, with PyTorch's if it has been imported."""
    return versions("torch") if "torch" in sys.modules else versions()
