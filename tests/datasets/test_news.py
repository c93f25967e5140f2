"""News and Words: what is read of a post, how it is weighed, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import mlleaks.datasets.words as words_dataset
from mlleaks.datasets import clusters, news
from mlleaks.errors import DataUnavailable, InputError
from tests.synthetic import tar_gz

POST = b"""From: someone
Subject: cars

Jane wrote:
> buy a car
The caf\xe9 sells cars, don't they?

--
a signature
"""
FILES = {
    "20news-bydate-test/rec.autos/1": POST,
    "20news-bydate-train/alt.atheism/7": b"Subject: x\n\nhello there hello\n",
    "20news-bydate-train/rec.autos/2": b"Subject: only a header\n\n",
}


def test_headers_footers_and_quotes_are_removed_and_letters_kept():
    texts, y = news._stripped(FILES)
    assert texts[0].strip() == "The caf\xe9 sells cars, don't they?"
    assert texts[1].strip() == "hello there hello"
    assert texts[2].strip() == ""
    assert y.tolist() == [1, 0, 1]


def test_rows_have_length_one_or_nothing():
    parts = news._weights(*news._stripped(FILES))
    assert parts["shape"].tolist() == [3, 8]  # café cars don hello sells the there they
    assert parts["data"].dtype == np.float32
    assert np.diff(parts["indptr"]).tolist() == [6, 2, 0]
    assert (parts["data"][:6] ** 2).sum() == pytest.approx(1)


@pytest.mark.parametrize("module", [news, words_dataset])
@pytest.mark.parametrize(
    ("files", "says"), [(FILES, "it holds 3 posts in 2 groups"), ({}, "0 posts in 0 groups")]
)
def test_an_archive_without_all_posts_is_refused(tmp_path, monkeypatch, module, files, says):
    path = tmp_path / "news.tar.gz"
    path.write_bytes(tar_gz(files))
    monkeypatch.setattr(module, "fetch", lambda file: path)
    with pytest.raises(DataUnavailable, match=f"{says}.*18,846 posts"):
        module.DATASETS[0].load()


def test_words_are_bits_and_posts_without_any_are_dropped():
    texts = ["Cars can't fly, cars drive", "the they x1abc 12", "drive_home fly a go", "don't drive"]
    X = words_dataset._features(texts)["X"]
    assert X.dtype == np.uint8
    assert X.tolist() == [[1, 1, 1], [0, 0, 1], [0, 1, 0]]  # cars, drive, fly


def test_clusters_are_the_groups_that_are_there_and_always_the_same():
    rng = np.random.default_rng(0)
    group = rng.integers(4, size=800)
    X = (rng.random((800, 40)) < np.kron(np.eye(4), np.full(10, 0.6))[group] + 0.02).astype(np.uint8)
    y = clusters.clustered(X, 4)
    table = np.zeros((4, 4))
    np.add.at(table, (group, y), 1)
    assert table.max(axis=1).sum() > 0.95 * 800
    assert sorted(table.argmax(axis=1)) == [0, 1, 2, 3]
    np.testing.assert_array_equal(y, clusters.clustered(X, 4))


def test_short_records_are_not_all_one_cluster():
    rng = np.random.default_rng(1)
    group, dense = rng.integers(2, size=1000), rng.random(1000) ** 3
    profile = np.kron(np.eye(2), np.ones(20))[group]
    X = (rng.random((1000, 40)) < profile * (0.1 + 0.8 * dense[:, None])).astype(np.uint8)
    sizes = np.bincount(clusters.clustered(X, 2))
    assert sizes.min() > 350


def test_every_cluster_is_used():
    y = clusters._fill_empty(np.array([0, 0, 0, 0, 2, 2]), 4)
    assert np.bincount(y, minlength=4).min() > 0


def test_more_classes_than_records_are_refused():
    with pytest.raises(InputError, match="2 different records for 3 classes; expected at least 3"):
        clusters.clustered(np.repeat(np.eye(2), 5, axis=0), 3)
