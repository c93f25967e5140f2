"""Purchase's features from Kaggle's transactions, for those who have these and not the features."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlleaks.datasets.clusters import clustered
from mlleaks.errors import DataUnavailable, InputError
from mlleaks.storage import atomic
from mlleaks.types import Ints

if TYPE_CHECKING:
    import pandas as pd

_PRODUCT = ["category", "company", "brand"]
_COLUMNS = ["id", *_PRODUCT, "purchasequantity"]
_FEATURES, _CLASSES, _BLOCK = 600, 100, 10000


def purchase_features(transactions: Path, table: Path, *, rows_at_once: int = 1_000_000) -> int:
    """Write the table that Purchase is loaded from, and return how many customers it has.

    Its features are the 600 products bought most often (a product is a category, a company and a
    brand; returned goods do not count); a customer has a 1 for each product that they ever
    bought. Customers who bought none of the 600 are skipped. Its classes are 100 clusters. The published
    table was made this way from fewer customers, so results on the two are not the same.

    Parameters
    ----------
    transactions : Path
        ``transactions.csv`` or ``transactions.csv.gz`` of Kaggle's Acquire Valued Shoppers Challenge.
        It is read twice, in pieces.
    table : Path
        Should be ``purchase/dataset_purchase`` in the folder that ``MLLEAKS_DATA`` names. It is
        written whole or not at all.
    rows_at_once : int
        Rows read at a time. Memory grows with it and with the number of customers (600 bytes each,
        about four times that while they are clustered).

    Raises
    ------
    DataUnavailable
        ``transactions`` is not there.
    InputError
        It has other columns, a damaged row, or fewer than 600 products or 100 different customers.
    """
    if not transactions.is_file():
        raise DataUnavailable(
            f"no file {transactions}",
            expected="transactions.csv of the Acquire Valued Shoppers Challenge",
            fix="Download it from kaggle.com/c/acquire-valued-shoppers-challenge/data.",
        )
    try:
        products = _most_bought(_pieces(transactions, rows_at_once))
        X = _bought(_pieces(transactions, rows_at_once), products)
    except InputError:
        raise
    except (ValueError, EOFError, OSError) as error:
        raise InputError(
            f"{transactions} that cannot be read ({error})",
            expected=f"a CSV file of whole numbers in the columns {', '.join(_COLUMNS)}",
            fix="Download it again, and do not edit it.",
        ) from error
    with atomic.writing(table):
        table.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(table, _lines(X, clustered(X, _CLASSES)))
    return len(X)


def _pieces(transactions: Path, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the purchases, some rows at a time."""
    import pandas as pd

    whole: Any = dict.fromkeys(["id", *_PRODUCT], np.int64)
    with pd.read_csv(transactions, usecols=_COLUMNS, dtype=whole, chunksize=rows) as reader:
        for piece in reader:
            yield piece[piece["purchasequantity"] > 0]


def _most_bought(pieces: Iterator[pd.DataFrame]) -> pd.Series[int]:
    """Return the number 0..599 of each product bought most often; ties go to lower identifiers."""
    import pandas as pd

    total: Any = None
    for piece in pieces:
        bought = piece.groupby(_PRODUCT).size()
        total = bought if total is None else total.add(bought, fill_value=0)
    if total is None or len(total) < _FEATURES:
        raise InputError(
            f"transactions of {0 if total is None else len(total)} products",
            expected=f"at least {_FEATURES}",
            fix="Pass the whole transactions file.",
        )
    most = total.sort_index().sort_values(ascending=False, kind="stable").index[:_FEATURES]
    return pd.Series(np.arange(_FEATURES), index=most.sort_values(), name="feature")


def _bought(pieces: Iterator[pd.DataFrame], products: pd.Series[int]) -> NDArray[np.uint8]:
    """Return what each customer bought ``(n, 600)``, customers in the order of their ids."""
    row_of: dict[int, int] = {}
    X = np.zeros((_BLOCK, _FEATURES), dtype=np.uint8)
    for piece in pieces:
        purchases = piece.join(products, on=_PRODUCT, how="inner")[["id", "feature"]].drop_duplicates()
        rows = [row_of.setdefault(customer, len(row_of)) for customer in purchases["id"].tolist()]
        while len(row_of) > len(X):
            X = np.concatenate([X, np.zeros_like(X)])
        X[rows, purchases["feature"].to_numpy()] = 1
    return X[[row_of[customer] for customer in sorted(row_of)]]


def _lines(X: NDArray[np.uint8], y: Ints) -> memoryview:
    """Return lines of a class, counted from 1, and 600 bits, separated by commas."""
    text = io.BytesIO()
    for start in range(0, len(X), _BLOCK):
        bits = X[start : start + _BLOCK] + ord("0")
        tails = np.insert(bits, np.arange(_FEATURES), ord(","), axis=1)
        for label, tail in zip(y[start : start + _BLOCK], tails, strict=True):
            text.write(b"%d%s\n" % (label + 1, tail.tobytes()))
    return text.getbuffer()
