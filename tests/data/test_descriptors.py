"""What describes records: the same for the same records, robust to odd values, blind to order and scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mlleaks.data import record_columns, text_descriptors
from mlleaks.data.column_kinds import columns_of_frame
from mlleaks.data.descriptors import describe_records
from mlleaks.data.image_descriptors import describe_images
from mlleaks.data.record_columns import columns_of, width_of
from mlleaks.types import Dataset


def describe(X, y=None):
    y = np.zeros(X.shape[0], dtype=int) if y is None else y
    return describe_records(Dataset("made", X, y, int(y.max()) + 1), np.random.default_rng(0))


def test_scales_and_monotone_changes_do_not_matter():
    X = np.random.default_rng(0).normal(size=(50, 3))
    plain, changed = describe(X), describe(np.exp(X) * [1e-9, 1, 1e9])
    assert (plain.columns == changed.columns).all()
    assert (plain.table == changed.table).all()


def test_infinite_values_are_the_largest_ones_and_missing_ones_lie_in_the_middle():
    X = np.array([[1.0], [2.0], [np.inf], [-np.inf], [np.nan]])
    described = describe(X)
    assert np.argsort(described.table[:4, 0]).tolist() == [3, 0, 1, 2]
    assert np.isnan(described.table[4, 0])
    assert [name for name in described.names if name[1] == "missing"] == [("0", "missing")]
    assert np.isfinite(described.columns).all()


def test_columns_are_standardized_and_constant_ones_gone():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=90), "b": 1.0, "c": rng.choice(["x", "y", "z"], size=90)})
    described = describe(X, rng.integers(2, size=90))
    assert described.columns.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert described.columns.std(axis=0) == pytest.approx(1, abs=1e-5)
    assert {name for name, _ in described.names} == {"a", "c", "class label"}
    assert {quantity for name, quantity in described.names if name == "c"} == {"is x", "is y", "is z"}


def test_kinds_of_columns():
    n = 200
    table = pd.DataFrame(
        {
            "int": np.arange(n),
            "nullable": pd.array([1, None] * (n // 2), dtype="Int64"),
            "digits": [str(i) for i in range(n)],
            "date": pd.date_range("2020", periods=n),
            "zone": pd.date_range("2020", periods=n, tz="UTC"),
            "delta": pd.to_timedelta(np.arange(n), unit="h"),
            "category": pd.Categorical(["a", "b"] * (n // 2)),
            "bool": [True, False] * (n // 2),
            "mixed": [1, "x"] * (n // 2),
            "name": [f"name {i}" for i in range(n)],
        }
    )
    columns = columns_of_frame(table)
    assert set(columns.names) == {"int", "nullable", "digits", "date", "zone", "delta", "bool"}
    assert set(columns.categories) == {"category", "mixed"}
    assert set(columns.texts) == {"name"}
    assert np.isnan(columns.numbers[:, columns.names.index("nullable")]).sum() == n // 2


def test_of_very_many_features_some_take_part():
    width = record_columns.MOST_FEATURES + 50
    described = describe(np.random.default_rng(0).normal(size=(20, width)))
    assert len({name for name, _ in described.names}) == record_columns.MOST_FEATURES
    assert described.notes == ("50 features, chosen at random, did not take part.",)


def test_sparse_rows_are_described_as_dense_ones_are_counted():
    dense = np.random.default_rng(0).poisson(0.3, size=(40, 500)).astype(float)
    columns, wide, _ = columns_of(sparse.csr_array(dense), np.random.default_rng(0))
    assert columns.numbers[:, 0].tolist() == (dense > 0).sum(axis=1).tolist()
    assert columns.numbers[:, 1].tolist() == dense.sum(axis=1).tolist()
    for name, column in zip(columns.names[3:], columns.numbers[:, 3:].T, strict=True):
        assert (column == dense[:, int(name)]).all()
    assert np.linalg.norm(wide.toarray(), axis=1) == pytest.approx(1)


def test_images_in_any_layout_have_the_same_descriptors():
    X = np.random.default_rng(0).integers(0, 255, size=(12, 9, 11, 3)).astype(np.uint8)
    last, names = describe_images(X)
    first, _ = describe_images(np.moveaxis(X, 3, 1))
    assert (last == first).all()
    assert [name for name in names if name.endswith(" of channel 2")]


def test_a_grey_image_has_the_descriptors_of_one_channel():
    X = np.random.default_rng(0).integers(1, 254, size=(12, 9, 11, 3)).astype(np.uint8)
    X[0, 0, :2, 0] = 0, 255  # histograms go over the range of all images, which channel 0 then has alone, too
    grey, grey_names = describe_images(X[..., 0])
    color, names = describe_images(X)
    assert names[: len(grey_names)] == tuple(f"{name} of channel 0" for name in grey_names)
    assert (grey == color[:, : len(grey_names)]).all()
    assert len(names) == 3 * len(grey_names)
    assert (describe_images(X[..., :1])[0] == grey).all()


def test_descriptors_of_a_grey_image_by_hand():
    image = np.array([[0.0, 6.0, 0.0], [0.0, 6.0, 0.0], [0.0, 6.0, 0.0]])
    numbers, names = describe_images(image[None])
    by_name = dict(zip(names, numbers[0], strict=True))
    expected = {
        "brightness": 2.0,
        "contrast": 8**0.5,
        "darkest value": 0.0,
        "brightest value": 6.0,
        "step across": 6.0,
        "step down": 0.0,
        "sharpness": 3.0,  # the centre, 6, against the mean of 6, 6, 0 and 0
        "share in part 1 of 6": 6 / 9,
        "share in part 3 of 6": 0.0,
        "share in part 6 of 6": 3 / 9,
        "grid 0,1": 6.0,
        "grid 2,2": 0.0,
    }
    assert {name: by_name[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(5, 1, 1), (5, 2, 2, 1), (5, 1, 9), (5, 4, 4, 7), (5, 3, 3, 2, 2)])
def test_small_and_odd_images_are_described(shape):
    numbers, names = describe_images(np.random.default_rng(0).random(shape))
    assert numbers.shape == (5, len(names))
    assert np.isfinite(numbers).all()


def test_images_with_missing_pixels():
    X = np.random.default_rng(0).random((5, 8, 8))
    X[0, 0, 0], X[1, 1, 1] = np.nan, np.inf
    assert np.isfinite(describe_images(X)[0]).all()


def test_long_texts_are_cut_and_said_to_be(monkeypatch):
    monkeypatch.setattr(text_descriptors, "CHARACTERS", 1000)
    texts = np.array([f"{i} " * 400 for i in range(60)], dtype=object)
    described = text_descriptors.describe_texts({"note": texts})
    assert described.notes == ("Of longer texts the first 100 characters were cut into n-grams.",)
    assert described.ngrams.shape[0] == 60


def test_texts_without_words_or_missing():
    texts = np.array(["", None, "...", "  "], dtype=object)
    described = text_descriptors.describe_texts({"note": texts})
    assert np.isnan(described.numbers[1]).sum() == len([n for n in described.names if "word '" not in n])
    assert described.ngrams.shape[0] == 4


def test_width_counts_text_columns_more():
    table = pd.DataFrame({"a": [1.0], "b": ["x"]})
    assert width_of(table) == 1 + record_columns.OF_TEXT
    assert width_of(sparse.csr_array((3, 10_000))) == 300
