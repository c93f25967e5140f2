"""Faces: who is kept, how they are cropped, what is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets._lfw import _fetch_lfw_people

from mlleaks.datasets import face
from mlleaks.errors import DataUnavailable
from tests.synthetic import tar_gz

PEOPLE = {"Zoe_Last": 3, "Ann_First": 4, "Bob_Rare": 2}


@pytest.fixture(scope="module")
def files():
    rng = np.random.default_rng(0)
    archive = {}
    for person, n in PEOPLE.items():
        for i in range(1, n + 1):
            jpeg = io.BytesIO()
            coarse = Image.fromarray(rng.integers(256, size=(25, 25, 3), dtype=np.uint8))
            coarse.resize((250, 250)).save(jpeg, "jpeg")
            archive[f"lfw_funneled/{person}/{person}_{i:04}.jpg"] = jpeg.getvalue()
    return dict(sorted({**archive, "lfw_funneled/pairs.txt": b"text"}.items()))


def test_faces_are_those_of_scikit_learn_in_its_order_of_people(files, tmp_path):
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    X, y, names = _fetch_lfw_people(
        str(tmp_path / "lfw_funneled"),
        slice_=(slice(70, 195), slice(78, 172)),
        color=True,
        resize=0.5,
        min_faces_per_person=3,
    )
    ours = face._faces(files, at_least=3)
    assert (ours["X"].shape, ours["X"].dtype) == ((7, 62, 47, 3), np.uint8)
    assert names.tolist() == ["Ann First", "Zoe Last"]
    assert np.bincount(ours["y"]).tolist() == [4, 3]
    shuffle = np.arange(7)
    np.random.RandomState(42).shuffle(shuffle)  # scikit-learn's own order
    np.testing.assert_array_equal(np.round(X * 255), ours["X"][shuffle])
    np.testing.assert_array_equal(y, ours["y"][shuffle])


def test_nobody_with_enough_images_is_refused(files):
    with pytest.raises(ValueError, match="it holds nobody with 5 images"):
        face._faces(files, at_least=5)


def test_an_image_that_does_not_decode_is_named(files):
    broken = {**files, "lfw_funneled/Ann_First/Ann_First_0002.jpg": b"no image"}
    with pytest.raises(DataUnavailable, match=r"Ann_First_0002\.jpg that does not decode"):
        face._faces(broken, at_least=3)


def test_an_archive_of_other_people_is_refused(files, tmp_path, monkeypatch):
    path = tmp_path / "lfw.tgz"
    path.write_bytes(tar_gz(files))
    monkeypatch.setattr(face, "fetch", lambda file: path)
    monkeypatch.setattr(face._faces, "__defaults__", (3,))
    with pytest.raises(DataUnavailable, match="it holds 7 images of 2 people.*Labeled Faces in the Wild"):
        face.load()
