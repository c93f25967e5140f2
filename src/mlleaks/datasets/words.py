"""Words-2 to Words-100: which frequent words a newsgroup post has, in classes by clustering.

It is constructed as Purchase is, from public records: posts take the place of customers, words that of
products.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from mlleaks.datasets.archives import reading
from mlleaks.datasets.clusters import clustered
from mlleaks.datasets.decode_cache import Arrays, decoded
from mlleaks.datasets.files import fetch
from mlleaks.datasets.info import DatasetInfo
from mlleaks.datasets.news import ARCHIVE, EXPECTED, posts
from mlleaks.types import Dataset

_FEATURES = 600
_WORD = r"(?<!['\w])[a-z]{3,}(?!['\w])"  # letters only, and no pieces of "don't"


def load(classes: int) -> Dataset:
    """Return binary features ``(18054, 600)`` uint8; a 1 says that the post has this word.

    The words are the 600 that occur in most posts (those of three letters and more that are no English
    stop words), after headers, footers and quotes are removed. Posts with none of them are skipped.

    Parameters
    ----------
    classes : int
        How many clusters of posts are the classes.
    """
    path = fetch(ARCHIVE)
    with reading(path, expected=EXPECTED):
        X = decoded(path, lambda: _features(posts(path)[0]), name="words")["X"]
    y = decoded(path, lambda: {"y": clustered(X, classes)}, name=f"words-{classes}")["y"]
    return Dataset(f"words-{classes}", X, y, classes)


def _features(texts: list[str]) -> Arrays:
    count = CountVectorizer(
        stop_words="english", token_pattern=_WORD, max_features=_FEATURES, binary=True, dtype=np.uint8
    )
    X = count.fit_transform(texts).toarray()
    return {"X": X[X.any(axis=1)]}


def _info(classes: int) -> DatasetInfo:
    return DatasetInfo(
        name=f"words-{classes}",
        records=18054,
        classes=classes,
        features=_FEATURES,
        what="frequent words in newsgroup posts, clustered",
        source="people.csail.mit.edu/jrennie/20Newsgroups (by date)",
        citation="K. Lang, NewsWeeder: Learning to Filter Netnews, ICML 1995; classes: this package",
        licence="none stated; public posts, distributed for research",
        files=(ARCHIVE,),
        load=partial(load, classes),
    )


DATASETS = tuple(_info(classes) for classes in (2, 10, 20, 50, 100))
