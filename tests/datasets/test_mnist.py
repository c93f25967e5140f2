"""MNIST's idx files, whole and damaged."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from mlleaks.datasets import mnist
from mlleaks.errors import DataUnavailable


def idx(values):
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def test_values_come_in_their_shape():
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(mnist.idx(idx(values)), values)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "begins with nothing, which is no idx header"),
        (b"\0\0\x08", "begins with 000008, which is no idx header"),
        (b"\0\0\x0d\1\0\0\0\1xxxx", "begins with 00000d01, which is no idx header"),
        (b"\0\0\x08\3\0\0\0\1", "no idx header"),
        (idx(np.zeros(5, dtype=np.uint8))[:-1], r"has 4 values, not those of shape \(5,\)"),
        (idx(np.zeros(5, dtype=np.uint8)) + b"x", r"has 6 values, not those of shape \(5,\)"),
    ],
)
def test_a_file_that_is_cut_or_another_one_is_refused(content, says):
    with pytest.raises(ValueError, match=says):
        mnist.idx(content)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Return a function that puts the four files where ``load_dataset`` finds them."""

    def put(labels):
        files = dict(zip((*mnist._IMAGES, *mnist._LABELS), (60000, 10000, 60000, 10000), strict=True))
        for file, n in files.items():
            values = labels[:n] if "idx1" in file.path else np.ones((n, 28, 28), dtype=np.uint8)
            path = tmp_path / file.path.rpartition("/")[2]
            path.write_bytes(gzip.compress(idx(values), compresslevel=1))
        monkeypatch.setattr(mnist, "fetch", lambda file: tmp_path / file.path.rpartition("/")[2])

    return put


def test_both_parts_are_one_data_set(stored):
    stored((np.arange(60000) % 10).astype(np.uint8))
    data = mnist.load()
    assert data.X.shape == (70000, 28, 28)
    assert np.bincount(data.y).tolist() == [7000] * 10


def test_a_label_out_of_range_is_refused(stored):
    labels = (np.arange(60000) % 10).astype(np.uint8)
    labels[77] = 10
    stored(labels)
    with pytest.raises(DataUnavailable, match=r"train-labels.*it has the label 10.*\(60000,\).*Delete it"):
        mnist.load()


def test_too_few_labels_are_refused(stored):
    stored(np.zeros(59999, dtype=np.uint8))
    with pytest.raises(DataUnavailable, match=r"train-labels.*it has shape \(59999,\)"):
        mnist.load()
