"""Purchase: the published table, made small, and the features from transactions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mlleaks
from mlleaks.datasets import purchase, purchase_builder, purchase_features
from mlleaks.datasets.files import FOLDER_VARIABLE
from mlleaks.errors import DataUnavailable, InputError
from tests.synthetic import tar_gz

RNG = np.random.default_rng(0)
CLASS = RNG.integers(100, size=500)
BITS = (RNG.random((500, 600)) < RNG.random((100, 600))[CLASS] ** 4).astype(np.uint8)
TABLE = "".join(
    f"{c + 1}," + ",".join(map(str, bits)) + "\n" for c, bits in zip(CLASS, BITS, strict=True)
).encode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "purchase").mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path / "purchase"


@pytest.mark.parametrize("form", ["dataset_purchase", "dataset_purchase.tgz"])
def test_both_forms_are_read(folder, caplog, form):
    content = TABLE if form == "dataset_purchase" else tar_gz({"dataset_purchase": TABLE})
    (folder / form).write_bytes(content)
    data = mlleaks.load_dataset("purchase-100")
    assert (data.name, data.n_classes, data.X.dtype) == ("purchase-100", 100, np.uint8)
    np.testing.assert_array_equal(data.X, BITS)
    np.testing.assert_array_equal(data.y, CLASS)
    assert "has 500 records, not the published 197324" in caplog.text
    few = mlleaks.load_dataset("purchase-10")
    np.testing.assert_array_equal(few.X, BITS)
    assert np.unique(few.y).tolist() == list(range(10))
    np.testing.assert_array_equal(few.y, mlleaks.load_dataset("purchase-10").y)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_line_ends_and_quotes_do_not_matter(ending):
    arrays = purchase.parsed(b'"7"' + b",0" * 599 + b",1" + ending + b"100" + b",1" * 600)
    assert arrays["y"].tolist() == [6, 99]
    assert arrays["X"].sum(axis=1).tolist() == [1, 600]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (TABLE[:-100], "line 500 is no class and 600 bits"),
        (TABLE + b"1,0", "line 501 is no class and 600 bits"),
        (b"1" + b",0" * 599 + b",2", "values other than 0 and 1"),
        (b"1" + b",0" * 599 + b",-", "values other than 0 and 1"),
        (b"1" + b",0" * 599 + b",10", "line 1 is no class"),
        (b"0" + b",0" * 600, r"classes from 0 to 0, not 1\.\.100"),
        (b"101" + b",0" * 600, r"classes from 101 to 101, not 1\.\.100"),
        (b"x" + b",0" * 600, "invalid literal"),
    ],
)
def test_a_table_that_is_cut_or_another_one_is_refused(folder, content, says):
    (folder / "dataset_purchase").write_bytes(content)
    with pytest.raises(
        DataUnavailable, match=rf"dataset_purchase that cannot be unpacked \(.*{says}.*Delete it"
    ):
        mlleaks.load_dataset("purchase-2")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (tar_gz({"dataset_texas": b""}), "it holds dataset_texas"),
        (tar_gz({"dataset_purchase": TABLE})[:-500], "."),
    ],
)
def test_an_archive_that_is_cut_or_another_one_is_refused(folder, content, says):
    (folder / "dataset_purchase.tgz").write_bytes(content)
    with pytest.raises(DataUnavailable, match=rf"cannot be unpacked \({says}"):
        mlleaks.load_dataset("purchase-2")


def transactions(n=12000, customers=300, products=700):
    rng = np.random.default_rng(1)
    which = (products * rng.random(n) ** 2).astype(int)
    return pd.DataFrame(
        {
            "id": np.sort(rng.integers(10**6, 10**6 + customers, size=n)),
            "chain": 205,
            "dept": 7,
            "category": 700 + which % 7,
            "company": 10**9 + which // 7,
            "brand": which,
            "date": "2012-03-02",
            "productsize": 16.0,
            "productmeasure": "OZ",
            "purchasequantity": rng.choice([-1, 0, 1, 2], p=[0.05, 0.05, 0.7, 0.2], size=n),
            "purchaseamount": 2.5,
        }
    )


def plainly(table):
    """The features by a slow way that is easy to believe."""
    bought = table[table.purchasequantity > 0]
    names = list(zip(bought.category, bought.company, bought.brand, strict=True))
    count = pd.Series(names).value_counts()
    most = sorted(sorted(count.index, key=lambda name: (-count[name], name))[:600])
    baskets = {}
    for customer, name in zip(bought.id, names, strict=True):
        baskets.setdefault(customer, set()).add(name)
    rows = [[int(name in baskets[customer]) for name in most] for customer in sorted(baskets)]
    return np.array([row for row in rows if any(row)])


@pytest.mark.parametrize(("rows", "suffix"), [(100000, ".csv"), (777, ".csv.gz")])
def test_features_are_the_600_most_bought_products(folder, monkeypatch, rows, suffix):
    monkeypatch.setattr(purchase_builder, "_BLOCK", 64)  # the table grows, and is written in pieces
    table = transactions()
    unknown = {**table.iloc[0], "id": 5, "category": 1, "company": 1, "brand": 10**6, "purchasequantity": 1}
    table = pd.concat([table, pd.DataFrame([unknown])])
    path = folder / f"transactions{suffix}"
    table.to_csv(path, index=False)
    n = purchase_features(path, folder / "dataset_purchase", rows_at_once=rows)
    expected = plainly(table)
    data = mlleaks.load_dataset("purchase-100")
    assert n == len(data) == len(expected)
    np.testing.assert_array_equal(data.X, expected)
    assert np.unique(data.y).tolist() == list(range(100))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (transactions().drop(columns="brand"), "Usecols do not match columns"),
        (transactions().astype({"brand": object}).replace({"brand": {5: "x"}}), "cannot be read"),
        (transactions(products=500), "transactions of 500 products; expected at least 600"),
        (transactions()[:0], "transactions of 0 products"),
        (transactions(customers=50), "50 different records for 100 classes"),
    ],
    ids=["column", "word", "products", "empty", "customers"],
)
def test_other_transactions_are_refused_and_nothing_is_written(folder, table, says):
    table.to_csv(folder / "transactions.csv", index=False)
    with pytest.raises(InputError, match=says):
        purchase_features(folder / "transactions.csv", folder / "dataset_purchase")
    assert [path.name for path in folder.iterdir()] == ["transactions.csv"]


def test_transactions_that_are_not_there_say_where_they_are_from(folder):
    with pytest.raises(DataUnavailable, match=r"no file .*transactions\.csv.*kaggle\.com/c/acquire-valued"):
        purchase_features(folder / "transactions.csv", folder / "dataset_purchase")
