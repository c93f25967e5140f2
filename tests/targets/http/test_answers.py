"""Parts of answers: outputs by name, lists and columns."""

from __future__ import annotations

import pytest

from mlleaks import ModelError
from mlleaks.targets.http.answers import item_of, kind_of, listed, member, pick, transposed


@pytest.mark.parametrize(
    ("value", "item"),
    [
        ({"displayNames": ["a", "b"], "confidences": [0.4, 0.6], "ids": ["1", "2"]}, {"a": 0.4, "b": 0.6}),
        ({"classes": ["a", "b"], "scores": [0.4, 0.6]}, {"a": 0.4, "b": 0.6}),
        (
            {"classes": ["a", "a"], "scores": [0.4, 0.6]},
            [{"label": "a", "score": 0.4}, {"label": "a", "score": 0.6}],
        ),
        ({"predicted_label": 2, "score": [0.1, 0.2, 0.7]}, [0.1, 0.2, 0.7]),
        ({"label": "b", "confidence": 0.6, "probability": 0.6}, [{"label": "b", "score": 0.6}]),
        ({"dense_3": [0.4, 0.6]}, [0.4, 0.6]),
        ({"predict": 3}, 3),
    ],
)
def test_outputs_of_one_record(value, item):
    assert item_of(value, None) == item


def test_several_outputs_without_telling_names_are_refused():
    with pytest.raises(ModelError, match="2 outputs for each record.*Name the output"):
        item_of({"x": [1, 2], "y": [3, 4]}, None)


def test_names_tell_outputs():
    assert pick({"x": 1}, None) == "x"
    assert pick({"Logits": 1, "Probabilities": 2}, None) == "Probabilities"
    assert pick({"x": 1, "y": 2}, None) is None
    assert pick({"x": 1, "probs": 2}, "x") == "x"
    assert pick({"x": 1, "probs": 2}, "missing") == "probs"


def test_small_helpers():
    assert [kind_of(v) for v in (True, 1.5, [1], {})] == [
        "true or false",
        "a number",
        "a list of 1",
        "an object of 0 members",
    ]
    assert transposed({1: ["x"]}, 1) == [{"1": "x"}]
    with pytest.raises(ModelError, match="an object with 'predictions'"):
        member([1], "predictions", "KServe v1")
    with pytest.raises(ModelError, match="a text of 2 characters"):
        listed("no", 2)


def test_the_output_in_objects_in_objects():
    assert item_of({"outputs": {"scores": [1]}, "scores": {"scores": {"scores": [0.4, 0.6]}}}, None) == [
        0.4,
        0.6,
    ]
    deep = [0.4, 0.6]
    for _ in range(900):
        deep = {"scores": deep}
    with pytest.raises(ModelError, match="in more than 4 objects"):
        item_of(deep, None)
