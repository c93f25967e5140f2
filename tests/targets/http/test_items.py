"""Items of one category."""

from __future__ import annotations

import pytest

from mlleaks import ModelError
from mlleaks.targets.http.items import class_key, is_number, parse_items


@pytest.mark.parametrize(
    ("items", "category"),
    [
        ([[0.1, 0.9]], "scores"),
        ([("0.1", 0.9)], "scores"),
        ([0.1, "7", "9.5%", [3]], "number"),
        (["a", ["b"]], "text"),
        ([{"a": 1}, [{"label": "a", "score": 1}]], "named"),
    ],
)
def test_categories(items, category):
    assert parse_items(items).category == category


@pytest.mark.parametrize("text", ["1", "-1.5", "+.5", "1.", "1e-3", "12%", " 7 "])
def test_numbers_as_text(text):
    assert is_number(text)
    assert parse_items([text]).numbers.shape == (1,)


@pytest.mark.parametrize("text", ["", "nan", "inf", "Infinity", "1,5", "0x1f", "1_000", "--1", "e5", "one"])
def test_no_numbers(text):
    assert not is_number(text)


@pytest.mark.parametrize("item", [10**400, "9" * 400, 1e400, [10**400, 1], ["1e999", "0"]])
def test_numbers_beyond_all_bounds_are_refused(item):
    with pytest.raises(ModelError, match="nan or infinite in answer 1"):
        parse_items([item])


def test_the_first_answer_decides_the_category():
    with pytest.raises(ModelError, match=r"a list of 2 in answer 3; expected a class name, as in answer 1"):
        parse_items(["a", "b", [0.1, 0.9]])


def test_lists_of_labels_and_scores_may_hold_more():
    parsed = parse_items([[{"label": "a", "score": 0.9, "id": 7}]])
    assert (parsed.named, parsed.ranked) == ([{"a": 0.9}], True)
    with pytest.raises(ModelError, match="a number in answer 1"):
        parse_items([[{"label": "a", "score": 0.9}, 0.1]])


def test_booleans_are_classes_on_demand():
    assert parse_items([True, False], booleans=True).texts == ["true", "false"]
    assert class_key("True") == class_key(True)


def test_one_class_has_one_key():
    assert {class_key(name) for name in (3, 3.0, "3", "3.0", " 3 ")} == {"3"}
    assert class_key("v3.0") == "v3.0"
    assert class_key(2.5) == "2.5"
