"""A folder of shadows that can be opened again: which file is whose, and what each was trained on."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from mlleaks.data.membership_plan import Plan
from mlleaks.errors import CorruptRun, DataUnavailable, RunExists
from mlleaks.shadows.answer_files import KEPT, open_folder
from mlleaks.shadows.engine import Shadows
from mlleaks.storage.atomic import write_text
from mlleaks.storage.hashing import checksum
from mlleaks.storage.locks import locked

log = logging.getLogger(__name__)

INDEX, LOCK = "shadows.json", ".lock"
_BUSY = "another run fills %s: this one waits for it, then finds its shadows"


def save_index(shadows: Shadows, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``shadows.json`` beside the answers, whole or not at all.

    If the folder has an index of more shadows, of which these are the first, the others stay in it.

    Parameters
    ----------
    shadows : Shadows
        Their files are in ``folder``.
    folder : Path
    facts : mapping of str to JSON values
        What the shadows are: data, trainer, seed. More shadows of the same may follow, others not.

    Raises
    ------
    RunExists
        The folder has an index of other shadows.
    """
    refuse_others(folder, facts)
    asked = None if shadows.asked is None else shadows.asked.tolist()
    document = {
        "facts": dict(facts),
        "files": [file.name for file in shadows.files],
        "asked": asked,
        "notes": list(shadows.notes),
        "n_records": shadows.plan.n_records,
        "members": [bits.tobytes().hex() for bits in shadows.plan.bits],
    }
    if (folder / INDEX).exists():
        document = _with_more(document, _read(folder), folder)
    _write(folder, document)


@contextmanager
def claimed(folder: Path, facts: Mapping[str, Any]) -> Iterator[None]:
    """Keep others out of ``folder`` from the beginning of a run on, by an index without files.

    Who comes with the same facts waits until the block is left. If it fails before anything is
    kept, the folder is free again.

    Raises
    ------
    RunExists
        The folder has an index of other shadows.
    InputError
        It cannot be written.
    """
    open_folder(folder)
    refuse_others(folder, facts)
    with locked(folder / LOCK, partial(log.warning, _BUSY, folder)):
        refuse_others(folder, facts)
        index = folder / INDEX
        if not index.exists():
            _write(folder, {"facts": dict(facts), "files": []})
        try:
            yield
        except BaseException:
            if not any(folder.glob("*.npy")):
                index.unlink(missing_ok=True)
            raise


def load_shadows(folder: Path | str) -> Shadows:
    """Return the shadows that ``folder`` holds.

    Raises
    ------
    DataUnavailable
        There is no index, or the run that fills the folder is not finished.
    CorruptRun
        The index was changed, or a file of it is not there. Files that were changed are found when
        they are used.
    """
    folder = Path(folder)
    document = _read(folder)
    if not document["files"]:
        kept = sum(1 for _ in folder.glob("*.npy"))
        raise DataUnavailable(
            f"a run in {folder} that is not finished ({kept} shadows so far)",
            expected="one that `mlleaks shadows` has brought to its end",
            fix="Run the same command again: it goes on where it stopped.",
        )
    files = tuple(folder / name for name in document["files"])
    if gone := [file.name for file in files if not file.exists()]:
        raise _corrupt(folder, f"{len(gone)} of {len(files)} files are gone, {gone[0]} first")
    bits = [np.frombuffer(bytes.fromhex(row), dtype=np.uint8) for row in document["members"]]
    asked = None if document["asked"] is None else np.array(document["asked"], dtype=np.int64)
    return Shadows(files, Plan(np.stack(bits), document["n_records"]), asked, tuple(document["notes"]))


def refuse_others(folder: Path, facts: Mapping[str, Any]) -> None:
    """Raise `RunExists` if ``folder`` has an index of shadows with other facts."""
    if not (folder / INDEX).exists():
        return
    there = _read(folder)["facts"]
    if there != dict(facts):
        other = [key for key in facts if there.get(key) != facts[key]]
        raise RunExists(
            f"other shadows in {folder} ({', '.join(f'{key} is {there.get(key)}' for key in other)})",
            expected="the same settings, or a folder of their own",
            fix="Choose another folder.",
        )


def _with_more(document: dict[str, Any], there: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return an index with those shadows of an older one that come after its own."""
    own = len(document["files"])
    if there.get("members", [])[:own] != document["members"] or there["asked"] != document["asked"]:
        return document
    more = list(takewhile(lambda name: (folder / name).exists(), there["files"][own:]))
    return document | {
        "files": document["files"] + more,
        "members": there["members"][: own + len(more)],
        "notes": list(dict.fromkeys(document["notes"] + (there["notes"] if more else []))),
    }


def _write(folder: Path, document: dict[str, Any]) -> None:
    sealed = document | {"sha256": checksum(document)}
    write_text(folder / INDEX, json.dumps(sealed, indent=1) + "\n", fix=KEPT)


def _read(folder: Path) -> dict[str, Any]:
    path = folder / INDEX
    if not path.is_file():
        raise DataUnavailable(
            f"no {INDEX} in {folder}",
            expected="a folder that `mlleaks shadows` has written",
            fix="Pass that folder.",
        )
    try:
        document: dict[str, Any] = json.loads(path.read_text())
        sealed = document["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise _corrupt(folder, f"{type(error).__name__}: {error}") from error
    if sealed != checksum(document):
        raise _corrupt(folder, f"{INDEX} was changed")
    return document


def _corrupt(folder: Path, why: str) -> CorruptRun:
    return CorruptRun(
        f"shadows in {folder} that cannot be read ({why})",
        expected=f"{INDEX} and the files that it names, as they were written",
        fix=f"Delete {INDEX} and run `mlleaks shadows` again: only what is missing is trained.",
    )
