"""Class names and columns."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks import InputError, ModelError
from mlleaks.targets.http.classes import are_positions, checked, columns_of, in_order, is_numbered, matrix_of


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["b", "a", "b"], ("a", "b")),
        (["10", "9", "-1"], (-1, 9, 10)),
        (["LABEL_10", "LABEL_9"], ("LABEL_9", "LABEL_10")),
        (["9", "a"], ("9", "a")),
    ],
)
def test_order(names, ordered):
    assert in_order(names) == ordered


def test_names_of_numpy_arrays_become_plain():
    assert [type(name) for name in checked(np.array([0, 1]), 2)] == [int, int]
    assert checked(np.array(["a", "b"]), None) == ("a", "b")
    assert checked(None, 3) is None
    with pytest.raises(InputError, match="all different"):
        checked([1, "1.0"], None)


def test_columns():
    assert columns_of(["2", "1"], [1, 2, 3]).tolist() == [1, 0]
    assert columns_of(["2", "1"], [1, 2, 3], positions=True).tolist() == [2, 1]
    with pytest.raises(ModelError, match=r"a text of 5 characters as a class \(2 of 3\).*\(1, 2, 3, 4, "):
        columns_of(["other", "1", "other"], [1, 2, 3, 4, 5])
    with pytest.raises(ModelError, match="LABEL|a text of 7 characters"):
        columns_of(["LABEL_5"], ["a", "b"])


def test_positions_and_names():
    assert not are_positions(["a"], ["a", "b"])
    assert are_positions(["0", "7"], ["a", "b"])  # 7 is refused as a column, with the reason
    assert not are_positions(["0", "a"], ["a", "b"])
    assert is_numbered(["LABEL_1"], ["a", "b"])
    assert not is_numbered(["LABEL_1"], ["LABEL_1", "LABEL_0"])


def test_two_names_for_one_class_are_refused():
    with pytest.raises(ModelError, match="two names for one class in answer 1"):
        matrix_of([{"a": 0.5, "LABEL_0": 0.5}], ["a", "b"])
