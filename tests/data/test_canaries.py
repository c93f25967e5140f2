"""Planting canaries: every form of data, what a canary is, coins, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import binom, binomtest

import mlleaks
from mlleaks.data.canaries import FEWEST, canaries
from mlleaks.data.canary_records import make_canaries
from mlleaks.types import Dataset

RNG = np.random.default_rng(0)
N = 300
X = RNG.integers(0, 2, size=(N, 40)).astype(float)
Y = RNG.integers(0, 4, size=N)
FRAME = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, size=N),
        "income": RNG.normal(size=N),
        "job": pd.Categorical(RNG.choice(["a", "b", "c"], size=N)),
        "town": RNG.choice(["Ulm", "Köln", None], size=N),
        "label": RNG.choice(["yes", "no", "perhaps"], size=N),
    }
)


def rows(table):
    """Return records as a set of tuples that can be compared."""
    if sparse.issparse(table):
        table = table.toarray()
    values = table.astype(object).where(table.notna(), None) if isinstance(table, pd.DataFrame) else table
    return [tuple(row) for row in np.asarray(values).reshape(len(table), -1).tolist()]


FORMS = {
    "array": X,
    "sparse": sparse.csr_matrix(X),
    "images": RNG.integers(0, 255, size=(N, 8, 8, 3)).astype(np.uint8),
    "objects": np.array(
        [[f"w{i}", f"v{j}", f"u{i + j}"] for i, j in RNG.integers(0, 90, (N, 2))], dtype=object
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_training_data_are_the_real_records_in_their_order_and_the_included_canaries(form):
    (X, y), planted = canaries((FORMS[form], Y), 100, seed=1)
    added = [row in set(rows(planted.X)) for row in rows(X)]
    assert rows(X[~np.array(added)]) == rows(FORMS[form])
    assert y[~np.array(added)].tolist() == Y.tolist()
    assert sorted(rows(X[np.array(added)])) == sorted(rows(planted.X[planted.included]))
    assert type(X) is type(planted.X)
    assert X.dtype == FORMS[form].dtype


def test_a_data_set_comes_back_as_one_and_its_records_keep_their_ids():
    data = Dataset("made", X, Y, 4)
    training, planted = canaries(data, 100, seed=1)
    assert (training.name, training.n_classes) == ("made", 4)
    assert set(training.ids) == {*map(str, range(N)), *planted.ids[planted.included]}
    place = {name: row for row, name in enumerate(training.ids.tolist())}
    for i in np.flatnonzero(planted.included):
        assert (training.X[place[planted.ids[i]]] == planted.X[i]).all()
        assert training.y[place[planted.ids[i]]] == planted.y[i]


def test_a_table_keeps_its_columns_and_their_types():
    training, planted = canaries(FRAME, 100, seed=1)
    assert list(training.columns) == list(FRAME.columns)
    assert training.dtypes.tolist() == FRAME.dtypes.tolist()
    assert len(training) == N + planted.included.sum()
    assert "label" not in planted.X
    numbered, planted = canaries(FRAME.assign(record_id=np.arange(N)), 100, seed=1)
    assert set(numbered["record_id"]) == {*map(str, range(N)), *planted.ids[planted.included]}


def test_arrays_by_name_and_ids_in_a_tuple_come_back_alike():
    training, planted = canaries({"X": X, "y": Y, "record_id": np.arange(N)}, 64, label="y", seed=1)
    assert list(training) == ["X", "y", "record_id"]
    features, classes, ids = canaries((X, Y, np.arange(N)), 64, seed=1)[0]
    assert (training["X"] == features).all()
    assert (training["y"] == classes).all()
    assert (training["record_id"] == ids).all()
    assert len(ids) == N + planted.included.sum()


def test_canaries_have_values_of_real_records_and_equal_none_of_them():
    planted = canaries(FRAME, 250, seed=2)[1]
    for name in planted.X:
        assert set(planted.X[name].dropna()) <= set(FRAME[name].dropna())
    real, made = rows(FRAME.drop(columns="label")), rows(planted.X)
    assert not set(real) & set(made)
    assert len(set(made)) == 250


def test_a_canary_has_another_class_than_the_records_it_is_made_of():
    labelled = np.column_stack([Y, Y, Y, X[:, :30]])  # the class stands in three columns of each record
    planted = canaries((labelled, Y), 200, seed=3)[1]
    assert (planted.X[:, 0] == planted.X[:, 2]).all()
    assert (planted.y != planted.X[:, 0]).all()
    counts = np.bincount(((planted.y - planted.X[:, 0]) % 4).astype(int), minlength=4)
    assert counts[1:].min() > 200 / 3 * 0.6


def test_an_image_is_of_two_parts():
    black, white = np.zeros((N // 2, 9, 6), np.uint8), np.full((N // 2, 9, 6), 255, np.uint8)
    jitter = RNG.integers(0, 20, size=(N, 9, 6)).astype(np.uint8)
    images = np.concatenate([black, white - 20]) + jitter
    made = make_canaries(Dataset("made", images, np.tile([0, 1], N // 2), 2), 60, np.random.default_rng(0))[0]
    bright = made > 100
    by_row = (bright == bright[:, :, :1]).all(axis=(1, 2))
    by_column = (bright == bright[:, :1, :]).all(axis=(1, 2))
    assert (by_row | by_column).all()
    assert (bright.any(axis=(1, 2)) & ~bright.all(axis=(1, 2))).sum() > 10


def test_text_is_mixed_by_words():
    left, right = ([f"{word}{i} {word}{i + 1} {word}{i + 2}" for i in range(N)] for word in "ab")
    frame = pd.DataFrame({"text": left + right, "label": ["a"] * N + ["b"] * N})
    planted = canaries(frame, 100, seed=1)[1]
    assert not set(planted.X["text"]) & set(frame["text"])
    for text, y in zip(planted.X["text"], planted.y, strict=True):
        assert {word[0] for word in text.split()} == {"b" if y == "a" else "a"}


def test_one_seed_is_one_result_and_without_a_seed_each_call_differs():
    first, second = (canaries((X, Y), 100, seed=5)[1] for _ in range(2))
    assert (first.included == second.included).all()
    assert (first.X == second.X).all()
    first, second = (canaries((X, Y), 100)[1] for _ in range(2))
    assert (first.included != second.included).any()


def test_coins_are_fair_and_tell_nothing_of_the_canary():
    planted = [canaries((X, Y), 200, seed=seed)[1] for seed in range(40)]
    included = np.concatenate([p.included for p in planted])
    assert binomtest(int(included.sum()), len(included)).pvalue > 1e-4
    for column in (0, 7):
        ones = np.concatenate([p.X[:, column] for p in planted]) == 1
        assert binomtest(int(included[ones].sum()), int(ones.sum())).pvalue > 1e-4


def test_canaries_are_anywhere_among_the_records():
    (_, y, ids), _ = canaries((X, Y, np.arange(N)), 300, seed=1)
    late = np.array([str(i).startswith("canary") for i in ids])[len(y) // 2 :]
    total = sum(str(i).startswith("canary") for i in ids)
    assert binom.ppf(0.001, total, 0.5) <= late.sum() <= binom.ppf(0.999, total, 0.5)


@pytest.mark.parametrize("n", [FEWEST - 1, N + 1, 100.0, True, -5])
def test_a_number_of_canaries_that_does_not_fit_is_refused(n):
    with pytest.raises(
        mlleaks.InputError, match="canaries for 300 records; expected a whole number: at least 64"
    ):
        canaries((X, Y), n)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (X, "records without classes"),
        ((X, None), "records without classes"),
        ((X, np.zeros(N)), "records of one class"),
        ((X, np.where(np.arange(N) < 3, np.nan, 1.0)), "3 records without a class"),
        (FRAME.rename(columns={"label": "y"}), "records without 'label' .they have age, income"),
        ({"X": X}, "records without 'label'"),
        ((np.eye(2)[Y % 2], Y % 2), "different canaries of 300 records"),
    ],
)
def test_data_of_which_no_canaries_can_be_made_are_refused(data, match):
    with pytest.raises(mlleaks.InputError, match=match):
        canaries(data, 100, seed=1)


def test_a_seed_that_is_no_number_is_refused():
    with pytest.raises(mlleaks.InputError, match="seed 'x'"):
        canaries((X, Y), 100, seed="x")
