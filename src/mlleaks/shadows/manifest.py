"""The index of a folder of shadows: which file belongs to which shadow, and what each was trained on."""

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

from mlleaks.data.membership_plan import MembershipPlan
from mlleaks.errors import CorruptRun, DataUnavailable, RunExists
from mlleaks.shadows.answer_files import RUN_AGAIN, open_folder
from mlleaks.shadows.stored_answers import Shadows
from mlleaks.storage.atomic import write_text
from mlleaks.storage.hashing import checksum
from mlleaks.storage.locks import locked

log = logging.getLogger(__name__)

INDEX, LOCK = "shadows.json", ".lock"
"""The key ``asked`` of an index, the positions of the queried records, keeps the name of older versions."""
_BUSY = "another run fills %s: this run waits for it to end, then goes on with its shadows"


def save_index(shadows: Shadows, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``shadows.json`` beside the answers, whole or not at all.

    If these are the first shadows of an index that the folder has already, the further ones stay in it.

    Parameters
    ----------
    shadows : Shadows
        Their files are in ``folder``.
    folder : Path
    facts : mapping of str to JSON values
        What the shadows are: data, trainer, seed. Only shadows with the same facts may be added later.

    Raises
    ------
    RunExists
        The folder has an index of shadows with different facts.
    """
    refuse_different(folder, facts)
    document = {
        "facts": dict(facts),
        "files": [file.name for file in shadows.files],
        "asked": None if shadows.positions is None else shadows.positions.tolist(),
        "notes": list(shadows.notes),
        "n_records": shadows.plan.n_records,
        "members": [bits.tobytes().hex() for bits in shadows.plan.bits],
    }
    if (folder / INDEX).exists():
        document = _with_more(document, _read(folder), folder)
    _write(folder, document)


@contextmanager
def claimed(folder: Path, facts: Mapping[str, Any]) -> Iterator[None]:
    """Keep other runs out of ``folder`` from the beginning of this one, by an index without files.

    A run with the same facts waits until the block is left. If the block fails before any answers are
    written, the folder is free again.

    Raises
    ------
    RunExists
        The folder has an index of shadows with different facts.
    InputError
        It cannot be written.
    """
    open_folder(folder)
    refuse_different(folder, facts)
    with locked(folder / LOCK, partial(log.warning, _BUSY, folder)):
        refuse_different(folder, facts)
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
        The index was changed, or one of its files is gone. Each file's own checksum is verified when
        it is used.
    """
    folder = Path(folder)
    document = _read(folder)
    if not document["files"]:
        n_finished = sum(1 for _ in folder.glob("*.npy"))
        raise DataUnavailable(
            f"a run in {folder} that is not finished ({n_finished} shadows so far)",
            expected="one that `mlleaks shadows` has brought to its end",
            fix="Run the same command again: it goes on where it stopped.",
        )
    files = tuple(folder / name for name in document["files"])
    if gone := [file.name for file in files if not file.exists()]:
        raise _corrupt(folder, f"{len(gone)} of {len(files)} files are gone, {gone[0]} first")
    bits = [np.frombuffer(bytes.fromhex(row), dtype=np.uint8) for row in document["members"]]
    positions = None if document["asked"] is None else np.array(document["asked"], dtype=np.int64)
    return Shadows(
        files, MembershipPlan(np.stack(bits), document["n_records"]), positions, tuple(document["notes"])
    )


def refuse_different(folder: Path, facts: Mapping[str, Any]) -> None:
    """Raise `RunExists` if ``folder`` has an index of shadows with different facts."""
    if not (folder / INDEX).exists():
        return
    stored = _read(folder)["facts"]
    if stored != dict(facts):
        different = [key for key in facts if stored.get(key) != facts[key]]
        raise RunExists(
            f"other shadows in {folder} ({', '.join(f'{key} is {stored.get(key)}' for key in different)})",
            expected="the same settings, or a folder of their own",
            fix="Choose another folder.",
        )


def _with_more(document: dict[str, Any], stored: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return an index with those shadows of an older one that come after its own."""
    own = len(document["files"])
    if stored.get("members", [])[:own] != document["members"] or stored["asked"] != document["asked"]:
        return document
    more = list(takewhile(lambda name: (folder / name).exists(), stored["files"][own:]))
    return document | {
        "files": document["files"] + more,
        "members": stored["members"][: own + len(more)],
        "notes": list(dict.fromkeys(document["notes"] + (stored["notes"] if more else []))),
    }


def _write(folder: Path, document: dict[str, Any]) -> None:
    with_checksum = document | {"sha256": checksum(document)}
    write_text(folder / INDEX, json.dumps(with_checksum, indent=1) + "\n", fix=RUN_AGAIN)


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
        expected = document["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise _corrupt(folder, f"{type(error).__name__}: {error}") from error
    if expected != checksum(document):
        raise _corrupt(folder, f"{INDEX} was changed")
    return document


def _corrupt(folder: Path, why: str) -> CorruptRun:
    return CorruptRun(
        f"shadows in {folder} that cannot be read ({why})",
        expected=f"{INDEX} and the files that it names, as they were written",
        fix=f"Delete {INDEX} and run `mlleaks shadows` again: only what is missing is trained.",
    )
