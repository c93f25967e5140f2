"""What a trainer or a function does, as text and hashes that are the same in every process."""

from __future__ import annotations

import dis
import functools
import hashlib
import importlib.util
import inspect
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np
from scipy import sparse

from mlleaks.runtime.foreign_code import calling
from mlleaks.storage.added_fields import values_before
from mlleaks.storage.hashing import hash_inputs
from mlleaks.storage.tags import tag_of

_INSTALLED = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), np.generic)


def describe(thing: Any, _within: tuple[int, ...] = ()) -> str:  # noqa: PLR0911 (one kind per line)
    """Return what a trainer, function or setting does, the same text in every process.

    Code of the user's own (functions, classes, whatever they name or close over) goes in as a hash, so
    that edited code has another text; installed packages go in by name, for their versions are stored
    elsewhere; this package's classes and functions go in by their tags, for its code may move. Arrays and
    tensors go in as a hash of all their values.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from mlleaks.models import SklearnTrainer
    >>> describe(SklearnTrainer(DummyClassifier()))
    "DummyClassifier(constant=None, random_state=None, strategy='prior')"
    >>> describe({"b": {3, 1}, "a": [None]})
    "{'a': [None], 'b': {1, 3}}"
    """
    if isinstance(thing, _PLAIN):
        return repr(thing)
    if id(thing) in _within:
        return "itself"
    inner = functools.partial(describe, _within=(*_within, id(thing)))
    if (tag := tag_of(thing)) is not None:
        return tag
    if (parts := getattr(type(thing), "fingerprinted", None)) is not None and tag_of(type(thing)):
        return " of ".join(map(inner, parts(thing)))
    if (values := _values(thing)) is not None:
        return f"{type(thing).__name__} {hash_inputs(values)[:16]}"
    if isinstance(thing, Mapping | list | tuple | set | frozenset):
        return _container(thing, inner)
    if isinstance(thing, ModuleType):
        return thing.__name__
    if inspect.isclass(thing):
        module = "" if _of_this_package(thing.__module__) else f"{thing.__module__}."
        return f"{module}{thing.__qualname__} {_class_code(thing, inner)}".rstrip()
    named = inspect.isroutine(thing) and hasattr(thing, "__qualname__")
    if named or isinstance(thing, functools.partial):
        return _function(thing, inner)
    return _object(thing, inner)


def _object(thing: Any, inner: Any) -> str:
    with calling(
        f"while describing {type(thing).__name__}",
        expected="an object whose settings can be read",
        fix="Repair its get_params or __repr__.",
    ):
        return _settings(thing, inner)


def _settings(thing: Any, inner: Any) -> str:
    if hasattr(thing, "get_params"):
        return _settings_text(thing, sorted(thing.get_params(deep=True).items()), inner)
    if is_dataclass(thing):
        settings = {f.name: getattr(thing, f.name) for f in fields(thing) if f.repr}
        new = {name for name, value in values_before(thing).items() if settings[name] == value}
        return _settings_text(thing, [s for s in settings.items() if s[0] not in new], inner)
    if "__repr__" in {name for kind in type(thing).__mro__[:-1] for name in vars(kind)}:
        return f"{thing!r} {_class_code(type(thing), inner)}".rstrip()
    attributes = sorted(getattr(thing, "__dict__", {}).items())  # its repr is an address
    return _settings_text(thing, attributes, inner)


def _settings_text(thing: Any, settings: Iterable[tuple[str, Any]], inner: Any) -> str:
    parts = (f"{name}={inner(value)}" for name, value in settings)
    name = tag_of(type(thing)) or type(thing).__name__
    return f"{name}({', '.join(parts)}) {_class_code(type(thing), inner)}".rstrip()


def _container(thing: Any, inner: Any) -> str:
    if isinstance(thing, Mapping):
        return f"{{{', '.join(sorted(f'{inner(k)}: {inner(v)}' for k, v in thing.items()))}}}"
    parts = [inner(value) for value in thing]
    if isinstance(thing, list):
        return f"[{', '.join(parts)}]"
    return f"({', '.join(parts)})" if isinstance(thing, tuple) else f"{{{', '.join(sorted(parts))}}}"


