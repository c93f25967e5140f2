"""Rows stored under the hash of all that they depend on: a second run reads them."""

from __future__ import annotations

import ast
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mlleaks.storage.atomic import write_text, writing
from mlleaks.storage.hashing import checksum, hash_inputs

log = logging.getLogger(__name__)

PACKAGE = Path(__file__).parents[1]


def memoize(
    folder: Path,
    key: str,
    make: Callable[[], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Return the rows stored under ``key``, or make and store them; a damaged file is made again.

    Parameters
    ----------
    folder : Path
    key : str
    make : callable
    """
    path = folder / f"{key}.json"
    try:
        document = json.loads(path.read_text())
        if document["sha256"] == checksum(document):
            return list(document["rows"])
        raise ValueError("its checksum differs")
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError) as error:
        log.warning("%s is damaged (%s): made again", path, error)
    rows = make()
    document = {"rows": rows}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(document | {"sha256": checksum(json.loads(json.dumps(document)))}))
    return rows


def is_memoized(folder: Path, key: str) -> bool:
    """Return whether rows are stored under ``key``."""
    return (folder / f"{key}.json").exists()


def key_of(modules: Iterable[str], *inputs: Any) -> str:
    """Return the hash of modules' code, of the code of this package that they import, and of other inputs."""
    return hash_inputs(*(_code(name) for name in modules), *inputs)[:32]


@cache
def _code(module: str) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files_of(module)))).hexdigest()


def files_of(module: str) -> set[Path]:
    """Return a module's own file and those of this package that it imports, directly or not.

    Imports for type checkers do not count, nor what the package's ``__init__`` imports; none for a
    name that is no module of this package.
    """
    files: set[Path] = set()
    modules = [module]
    while modules:
        file = _file(modules.pop())
        if file is not None and file not in files:
            files.add(file)
            modules += _imported(file)
    return files


@cache
def _imported(file: Path) -> tuple[str, ...]:
    """Return the names of this package that a file imports; most files are reached from many modules."""
    return tuple(_names(ast.parse(file.read_bytes()).body))


def _names(statements: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names of this package that code imports: modules, and what may be one."""
    for node in statements:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name):
            yield str(node.module)
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from _names(node.orelse)
        else:
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(node, part, ())
                yield from _names(inner if isinstance(inner, list) else ())  # a lambda's body is none


def _file(module: str) -> Path | None:
    """Return the file of a module of this package; None for other names."""
    name, *rest = module.split(".")
    if name != PACKAGE.name or not rest:
        return None
    place = PACKAGE.joinpath(*rest)
    return next((f for f in (place / "__init__.py", place.with_suffix(".py")) if f.is_file()), None)
