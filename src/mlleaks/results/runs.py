"""Results on disk: ``result.json`` and ``arrays.npz`` in a folder of their own. No pickle.

A folder is written beside its place, flushed, and then renamed: it is there whole or not at all.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mlleaks.errors import CorruptRun, DataUnavailable, RunExists
from mlleaks.results.audit import AuditResult
from mlleaks.results.audit_plan import PLAN, AuditPlan
from mlleaks.results.old_runs import current
from mlleaks.results.stored_audit import arrays_of, from_parts, to_dict
from mlleaks.storage.atomic import flush, owner, sweep, utf8, writing
from mlleaks.storage.atomic_folder import put_in_place
from mlleaks.storage.hashing import checksum, file_checksum

SCHEMA, RESULT, ARRAYS = 2, "result.json", "arrays.npz"


def save_run(
    result: AuditResult,
    folder: Path,
    *,
    pages: Mapping[str, str | bytes] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a result, and what goes with it, to ``folder``.

    Parameters
    ----------
    result : AuditResult
    folder : Path
        Is created; must not exist unless ``overwrite``.
    pages : mapping of file name to content, optional
        Written into the same folder, in the same step; text in UTF-8.
    overwrite : bool
        Replace what is there.

    Raises
    ------
    RunExists
        ``folder`` exists.
    InputError
        The disk is full, or the place cannot be written; nothing is left behind.
    """
    plan = None if result.plan is None else result.plan.plan
    refuse_existing(folder, overwrite=overwrite, plan=plan)
    registered = {} if plan is None else {PLAN: plan.to_json()}
    with writing(folder, fix=_KEPT):
        _save(result, folder, {**(pages or {}), **registered})


_KEPT = (
    "Free space, give the rights, or save the report to another folder: report.save(FOLDER) loses nothing."
)


def _save(result: AuditResult, folder: Path, pages: Mapping[str, str | bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f".{folder.name}.", suffix=owner(), dir=folder.parent
    ) as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        with (new / ARRAYS).open("wb") as file:
            np.savez(file, **arrays_of(result))
        arrays = file_checksum(new / ARRAYS)
        document = {"schema": SCHEMA, "arrays_sha256": arrays, **to_dict(result)}
        document["sha256"] = checksum(document)
        (new / RESULT).write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
        for name, content in pages.items():
            (new / name).write_bytes(utf8(content) if isinstance(content, str) else content)
        for path in (*new.iterdir(), new):
            flush(path)
        put_in_place(new, folder, Path(temporary) / "old")
    flush(folder.parent)
    sweep(folder.parent, f"{folder.name}.")  # only now: a killed writer's may hold the one copy of an old run


def load_run(folder: Path) -> AuditResult:
    """Return the result stored in ``folder``.

    Raises
    ------
    DataUnavailable
        There is no run there.
    CorruptRun
        A file is missing, damaged, of another schema version, or does not belong to the other.
    """
    if not (folder / RESULT).is_file():
        raise DataUnavailable(
            f"no {RESULT} in {folder}",
            expected="the folder of a run",
            fix="Pass the folder that `mlleaks audit` or `mlleaks demo` printed.",
        )
    try:
        document = json.loads((folder / RESULT).read_text())
        if document["schema"] not in (1, SCHEMA):
            raise _corrupt(folder, f"schema version {document['schema']}, not {SCHEMA}")
        if checksum(document) != document["sha256"]:
            raise _corrupt(folder, f"{RESULT} was changed")
        if file_checksum(folder / ARRAYS) != document["arrays_sha256"]:
            raise _corrupt(folder, f"{ARRAYS} does not belong to {RESULT}")
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            return from_parts(*current(document, dict(arrays)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        if isinstance(error, CorruptRun):
            raise
        raise _corrupt(folder, f"{type(error).__name__}: {error}") from error


def refuse_existing(folder: Path, *, overwrite: bool = False, plan: AuditPlan | None = None) -> None:
    """Raise `RunExists` if ``folder`` is there and may not, or cannot, be replaced.

    A folder that holds nothing but the ``plan`` that the run follows is its place.
    """
    with writing(folder):  # its name may be too long to be looked for
        fixed = (
            folder.name in ("", "..") or folder.is_mount() or (folder.is_symlink() and not folder.exists())
        )
        if fixed:
            raise RunExists(
                f"{folder}, which a run cannot take the place of",
                expected="a folder with a name of its own; no disk, no link to nothing",
                fix="Choose another folder.",
            )
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        if plan is not None and _holds_only(folder, plan):
            return
    if not (overwrite and (folder / RESULT).is_file()):
        what = "run" if (folder / RESULT).is_file() else "folder or file that is no run"
        raise RunExists(
            f"a {what} at {folder}",
            expected="a place where nothing is yet",
            fix="Choose another name, or pass overwrite=True (command line: --overwrite) to replace a run.",
        )


def _holds_only(folder: Path, plan: AuditPlan) -> bool:
    """Return whether a folder holds this plan and nothing else."""
    if not folder.is_dir() or [path.name for path in folder.iterdir()] != [PLAN]:
        return False
    try:
        return AuditPlan.load(folder / PLAN) == plan
    except CorruptRun:
        return False


def _corrupt(folder: Path, why: str) -> CorruptRun:
    return CorruptRun(
        f"a run at {folder} that cannot be read ({why})",
        expected=f"{RESULT} and {ARRAYS} as this version writes them",
        fix="Run the audit again.",
    )