def _values(thing: Any) -> Any:
    """Return the numbers of an array, table, sparse matrix or tensor; None for anything else."""
    if isinstance(thing, np.ndarray) or sparse.issparse(thing) or hasattr(thing, "iloc"):
        return thing
    if all(hasattr(thing, name) for name in ("detach", "cpu", "numpy")):
        return thing.detach().cpu().numpy()
    return None


def _function(function: Any, inner: Any) -> str:
    if isinstance(function, functools.partial):
        settings = [inner(value) for value in function.args]
        named = [f"{name}={inner(value)}" for name, value in sorted(function.keywords.items())]
        return f"{inner(function.func)}({', '.join(settings + named)})"
    owner = getattr(function, "__self__", None)
    of = "" if owner is None or isinstance(owner, ModuleType) else f" of {inner(owner)}"
    module = getattr(function, "__module__", None)
    name = function.__qualname__ if _of_this_package(module) else f"{module}.{function.__qualname__}"
    return f"{name} {_code(function, inner)}".rstrip() + of


def _code(function: Any, inner: Any) -> str:
    """Return a hash of what a function does: code, constants, defaults, what it closes over and names."""
    function = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(function, "__code__", None)
    if code is None or _installed(function.__module__):
        return ""
    closed = [inner(cell.cell_contents) for cell in function.__closure__ or () if _filled(cell)]
    parts: list[Any] = [_compiled(code), inner(function.__defaults__), inner(function.__kwdefaults__), closed]
    if _own(function.__module__):
        namespace = function.__globals__
        named = _used(namespace, _names(code), inner)
        named += [f"{name} has {_source(name)}" for name in sorted(_imports(code)) if _source(name)]
        parts += [named] if named else []
    return hashlib.sha256(repr(tuple(parts)).encode()).hexdigest()[:12]


def _used(namespace: Mapping[str, Any], names: set[str], inner: Any) -> list[str]:
    """Return what code names of a module, and of the user's own modules within: ``helpers.fit``."""
    parts = []
    for name in sorted(names & namespace.keys()):
        value = namespace[name]
        parts.append(f"{name} is {inner(value)}")
        if isinstance(value, ModuleType) and _own(value.__name__):
            parts += [f"{name}.{part}" for part in _used(vars(value), names - {name}, inner)]
    return parts


def _source(module: str) -> str | None:
    """Return a hash of the file of one of the user's own modules, loaded or not; None for others."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or _of_this_package(top):
        return None
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):  # it is not there, or was made by hand
        return None
    file = None if spec is None or not spec.has_location else Path(str(spec.origin))
    if file is None or not file.is_file() or any(file.is_relative_to(place) for place in _INSTALLED):
        return None
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _class_code(kind: type, inner: Any) -> str:
    """Return a hash of the methods and attributes of a class of the user's own; nothing for others."""
    parts = []
    for base in kind.__mro__:
        if _own(base.__module__):
            members = {name: v for name, v in vars(base).items() if not name.startswith("__") or callable(v)}
            parts += [f"{name} is {inner(_bare(v))}" for name, v in sorted(members.items())]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12] if parts else ""


def _bare(member: Any) -> Any:
    """Return the function of a property or of a method of the class."""
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


def _own(module: str | None) -> bool:
    """Return whether code of this module may change without its version."""
    return not _installed(module) and not _of_this_package(module)


def _of_this_package(module: str | None) -> bool:
    """Return whether the module is one of ours: its path may change, and it may be installed or not."""
    return str(module).partition(".")[0] == __name__.partition(".")[0]


def _installed(module: str | None) -> bool:
    """Return whether this module belongs to Python or to an installed package."""
    if module is None or module.partition(".")[0] in sys.stdlib_module_names - {"__main__"}:
        return True
    if _of_this_package(module):
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is not None and any(Path(file).is_relative_to(place) for place in _INSTALLED)


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _names(code: CodeType) -> set[str]:
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _imports(code: CodeType) -> set[str]:
    """Return the modules that code imports when it runs."""
    own = {step.argval for step in dis.get_instructions(code) if step.opname == "IMPORT_NAME"}
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return own.union(*map(_imports, inner))


def _compiled(code: CodeType) -> tuple[Any, ...]:
    inner = [_compiled(part) if isinstance(part, CodeType) else describe(part) for part in code.co_consts]
    return code.co_code, code.co_names, inner
