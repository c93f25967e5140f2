"""CIFAR-10's two forms: the canonical binary batches, made small, and damaged archives."""

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest

from mlleaks.datasets import cifar10
from mlleaks.datasets.images import decode
from mlleaks.errors import DataUnavailable, MissingExtra


def archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    buffer.seek(0)
    return tarfile.open(fileobj=buffer)


def test_binary_batches_are_label_then_planes():
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(3, 32, 32, 3), dtype=np.uint8)
    labels = np.array([7, 0, 9], dtype=np.uint8)
    rows = np.concatenate([labels[:, None], images.transpose(0, 3, 1, 2).reshape(3, -1)], axis=1)
    files = {
        "cifar-10-batches-bin/test_batch.bin": rows[2:].tobytes(),
        "cifar-10-batches-bin/data_batch_1.bin": rows[:2].tobytes(),
        "cifar-10-batches-bin/readme.html": b"hello",
    }
    with archive(files) as tar:
        parts = list(cifar10._from_binary(tar))
    np.testing.assert_array_equal(np.concatenate([X for X, _ in parts]), images)
    assert np.concatenate([y for _, y in parts]).tolist() == [7, 0, 9]


def test_an_image_that_does_not_decode_is_named():
    with pytest.raises(DataUnavailable, match=r"the image train/cat/0001\.jpg that does not decode"):
        decode(io.BytesIO(b"no image"), "train/cat/0001.jpg")


def test_without_pillow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r"mlleaks\[images\]"):
        decode(io.BytesIO(b""), "x.jpg")


def test_an_archive_with_too_few_images_is_refused(tmp_path, monkeypatch):
    rows = np.zeros((2, 3073), dtype=np.uint8).tobytes()
    path = tmp_path / "small.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo("data_batch_1.bin")
        entry.size = len(rows)
        tar.addfile(entry, io.BytesIO(rows))
    monkeypatch.setattr(cifar10, "locate", lambda file: None)
    monkeypatch.setattr(cifar10, "fetch", lambda file: path)
    with pytest.raises(DataUnavailable, match=r"images of shape \(2, 32, 32, 3\)"):
        cifar10.load()
