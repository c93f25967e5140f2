"""Answers that have no form, or another one: each is refused with the reason."""

from __future__ import annotations

import pytest

from mlleaks import InputError, ModelError
from mlleaks.targets.http.answer_form import AnswerForm, learn_form, to_posteriors

GOOD = [[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [1 / 3, 1 / 3, 1 / 3]]


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ([0.2, 0.8], "2 scores in answer 5"),
        ([0.1, 0.2, 0.3, 0.4], "4 scores in answer 5"),
        ([float("nan"), 0.5, 0.5], "nan or infinite in answer 5"),
        ([float("inf"), 0.5, 0.5], "nan or infinite in answer 5"),
        ([None, 0.5, 0.5], "null in answer 5"),
        (None, "null as answer 5"),
        ([True, 0.0, 0.0], "true or false in answer 5"),
        (True, "true or false as answer 5"),
        ([-0.2, 0.6, 0.6], "negative score in answer 5"),
        ([0.1, 0.2, 0.2], "sum to 0.5 in answer 5"),
        ([0.5, 0.5, 0.5], "sum to 1.5 in answer 5"),
        ([[0.2, 0.3, 0.5]], "a list in the list|scores in answer 5"),
        ([[0.2], [0.3], [0.5]], "a list in the list in answer 5"),
        (["a", "b", "c"], "a text of 1 characters in answer 5"),
        (["nan", "0.5", "0.5"], "a text of 3 characters in answer 5"),
        ([], "a list of 0 as answer 5"),
        ({}, "an object of 0 members as answer 5"),
        ("<html><body>503</body></html>", "a text of 29 characters in answer 5"),
        (0.7, "a number in answer 5"),
        ({"a": 0.5, "b": 0.5}, "an object of 2 members in answer 5"),
    ],
)
def test_one_malformed_answer_is_refused_when_learning_and_when_reading(bad, match):
    with pytest.raises(ModelError, match=match):
        learn_form([*GOOD, bad], classes=None, n_classes=3)
    form = learn_form(GOOD, classes=None, n_classes=3)
    with pytest.raises(ModelError, match=match):
        to_posteriors([*GOOD, bad], form)


@pytest.mark.parametrize(
    ("items", "match"),
    [
        (["a", "b", "elsewhere"], "a text of 9 characters as a class"),
        ([0, 1, 7], "the number 7 as a class"),
        ([0, 1, -1], "the number -1 as a class"),
        ([0.0, 1.0, 0.5], "one number with a fraction"),
        (["<html>"] * 3, "a text of 6 characters as a class"),
        (["NaN"] * 3, "a text of 3 characters as a class"),
        ([{"a": 0.5, "b": 0.3, "d": 0.2}], "as a class"),
        ([{"a": 0.5, "b": None}], "null in answer 1"),
        ([[{"label": "a"}]], "an object of 1 members in answer 1"),
        ([[{"label": None, "score": 1}]], "null as a class"),
        ([[{"label": "a", "score": 0.4}, {"label": "a", "score": 0.6}]], "stands twice"),
        ([[{"label": "a", "score": 0.2}]] * 3, "sum to 0.2"),
        ([[{"label": "a", "score": 1.2}]] * 3, "sum to 1.2"),
        ([[{"label": "a", "score": -0.2}]] * 3, "sum to -0.2"),
        (
            [[{"label": "a", "score": 0.5}], [{"label": "a", "score": 0.4}, {"label": "b", "score": 0.3}]],
            "1 to 2",
        ),
        ([[0.2, 0.3, 0.1], [0.1, 0.1, 0.1], [0.6, 0.3, 0.0]], "sum to 0.3 to 0.9"),
        ([[0.9, 0.8, 0.9]] * 3, "sum to 2.6"),
        ([[120, 300, 80], [5, 400, 95], [200, 250, 50]], "sum to 500"),
        ([[0.2, 0.3, 0.5], [3.0, -1.0, 2.0], [2.0, 1.0, -1.0]], "33% sum to 1"),
        ([], "no answers"),
    ],
)
def test_answers_without_a_form_are_refused(items, match):
    with pytest.raises(ModelError, match=match):
        learn_form(items, classes=["a", "b", "c"], n_classes=3)


