"""Answers of a service, stored before they are used: no record is paid for twice."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mlleaks.errors import CorruptRun, InputError

SCHEMA = "1"
MOST_KEYS = 500
"""In one question to the database."""


class AnswerStore:
    """A file of answers; it survives a kill, and several threads may use it at once.

    Answers are keyed by a keyed hash of the service, the settings of the request and the record, so the file
    holds no record, and nobody without it can test whether a record was asked about.

    Parameters
    ----------
    path : Path
        An SQLite file; made if there is none.

    Raises
    ------
    CorruptRun
        The file is no such store, or is damaged.
    InputError
        It cannot be written, or another process uses it.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._held = _held(path)
            self._connection = sqlite3.connect(path, check_same_thread=False, timeout=60)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")  # `sync` waits for the disk
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            with self._connection:
                self._connection.execute(
                    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
                )
                self._connection.execute(
                    "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, item NOT NULL)"
                )
                self._connection.executemany(
                    "INSERT OR IGNORE INTO meta VALUES (?, ?)",
                    [("schema", SCHEMA), ("secret", secrets.token_hex(32))],
                )
            meta = dict(self._connection.execute("SELECT name, value FROM meta"))
        except sqlite3.DatabaseError as error:
            raise self._problem(error) from error
        except OSError as error:
            raise _unwritable(path, error) from error
        if meta.get("schema") != SCHEMA:
            raise CorruptRun(
                f"{path.name} of schema {meta.get('schema')}",
                expected=f"schema {SCHEMA}",
                fix="Open it with the version that wrote it, or pass another --cache.",
            )
        try:
            self._secret = bytes.fromhex(meta["secret"])
        except ValueError as error:
            raise self._problem(sqlite3.DatabaseError("its secret cannot be read")) from error

    def key(self, scope: str, record: bytes, occasion: int = 0) -> bytes:
        """Return the key of an answer.

        Parameters
        ----------
        scope : str
            Service, version of the model and settings of the request.
        record : bytes
            The record as it is sent.
        occasion : int
            0 for the first time that a record is asked about; see `mlleaks.outputs.occasion`.
        """
        return self.keys(scope, [record], occasion)[0]

    def keys(self, scope: str, records: Iterable[bytes], occasion: int = 0) -> list[bytes]:
        """Return the keys of the answers to several records; see `key`."""
        first = hashlib.blake2b(key=self._secret, digest_size=24)
        for part in (scope.encode(), str(occasion).encode()):
            first.update(len(part).to_bytes(8, "big") + part)
        keys = []
        for record in records:
            hashed = first.copy()
            hashed.update(record)
            keys.append(hashed.digest())
        return keys

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        """Return the answers that are stored, by key."""
        rows: dict[bytes, Any] = {}
        wanted = list(dict.fromkeys(keys))
        with self._lock:
            for start in range(0, len(wanted), MOST_KEYS):
                some = wanted[start : start + MOST_KEYS]
                marks = ",".join("?" * len(some))
                try:
                    answers = self._connection.execute(
                        f"SELECT key, item FROM answers WHERE key IN ({marks})",  # noqa: S608 only marks
                        some,
                    ).fetchall()
                    rows.update((key, _unpacked(item)) for key, item in answers)
                except sqlite3.DatabaseError as error:
                    raise self._problem(error) from error
        return rows

    def put(self, answers: Mapping[bytes, Any] | Iterable[tuple[bytes, Any]]) -> None:
        """Store answers: they survive the end of this process now, and that of the machine after `sync`."""
        rows = [(key, _packed(item)) for key, item in dict(answers).items()]
        try:
            with self._lock, self._connection:
                self._connection.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?)", rows)
        except sqlite3.DatabaseError as error:
            raise self._problem(error) from error

    def generation(self, scope: str) -> int:
        """Return how many models have been replaced by another one at an address."""
        name = f"generation {self.keys(scope, [b''])[0].hex()}"
        with self._lock:
            row = self._connection.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchone()
        return 0 if row is None else int(row[0])

    def begin_generation(self, scope: str, number: int) -> None:
        """Remember that another model stands at an address."""
        name = f"generation {self.keys(scope, [b''])[0].hex()}"
        with self._lock, self._connection:
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, str(number)])

    def sync(self) -> None:
        """Wait until all answers are on the disk."""
        try:
            with self._lock:
                [(busy, *_)] = self._connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
            if busy:
                raise sqlite3.OperationalError("the store is busy")
        except sqlite3.DatabaseError as error:
            raise self._problem(error) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        self._held.release()

    def _problem(self, error: sqlite3.DatabaseError) -> Exception:
        text = str(error)
        if "locked" in text or "busy" in text:
            return _in_use(self.path)
        if isinstance(error, sqlite3.OperationalError) and any(
            word in text for word in ("readonly", "unable to open", "full", "disk I/O")
        ):
            return _unwritable(self.path, error)
        return CorruptRun(
            f"{self.path.name}, which is damaged or no store of answers ({text})",
            expected="a file that an audit of a service wrote",
            fix="Delete it (its answers must then be paid for again), or pass another --cache.",
        )


def _held(path: Path) -> FileLock:
    """Return a lock that this process holds: of two audits at once, both would pay for the same answers.

    The system takes it back from a process that is killed.
    """
    lock = FileLock(f"{path}.lock", is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _in_use(path) from None
    return lock


def _in_use(path: Path) -> InputError:
    return InputError(
        f"{path.name}, which another audit is using",
        expected="one audit of a service at a time",
        fix="Wait until it has ended, or pass another --cache.",
    )


def _packed(item: Any) -> bytes | str:
    """Return an item as the file holds it: floats as they are, which is faster, all else as JSON."""
    if type(item) is list and item and set(map(type, item)) == {float}:
        return array("d", item).tobytes()
    return json.dumps(item, allow_nan=False)


def _unpacked(stored: bytes | str) -> Any:
    try:
        return array("d", stored).tolist() if isinstance(stored, bytes) else json.loads(stored)
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(f"an answer that cannot be read: {error}") from error


def _unwritable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path}, which cannot be written ({error})",
        expected="a folder with room that can be written: answers are stored before they are used",
        fix="Pass another --cache.",
    )
