"""Answers of a service on the disk: whole, durable, and without any record."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlleaks.errors import CorruptRun, InputError
from mlleaks.targets.http.store import AnswerStore


def test_what_is_put_is_there_for_the_next_run(tmp_path):
    path = tmp_path / "answers.sqlite"
    first = AnswerStore(path)
    keys = [first.key("service", text) for text in (b"[1]", b"[2]", b"[3]")]
    first.put(dict(zip(keys, ([0.5, 0.5], {"cat": 1.0}, "dog"), strict=True)))
    again = AnswerStore(path)
    assert [again.key("service", b"[1]")] == keys[:1]
    assert again.get([*keys, again.key("service", b"[4]")]) == {
        keys[0]: [0.5, 0.5],
        keys[1]: {"cat": 1.0},
        keys[2]: "dog",
    }


def test_another_service_version_setting_occasion_or_record_has_another_key(tmp_path):
    store, other = AnswerStore(tmp_path / "a"), AnswerStore(tmp_path / "b")
    keys = {
        store.key("service", b"[1]"),
        store.key("service, version 2", b"[1]"),
        store.key("service", b"[1]", 1),
        store.key("service", b"[2]"),
        other.key("service", b"[1]"),  # nobody without the file can try records
    }
    assert len(keys) == 5


def test_no_record_is_in_the_file(tmp_path):
    store = AnswerStore(tmp_path / "answers.sqlite")
    store.put({store.key("service", b'["Ada Lovelace"]'): [0.5, 0.5]})
    store.close()
    assert not any(b"Lovelace" in file.read_bytes() for file in tmp_path.iterdir())


KILLED = """
import sys, pathlib
from mlleaks.targets.http.store import AnswerStore
store = AnswerStore(pathlib.Path(sys.argv[1]))
for i in range(10**6):
    store.put({store.key("service", str(i).encode()): i})
    print(i, flush=True)
"""


def test_what_was_put_survives_a_kill(tmp_path):
    path = tmp_path / "answers.sqlite"
    last = 0
    with subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True) as run:
        while last < 50:
            last = int(run.stdout.readline())
        os.kill(run.pid, signal.SIGKILL)
    store = AnswerStore(path)
    keys = [store.key("service", str(i).encode()) for i in range(last + 1)]
    stored = store.get(keys)
    assert [stored[key] for key in keys] == list(range(last + 1))


def test_two_audits_at_once_would_pay_twice(tmp_path):
    path = tmp_path / "answers.sqlite"
    with subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "0\n"
        with pytest.raises(InputError, match="which another audit is using"):
            AnswerStore(path)
        run.kill()
    AnswerStore(path).close()  # a killed one holds nothing
    first, second = AnswerStore(path), AnswerStore(path)  # of one process
    first.close()
    second.close()


def test_many_threads_and_more_keys_than_one_question_holds(tmp_path):
    store = AnswerStore(tmp_path / "answers.sqlite")
    keys = [store.key("service", str(i).encode()) for i in range(1200)]

    def put(start):
        store.put({key: i for i, key in enumerate(keys) if i % 4 == start})

    threads = [threading.Thread(target=put, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.get(keys)[key] for key in keys] == list(range(1200))


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be read", b"SQLite format 3\0" * 40]
)
def test_a_file_that_is_no_store_is_refused(tmp_path, content):
    path = tmp_path / "answers.sqlite"
    path.write_bytes(content)
    with pytest.raises(CorruptRun, match=r"answers\.sqlite, which is damaged or no store"):
        AnswerStore(path)
    assert path.read_bytes() == content


def test_a_store_of_another_schema_is_refused(tmp_path):
    path = tmp_path / "answers.sqlite"
    AnswerStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(CorruptRun, match="of schema 99; expected schema 1"):
        AnswerStore(path)


def test_a_damaged_store_is_named_not_answered(tmp_path):
    path = tmp_path / "answers.sqlite"
    store = AnswerStore(path)
    keys = [store.key("service", str(i).encode()) for i in range(5000)]
    store.put({key: [0.1] * 10 for key in keys})
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:-8192] = b"\xff" * (len(content) - 16384)
    path.write_bytes(bytes(content))
    with pytest.raises(CorruptRun, match="damaged"):
        AnswerStore(path).get(keys)


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        AnswerStore(tmp_path / "file" / "answers.sqlite")
    with pytest.raises(InputError, match="cannot be written"):
        AnswerStore(Path("/proc/answers.sqlite"))
