"""Archives that are whole or damaged, and copies of what was decoded."""

from __future__ import annotations

import gzip
import io
import zipfile

import numpy as np
import pytest

from mlleaks.datasets import decode_cache
from mlleaks.datasets.archives import gunzip, reading, unpack
from mlleaks.datasets.decode_cache import decoded
from mlleaks.errors import DataUnavailable, InputError
from tests.synthetic import tar_gz

NOISE = np.random.default_rng(0).bytes(20000)
FILES = {"b/2": NOISE, "a/1": b"one", "a/0": b""}


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/", "")
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [tar_gz, zipped])
def test_files_come_in_the_order_of_their_names(tmp_path, pack):
    (tmp_path / "x").write_bytes(pack(FILES))
    assert list(unpack(tmp_path / "x").items()) == sorted(FILES.items())


@pytest.mark.parametrize("pack", [tar_gz, zipped])
@pytest.mark.parametrize(
    "damage", [lambda c: c[:-4000], lambda c: c[: len(c) // 2], lambda c: b"text", lambda c: b""]
)
def test_a_damaged_archive_is_explained(tmp_path, pack, damage):
    path = tmp_path / "x.bin"
    path.write_bytes(damage(pack(FILES)))
    with (
        pytest.raises(
            DataUnavailable, match=r"x\.bin that cannot be unpacked \(.+\); expected it whole\. Delete"
        ),
        reading(path, expected="it whole"),
    ):
        unpack(path)


def test_a_changed_byte_in_a_zip_is_noticed(tmp_path):
    content = bytearray(zipped(FILES))
    content[content.index(NOISE) + 500] ^= 1
    (tmp_path / "x.zip").write_bytes(content)
    with (
        pytest.raises(DataUnavailable, match="Bad CRC-32"),
        reading(tmp_path / "x.zip", expected="it whole"),
    ):
        unpack(tmp_path / "x.zip")


def test_a_whole_gzip_file_is_read(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(NOISE))
    assert gunzip(tmp_path / "x.gz") == NOISE


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(NOISE)[:-50], "ended before"),
        (b"text", "Not a gzipped file"),
        (gzip.compress(NOISE)[:-8] + bytes(8), "CRC check failed"),
        (gzip.compress(NOISE)[:10] + bytes([255]) * 50, "decompressing"),
    ],
)
def test_a_damaged_gzip_file_is_explained(tmp_path, content, says):
    (tmp_path / "x.gz").write_bytes(content)
    with (
        pytest.raises(DataUnavailable, match=rf"x\.gz that cannot be unpacked \(.*{says}"),
        reading(tmp_path / "x.gz", expected="it whole"),
    ):
        gunzip(tmp_path / "x.gz")


def test_errors_that_explain_themselves_pass(tmp_path):
    with pytest.raises(InputError, match="got this"), reading(tmp_path, expected="x"):
        raise InputError("this", expected="that", fix="Do it.")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(decode_cache, "folder", lambda: tmp_path / "decoded")
    (tmp_path / "source").write_bytes(NOISE)
    return tmp_path


def counted(calls, value=7):
    def make():
        calls.append(value)
        return {"X": np.full((3, 2), value, dtype=np.uint8), "y": np.arange(3)}

    return make


def test_arrays_are_decoded_once_for_a_file_and_a_name(place):
    calls = []
    first = decoded(place / "source", counted(calls), name="toy")
    again = decoded(place / "source", counted(calls, 8), name="toy")
    assert calls == [7]
    assert again.keys() == first.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(again[name], array)
        assert again[name].dtype == array.dtype
    decoded(place / "source", counted(calls, 9), name="other")
    assert calls == [7, 9]
    (place / "source").write_bytes(NOISE + b"x")
    decoded(place / "source", counted(calls, 10), name="toy")
    assert calls == [7, 9, 10]


def copy_of(place):
    (path,) = (place / "decoded").iterdir()
    return path


def plain():
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    return buffer.getvalue()


def flipped(content):
    place = content.index(bytes([7] * 6))
    return content[:place] + b"\0" + content[place + 1 :]


@pytest.mark.parametrize(
    "damage", [lambda c: b"", lambda c: c[:100], lambda c: b"text" * 50, lambda c: plain(), flipped]
)
def test_a_broken_copy_is_made_again(place, caplog, damage):
    calls = []
    decoded(place / "source", counted(calls), name="toy")
    path = copy_of(place)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert decoded(place / "source", counted(calls), name="toy")["X"][0, 0] == 7
    assert calls == [7, 7]
    assert "is made again" in caplog.text
    assert decoded(place / "source", counted(calls), name="toy")["X"][0, 0] == 7
    assert calls == [7, 7]


def test_a_copy_never_holds_a_pickle(place):
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        np.load(io.BytesIO(pickled()), allow_pickle=False)["X"]
    calls = []
    decoded(place / "source", counted(calls), name="toy")
    copy_of(place).write_bytes(pickled())
    decoded(place / "source", counted(calls), name="toy")
    assert calls == [7, 7]


def pickled():
    buffer = io.BytesIO()
    np.savez(buffer, X=np.array([{}], dtype=object))
    return buffer.getvalue()


def test_a_copy_that_cannot_be_written_is_done_without(place, caplog):
    (place / "decoded").write_text("a file where the folder should be")
    assert decoded(place / "source", counted([]), name="toy")["X"][0, 0] == 7
    assert "cannot be written" in caplog.text
