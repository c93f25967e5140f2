"""What has been found, kept under the hash of all that it depends on: a second run is instant."""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mlleaks.experiments.study import Row
from mlleaks.scratch import write_text
from mlleaks.store import digest, seal

log = logging.getLogger(__name__)

_ROOMS = (
    "attacks",
    "intervals.py",
    "judge.py",
    "metrics.py",
    "observations.py",
    "posteriors.py",
    "significance.py",
)
_ROOMS_HERE = ("algorithms.py", "lab.py", "study.py", "world.py")


def kept(folder: Path, key: str, make: Callable[[], list[Row]]) -> list[Row]:
    """Return the rows under ``key``, or make and keep them; a damaged file is made again.

    Parameters
    ----------
    folder : Path
    key : str
    make : callable
    """
    path = folder / f"{key}.json"
    try:
        document = json.loads(path.read_text())
        if document["sha256"] == seal(document):
            return list(document["rows"])
        raise ValueError("it was changed")
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError) as error:
        log.warning("%s is damaged (%s): made again", path, error)
    rows = make()
    document = {"rows": rows}
    folder.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(document | {"sha256": seal(json.loads(json.dumps(document)))}))
    return rows


def key_of(run: Callable[..., Any], *inputs: Any) -> str:
    """Return the hash of a study's code, of the code that it is made of, and of its inputs."""
    module = inspect.getmodule(run)
    assert module is not None
    return digest(inspect.getsource(module), _code(), *inputs)[:32]


@cache
def _code() -> str:
    """Return the hash of all code that turns answers into figures."""
    root = Path(__file__).parents[1]
    places = [*(root / name for name in _ROOMS), *(root / "experiments" / name for name in _ROOMS_HERE)]
    files = [
        file for place in places for file in (sorted(place.rglob("*.py")) if place.is_dir() else [place])
    ]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
