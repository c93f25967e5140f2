"""Stable names of this package's classes and functions, for keys and files: code can move, a tag stays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

T = TypeVar("T")

_TAGS: dict[Any, str] = {}
_TAGGED: dict[str, Any] = {}
_PACKAGES = ("models", "defenses", "attacks", "outputs")
"""Where the things are that a file may name; importing their modules tags them."""


def tagged(tag: str) -> Callable[[T], T]:
    """Return a decorator that gives a class or function of this package its tag.

    A tag never changes and is never given to anything else: stored models' keys and ``.mlleaks`` files
    name it. A subclass has no tag unless it gets its own.

    Raises
    ------
    ValueError
        The tag is taken.

    Examples
    --------
    >>> @tagged("an example")
    ... class Example: ...
    >>> tag_of(Example), tag_of(type("Sub", (Example,), {}))
    ('an example', None)
    """

    def name(thing: T) -> T:
        holder = _TAGGED.setdefault(tag, thing)
        if holder is not thing and (holder.__module__, holder.__qualname__) != _place(thing):
            raise ValueError(f"the tag {tag!r} is taken by {holder}")
        _TAGGED[tag], _TAGS[thing] = thing, tag  # again if the module is loaded again
        return thing

    return name


def tag_of(thing: Any) -> str | None:
    """Return the tag of a class or function; None if it has none."""
    try:
        return _TAGS.get(thing)
    except TypeError:  # not hashable, so neither class nor function
        return None


def tagged_as(tag: str) -> Any:
    """Return the class or function that has this tag; None if there is none."""
    if tag not in _TAGGED:
        _import_all()
    return _TAGGED.get(tag)


def _place(thing: Any) -> tuple[str, str]:
    return thing.__module__, thing.__qualname__


def _import_all() -> None:
    """Import the modules in which things have tags. None of them needs PyTorch to be imported."""
    package = __name__.partition(".")[0]
    for name in _PACKAGES:
        folder = import_module(f"{package}.{name}")
        for module in iter_modules(folder.__path__):
            if not module.ispkg:
                import_module(f"{package}.{name}.{module.name}")
