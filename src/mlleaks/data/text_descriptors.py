"""Numbers that describe text: lengths, kinds of characters, common words, n-grams of characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from mlleaks.types import Floats

CHARACTERS = 2_000_000
"""Of longer texts only the beginnings are cut into n-grams, so that there are about so many characters."""
SHORTEST = 100
"""Of each text at least so many characters are read."""
WORDS = 100
"""The most frequent words of a column are features of their own."""
BUCKETS = 2**15

_COUNTS: dict[str, Callable[[str], float]] = {
    "length": len,
    "number of words": lambda text: len(text.split()),
    "number of lines": lambda text: text.count("\n") + 1,
    "share of digits": lambda text: sum(map(str.isdigit, text)) / max(1, len(text)),
    "share of capitals": lambda text: sum(map(str.isupper, text)) / max(1, len(text)),
    "share of letters": lambda text: sum(map(str.isalpha, text)) / max(1, len(text)),
    "share outside ASCII": lambda text: 1 - len(text.encode("ascii", "ignore")) / max(1, len(text)),
}


@dataclass(frozen=True)
class TextDescriptors:
    """What describes ``n`` records with text.

    Parameters
    ----------
    numbers : float array (n, d)
        nan where a text is missing.
    names : tuple of str
        What the numbers are called.
    ngrams : CSR matrix (n, w)
        Weighted n-grams of characters, hashed; rows of length 1, or 0 where there is no text.
    notes : tuple of str
        Whether long texts were cut.
    """

    numbers: Floats
    names: tuple[str, ...]
    ngrams: sparse.csr_array
    notes: tuple[str, ...]


def describe_texts(texts: Mapping[str, Any]) -> TextDescriptors:
    """Return the descriptors of one or more columns of text.

    Parameters
    ----------
    texts : mapping of str to object array (n,)
        Columns by name; None where a text is missing.

    Examples
    --------
    >>> described = describe_texts({"note": np.array(["a cat", "a dog ran", None], dtype=object)})
    >>> described.names[:2], described.numbers[:, 0].tolist()
    (('length of note', 'number of words of note'), [5.0, 9.0, nan])
    """
    count = sum(len(column) for column in texts.values())
    most = max(SHORTEST, CHARACTERS // max(1, count))
    numbers, names, parts, cut = [], [], [], False
    for name, column in texts.items():
        beginnings = ["" if text is None else text[:most] for text in column]
        cut = cut or any(text is not None and len(text) > most for text in column)
        for kind, measure in _COUNTS.items():
            numbers.append([np.nan if text is None else measure(text[: 20 * most]) for text in column])
            names.append(f"{kind} of {name}")
        common, vocabulary = _common_words(beginnings)
        numbers.extend(common)
        names.extend(f"word {word!r} in {name}" for word in vocabulary)
        parts.append(_ngrams(beginnings))
    wide = sparse.csr_array(sparse.hstack(parts)) / np.sqrt(len(parts))
    notes = (f"Of longer texts the first {most} characters were cut into n-grams.",) if cut else ()
    return TextDescriptors(
        np.column_stack(numbers).astype(float), tuple(names), sparse.csr_array(wide), notes
    )


def _common_words(texts: list[str]) -> tuple[Floats, list[str]]:
    """Return whether each of the most frequent words is in each text ``(words, n)``, and the words."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(binary=True, max_features=WORDS, analyzer=_words)
    try:
        present = counter.fit_transform(texts)
    except ValueError:  # no text has a word
        return np.empty((0, len(texts))), []
    return present.toarray().T.astype(float), counter.get_feature_names_out().tolist()


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _ngrams(texts: list[str]) -> sparse.csr_array:
    """Return n-grams of three and four characters, rarer ones with more weight, rows of length 1 or 0."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    hashing = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), n_features=BUCKETS, alternate_sign=False, norm=None
    )
    counts = hashing.transform(texts)
    return sparse.csr_array(TfidfTransformer(sublinear_tf=True).fit_transform(counts))
