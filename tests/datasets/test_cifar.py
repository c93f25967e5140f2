"""CIFAR in its canonical form, made small, in its local forms, and damaged."""

from __future__ import annotations

import io

import numpy as np
import pytest

from mlleaks.datasets import cifar, cifar10, cifar100
from mlleaks.datasets.files import at_hand
from mlleaks.datasets.images import decode
from mlleaks.errors import DataUnavailable
from tests.synthetic import tar_gz

IMAGES = np.random.default_rng(0).integers(256, size=(3, 32, 32, 3), dtype=np.uint8)


def rows(images, *labels):
    columns = [np.array(label, dtype=np.uint8)[:, None] for label in labels]
    return np.concatenate([*columns, images.transpose(0, 3, 1, 2).reshape(len(images), -1)], axis=1)


def test_cifar10_rows_are_a_label_and_planes():
    table = rows(IMAGES, [7, 0, 9])
    files = {
        "cifar-10-batches-bin/data_batch_1.bin": table[:2].tobytes(),
        "cifar-10-batches-bin/readme.html": b"hello",
        "cifar-10-batches-bin/test_batch.bin": table[2:].tobytes(),
    }
    arrays = cifar.from_binary(files, label_bytes=1)
    np.testing.assert_array_equal(arrays["X"], IMAGES)
    assert arrays["y"].tolist() == [7, 0, 9]


def test_cifar100_rows_are_a_coarse_and_a_fine_label_and_planes():
    files = {"cifar-100-binary/train.bin": rows(IMAGES, [1, 2, 3], [99, 0, 50]).tobytes()}
    arrays = cifar.from_binary(files, label_bytes=2)
    np.testing.assert_array_equal(arrays["X"], IMAGES)
    assert arrays["y"].tolist() == [99, 0, 50]


@pytest.mark.parametrize(
    ("files", "says"),
    [({"a.bin": b"x" * 3072}, "a.bin has 3072 bytes, no multiple of 3073"), ({"a.txt": b""}, "no .bin file")],
)
def test_rows_that_are_cut_are_refused(files, says):
    with pytest.raises(ValueError, match=says):
        cifar.from_binary(files, label_bytes=1)


def arrays(y):
    return {"X": np.zeros((60000, 32, 32, 3), dtype=np.uint8), "y": y}


def test_labels_out_of_range_and_unequal_classes_are_refused():
    y = np.repeat(np.arange(10), 6000)
    assert cifar.whole(arrays(y), 10)[1] is y
    with pytest.raises(ValueError, match=r"labels from 1 to 10, not 0\.\.9"):
        cifar.whole(arrays(y + 1), 10)
    y = y.copy()
    y[0] = 5
    with pytest.raises(ValueError, match="not every class has 6000 images"):
        cifar.whole(arrays(y), 10)


def encoded(pixels, form):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, lossless=True)
    return file.getvalue()


def test_webp_files_are_stacks_of_a_class_each_and_lossless():
    files = {
        "test/apple.webp": encoded(IMAGES[:1].reshape(-1, 32, 3), "webp"),
        "train/apple.webp": encoded(IMAGES[1:].reshape(-1, 32, 3), "webp"),
        "train/worm.webp": encoded(IMAGES.reshape(-1, 32, 3), "webp"),
    }
    arrays = cifar100._from_webp(files)
    np.testing.assert_array_equal(arrays["X"], np.concatenate([IMAGES, IMAGES]))
    assert arrays["y"].tolist() == [0, 0, 0, 1, 1, 1]


def test_webp_files_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"train/apple\.webp is 32 x 40 pixels, no stack"):
        cifar100._from_webp({"train/apple.webp": encoded(np.zeros((40, 32, 3), dtype=np.uint8), "webp")})


@pytest.mark.slow
def test_cifar100_has_the_published_mean_and_deviation():
    if at_hand(cifar100.DATASETS[0]) is None:
        pytest.skip("CIFAR-100 is not at hand")
    train = cifar100.load().X[10000:]  # the test part's names come first
    shares = [
        np.bincount(train[..., channel].ravel(), minlength=256) / train[..., 0].size for channel in range(3)
    ]
    value = np.arange(256) / 255
    mean = np.array([value @ share for share in shares])
    std = np.sqrt([value**2 @ share for share in shares] - mean**2)
    np.testing.assert_allclose(mean, [0.50707516, 0.48654887, 0.44091784], atol=1e-8)
    np.testing.assert_allclose(std, [0.26733429, 0.25643846, 0.27615047], atol=1e-8)


def test_jpeg_files_have_their_class_in_their_path():
    files = {
        f"{part}/{name}/0000.jpg": encoded(IMAGES[0], "jpeg") for part, name in (("a", "cat"), ("b", "ship"))
    }
    arrays = cifar10._from_jpeg(files)
    assert arrays["X"].shape == (2, 32, 32, 3)
    assert arrays["y"].tolist() == [3, 8]


def test_a_class_that_cifar10_does_not_have_is_refused():
    with pytest.raises(ValueError, match="not in tuple"):
        cifar10._from_jpeg({"train/yeti/0000.jpg": encoded(IMAGES[0], "jpeg")})


def test_an_image_that_does_not_decode_is_named():
    with pytest.raises(DataUnavailable, match=r"the image train/cat/0001\.jpg that does not decode"):
        decode(io.BytesIO(b"no image"), "train/cat/0001.jpg")


@pytest.mark.parametrize(("module", "labels"), [(cifar10, 1), (cifar100, 2)])
def test_an_archive_with_too_few_images_is_refused(tmp_path, monkeypatch, module, labels):
    path = tmp_path / "small.tar.gz"
    path.write_bytes(tar_gz({"cifar/train.bin": bytes(2 * (labels + 3072))}))
    monkeypatch.setattr(module, "locate", lambda file: None)
    monkeypatch.setattr(module, "fetch", lambda file: path)
    with pytest.raises(DataUnavailable, match=r"images of shape \(2, 32, 32, 3\).*60,000 images.*Delete it"):
        module.load()
