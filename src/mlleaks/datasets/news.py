"""News: posts of 20 newsgroups, as weighted words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.datasets._twenty_newsgroups import (
    strip_newsgroup_footer,
    strip_newsgroup_header,
    strip_newsgroup_quoting,
)
from sklearn.feature_extraction.text import TfidfVectorizer

from mlleaks.datasets.archives import reading, unpack
from mlleaks.datasets.decode_cache import Arrays, decoded
from mlleaks.datasets.files import fetch
from mlleaks.datasets.info import DatasetInfo, File
from mlleaks.types import Dataset, Ints

ARCHIVE = File(
    path="news/20news-bydate.tar.gz",
    url="https://ndownloader.figshare.com/files/5975967",
    sha256="8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
    repacked=("12712283b48c6cf77e8f32d97d05b22c52c79c65a4e0ec60b73e35c7e79d6931",),
)
EXPECTED = "the archive of 18,846 posts in 20 newsgroups"


def load() -> Dataset:
    """Return TF-IDF weights, sparse CSR ``(18846, 134410)`` float32; groups in alphabetical order.

    Headers, footers and quotes are removed, and words are weighted over all posts, as in the paper. The
    paper's centring is part of training, which knows the members. Rows have length 1, or 0 where
    nothing of a post remains.
    """
    path = fetch(ARCHIVE)
    with reading(path, expected=EXPECTED):
        parts = decoded(path, lambda: _weights(*posts(path)), name="news")
    csr = (parts["data"], parts["indices"], parts["indptr"])
    return Dataset("news", sparse.csr_array(csr, shape=tuple(parts["shape"])), parts["y"], 20)


def posts(path: Path) -> tuple[list[str], Ints]:
    """Return the text of all posts without headers, footers and quotes, and each one's group.

    Parameters
    ----------
    path : Path
        The archive.

    Raises
    ------
    ValueError
        It does not hold all posts.
    """
    texts, y = _stripped(unpack(path))
    if (len(texts), y.max(initial=-1) + 1) != (18846, 20):
        raise ValueError(f"it holds {len(texts)} posts in {y.max(initial=-1) + 1} groups")
    return texts, y


def _stripped(files: Mapping[str, bytes]) -> tuple[list[str], Ints]:
    """Return text and group of each ``PART/GROUP/NUMBER``, in the order of the names."""
    groups = sorted({name.split("/")[-2] for name in files})
    texts = [_own_words(content.decode("latin1")) for content in files.values()]
    return texts, np.array([groups.index(name.split("/")[-2]) for name in files], dtype=np.int64)


def _own_words(post: str) -> str:
    text: str = strip_newsgroup_quoting(strip_newsgroup_footer(strip_newsgroup_header(post)))
    return text


def _weights(texts: list[str], y: Ints) -> Arrays:
    X = sparse.csr_array(TfidfVectorizer(dtype=np.float32).fit_transform(texts))
    return {"data": X.data, "indices": X.indices, "indptr": X.indptr, "shape": np.array(X.shape), "y": y}


DATASETS = (
    DatasetInfo(
        name="news",
        records=18846,
        classes=20,
        features=134410,
        what="newsgroup posts, TF-IDF",
        source="people.csail.mit.edu/jrennie/20Newsgroups (by date)",
        citation="K. Lang, NewsWeeder: Learning to Filter Netnews, ICML 1995",
        licence="none stated; public posts, distributed for research",
        files=(ARCHIVE,),
        load=load,
    ),
)