@pytest.mark.parametrize(
    "values", [[0.2, 1.3, 5.0], [0.1, 0.4, 0.9, 0.5, 0.6, 0.2, 0.8, 0.7, 0.3, 0.45, -0.01]]
)
def test_numbers_that_may_be_several_things_are_refused(values):
    with pytest.raises(ModelError, match="Name the kind of the answers"):
        learn_form(values, classes=None, n_classes=2)


def test_labels_alone_need_class_names():
    with pytest.raises(InputError, match="the name of every class"):
        learn_form(["a", "b"], classes=None, n_classes=None)
    with pytest.raises(InputError, match="the name of every class"):
        learn_form([0, 1, 1], classes=None, n_classes=None)
    with pytest.raises(InputError, match="2 different classes in 3 answers"):
        learn_form(["a", "b", "a"], classes=None, n_classes=3)
    with pytest.raises(InputError, match="2 different class names in 1 answers"):
        learn_form([[{"label": "a", "score": 0.5}, {"label": "b", "score": 0.3}]], classes=None, n_classes=3)


@pytest.mark.parametrize(
    ("classes", "n_classes", "match"),
    [
        (["a", "a"], 2, "all different"),
        (["a"], None, "at least two"),
        (["a", "b", "c"], 2, "3 class names for 2"),
        (None, 1, "1 classes"),
    ],
)
def test_class_names_that_make_no_sense_are_refused(classes, n_classes, match):
    with pytest.raises(InputError, match=match):
        learn_form(GOOD, classes=classes, n_classes=n_classes)


def test_another_number_of_classes_than_the_data_has_is_refused():
    with pytest.raises(ModelError, match="3 scores per record"):
        learn_form(GOOD, classes=None, n_classes=4)


@pytest.mark.parametrize(
    ("form", "item"),
    [
        (AnswerForm("posteriors", (0, 1)), 0.4),
        (AnswerForm("posteriors", (0, 1)), "a"),
        (AnswerForm("posteriors", (0, 1)), [0.2, 0.3, 0.5]),
        (AnswerForm("sigmoid", (0, 1)), [0.4, 0.6]),
        (AnswerForm("sigmoid", (0, 1)), 1.5),
        (AnswerForm("label", (0, 1)), [0.4, 0.6]),
        (AnswerForm("label", (0, 1)), {"0": 0.4, "1": 0.6}),
        (AnswerForm("label", (0, 1)), 2),
        (AnswerForm("logits", (0, 1)), {"0": 2.0}),
        (AnswerForm("percentages", (0, 1), scale=100), [0.4, 0.6]),
        (AnswerForm("top-k", (0, 1, 2), top=1), {"0": 0.4, "1": 0.6}),
    ],
)
def test_an_answer_of_another_form_is_refused_later(form, item):
    with pytest.raises(ModelError):
        to_posteriors([item], form)


def test_no_error_repeats_what_a_service_says():
    secret = "patient 4711"
    for items in ([secret], [[secret, 0.5]], [{secret: 0.2}], [[{"label": secret, "score": 0.5}]]):
        with pytest.raises(ModelError) as error:
            learn_form([*items], classes=["a", "b", "c"], n_classes=3)
        assert secret not in str(error.value)
        assert "4711" not in str(error.value)


def test_the_notes_say_from_how_many_answers_a_kind_was_decided():
    assert "decided from 4 answers; few" in learn_form(GOOD, classes=None, n_classes=3).notes[0]
    many = learn_form(GOOD * 10, classes=None, n_classes=3)
    assert "decided from 40 answers)" in many.notes[0]
