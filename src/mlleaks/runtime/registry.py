"""All attacks, defenses, data sets or studies by name, collected from the modules of a package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules
from typing import Generic, Protocol, TypeVar

from mlleaks.errors import InputError


class Named(Protocol):
    """What a registry holds."""

    @property
    def name(self) -> str:
        """Lower-case words joined by hyphens."""
        ...


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T], Generic[T]):
    """The entries that the modules of a package list, by name; a new file needs no entry anywhere.

    Parameters
    ----------
    package : str
        Each of its modules may have an attribute ``attribute``: a tuple of entries with a ``name``.
    attribute : str
        For example ``ATTACKS``.
    noun : str
        What one entry is called in errors.
    fix : str
        What to do about a name that is not there.

    Examples
    --------
    >>> defenses = Registry("mlleaks.defenses", "DEFENSES", "defense")
    >>> "dropout" in defenses
    True
    >>> defenses.select(["drop out"])
    Traceback (most recent call last):
    mlleaks.errors.InputError: got the defense 'drop out'; expected one of dropout, ...
    """

    def __init__(self, package: str, attribute: str, noun: str, *, fix: str = "Pass one of them.") -> None:
        self.package, self.attribute, self.noun, self.fix = package, attribute, noun, fix

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def select(self, names: Iterable[str]) -> list[T]:
        """Return the entries of these names, in this order.

        Raises
        ------
        InputError
            There is none of a name; the message lists those that there are.
        """
        return [self._named(name) for name in names]

    def _named(self, name: str) -> T:
        if name not in self:
            raise InputError(f"the {self.noun} {name!r}", expected=f"one of {', '.join(self)}", fix=self.fix)
        return self[name]

    @cached_property
    def _entries(self) -> dict[str, T]:
        """Return all entries by their ``position`` where they have one, else file by file, by first name."""
        folder = import_module(self.package)
        names = (module.name for module in iter_modules(folder.__path__) if not module.ispkg)
        modules = (import_module(f"{self.package}.{name}") for name in names)
        groups: list[tuple[T, ...]] = [getattr(module, self.attribute, ()) for module in modules]
        groups = sorted(filter(None, groups), key=lambda group: group[0].name)
        entries = sorted(chain(*groups), key=lambda entry: getattr(entry, "position", 0))
        return {entry.name: entry for entry in entries}
