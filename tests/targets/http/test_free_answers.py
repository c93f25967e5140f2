"""Answers of any shape: one item per record, or the reason why not."""

from __future__ import annotations

import json

import pytest

from mlleaks import ModelError
from mlleaks.targets.http.answers import item_of
from mlleaks.targets.http.free_answers import unwrap

P = [[0.1, 0.9], [0.8, 0.2], [0.5, 0.5]]


@pytest.mark.parametrize(
    "answer",
    [
        P,
        {"predictions": P},
        {"result": P, "status": "ok", "seconds": 0.1},
        {"output": {"probabilities": P}},
        {"label": [1, 0, 0], "probabilities": P},
        {"predictions": [1, 0, 0], "probabilities": P},
        {"anything": P},
        json.dumps(P),
        json.dumps({"result": P}),
        json.dumps(json.dumps({"result": P})),
        {"result": json.dumps(P)},
        [{"probabilities": row, "label": 1} for row in P],
    ],
)
def test_wrapped_answers_are_found(answer):
    assert unwrap(answer, 3, output=None, one_record=False) == P


def test_the_output_that_the_user_names_goes_first():
    answer = {"softmax": [[0, 1]] * 3, "raw": P}
    assert unwrap(answer, 3, output="raw", one_record=False) == P
    assert item_of({"softmax": [0, 1], "raw": [0.1, 0.9]}, "raw") == [0.1, 0.9]


def test_columns_become_objects():
    assert unwrap({"a": [0.1, 0.8], "b": [0.9, 0.2]}, 2, output=None, one_record=False) == [
        {"a": 0.1, "b": 0.9},
        {"a": 0.8, "b": 0.2},
    ]


@pytest.mark.parametrize(
    "answer",
    [[0.1, 0.9], [[0.1, 0.9]], {"probabilities": [0.1, 0.9]}, {"prediction": [[0.1, 0.9]]}, "[0.1, 0.9]"],
)
def test_one_record_alone(answer):
    assert unwrap(answer, 1, output=None, one_record=True) == [[0.1, 0.9]]


@pytest.mark.parametrize(
    ("answer", "item"),
    [
        ({"a": 0.1, "b": 0.9}, {"a": 0.1, "b": 0.9}),
        ({"prediction": "setosa"}, "setosa"),
        ({"prediction": 1}, 1),
        ({"label": "a", "score": 0.9, "version": "7"}, [{"label": "a", "score": 0.9}]),
        ({"class": "a", "confidences": {"a": 0.9, "b": 0.1}}, {"a": 0.9, "b": 0.1}),
        ("setosa", "setosa"),
        (1, 1),
    ],
)
def test_one_record_of_many_shapes(answer, item):
    assert unwrap(answer, 1, output=None, one_record=True) == [item]


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (P[:2], "answers to 2 records.*expected 3"),
        ({"predictions": [*P, P[0]]}, "answers to 4 records"),
        ({"error": "patient 4711 is no number"}, "an object of 1 members"),
        ("<html>patient 4711</html>", "a text of 25 characters"),
        ('{"result": [[0.1, 0.9], [0.8', "a text of 28 characters.*cut off"),
        (None, "null"),
        (3, "a number"),
        ({"a": [0.1, 0.8, 0.5], "b": [0.9]}, "answers to 1 records"),
    ],
)
def test_what_is_no_answer_is_refused_without_its_text(answer, match):
    with pytest.raises(ModelError, match=match) as error:
        unwrap(answer, 3, output=None, one_record=False)
    assert "4711" not in str(error.value)


def test_a_single_record_is_no_batch():
    with pytest.raises(ModelError, match="answers to 1 records"):
        unwrap(P, 3, output=None, one_record=True)
