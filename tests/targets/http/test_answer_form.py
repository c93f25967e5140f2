"""Answers of every form: read back to what they can be, or refused with the reason."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlleaks import InputError, ModelError
from mlleaks.defenses import LabelOnly, TopK
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.targets.http.answer_form import AnswerForm, learn_form, masks, to_posteriors

N = 30
NAMES = ("setosa", "versicolor", "virginica", "no name", "10", "9", "LABEL")

fast = settings(max_examples=25, deadline=None)
seeds, widths = st.integers(0, 2**32 - 1), st.integers(2, 7)


def posteriors(seed, k, n=N):
    """Rows of any sharpness, in random order: every class is the likeliest of one of the first rows."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(k, rng.choice([0.3, 1, 5])), size=n) * 0.998 + 0.002 / k
    for c in range(k):
        best = p[c].argmax()
        p[c, [c, best]] = p[c, [best, c]]
    return p / p.sum(axis=1, keepdims=True)


def through_json(items):
    return json.loads(json.dumps(items))


def read(items, k, **options):
    items = through_json(items)
    options = {"classes": None, "n_classes": k} | options
    form = learn_form(items[:N], **options)
    return form, to_posteriors(items, form)


@fast
@given(seeds, widths)
def test_full_posteriors_come_back_to_the_last_digit(seed, k):
    p = posteriors(seed, k)
    form, back = read(p.tolist(), k)
    assert (form.kind, form.decimals, masks(form)) == ("posteriors", None, ())
    np.testing.assert_array_equal(back, p)


@fast
@given(seeds, widths)
def test_single_precision_comes_back(seed, k):
    p = posteriors(seed, k).astype(np.float32)
    form, back = read(p.tolist(), k)
    assert (form.kind, form.decimals) == ("posteriors", None)
    np.testing.assert_array_equal(back.astype(np.float32), p)


@fast
@given(seeds, widths, st.integers(1, 5), st.booleans())
def test_rounded_posteriors_are_noticed(seed, k, decimals, single):
    p = posteriors(seed, k)
    rounded = p.round(decimals)
    items = rounded.astype(np.float32).tolist() if single else rounded.tolist()
    form, back = read(items, k)
    assert form.kind == "posteriors"
    assert form.decimals is not None
    assert form.decimals <= decimals
    assert masks(form)[0].kind == "rounded"
    validate_posteriors(back)
    np.testing.assert_allclose(back, p, atol=k * 0.5 * 10.0**-decimals + 1e-6)


@fast
@given(seeds, widths, st.booleans(), st.booleans())
def test_percentages_come_back(seed, k, as_text, rounded):
    p = posteriors(seed, k)
    percent = (100 * p).round(1) if rounded else 100 * p
    items = [[f"{v!r}%" for v in row] for row in percent.tolist()] if as_text else percent.tolist()
    form, back = read(items, k)
    assert (form.kind, form.scale) == ("percentages", 100)
    assert form.decimals == (3 if rounded else None)
    np.testing.assert_allclose(back, p, atol=k * 0.0005 + 1e-12 if rounded else 1e-12)


@fast
@given(seeds, widths)
def test_scores_as_text_come_back(seed, k):
    p = posteriors(seed, k)
    form, back = read([[repr(v) for v in row] for row in p.tolist()], k)
    assert form.kind == "posteriors"
    np.testing.assert_array_equal(back, p)


@fast
@given(seeds, widths, st.booleans())
def test_named_scores_come_back_in_any_order(seed, k, ranked):
    p, rng = posteriors(seed, k), np.random.default_rng(seed)
    classes = rng.permutation(NAMES[:k]).tolist()
    items = []
    for row in p.tolist():
        order = rng.permutation(k)
        if ranked:
            items.append([{"label": classes[i], "score": row[i]} for i in order])
        else:
            items.append({classes[i]: row[i] for i in order})
    form, back = read(items, k, classes=classes)
    assert (form.kind, form.top, form.classes) == ("posteriors", None, tuple(classes))
    np.testing.assert_array_equal(back, p)
    form, back = read(items, k)  # without the names: in sorted order
    np.testing.assert_array_equal(back, p[:, [classes.index(str(name)) for name in form.classes]])


@fast
@given(seeds, widths, st.floats(0.5, 3), st.floats(-5, 5))
def test_logits_come_back(seed, k, scale, shift):
    logits = np.random.default_rng(seed).normal(size=(N, k)) * 3 * scale + shift
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    form, back = read(logits.tolist(), k)
    assert form.kind == "logits"
    np.testing.assert_allclose(back, p, rtol=1e-10)


@fast
@given(seeds, widths)
def test_log_probabilities_come_back(seed, k):
    p = posteriors(seed, k)
    form, back = read(np.log(p).tolist(), k)
    assert form.kind == "logits"
    np.testing.assert_allclose(back, p, rtol=1e-10)


@fast
@given(seeds, st.sampled_from(["number", "list", "text"]))
def test_one_number_is_the_second_class(seed, shape):
    p = posteriors(seed, 2)
    say = {"number": float, "list": lambda v: [float(v)], "text": lambda v: repr(float(v))}[shape]
    form, back = read([say(v) for v in p[:, 1]], 2)
    assert form.kind == "sigmoid"
    np.testing.assert_array_equal(back[:, 1], p[:, 1])
    np.testing.assert_allclose(back[:, 0], p[:, 0], rtol=1e-9)
    assert "second class" in " ".join(form.notes)


@fast
@given(seeds)
def test_one_logit_is_the_second_class(seed):
    logits = np.random.default_rng(seed).normal(size=N) * 4
    form, back = read(logits.tolist(), 2)
    assert form.kind == "logits"
    np.testing.assert_allclose(back[:, 1], 1 / (1 + np.exp(-logits)), rtol=1e-12)


@pytest.mark.parametrize("decimals", [0, 2])
def test_one_percentage_is_the_second_class(decimals):
    p = posteriors(3, 2)[:, 1]
    form, back = read((100 * p).round(decimals).tolist(), 2)
    assert form.kind == "percentages"
    np.testing.assert_allclose(back[:, 1], p, atol=0.005)


@fast
@given(seeds, widths, st.sampled_from(["name", "position", "float", "text", "LABEL_i", "list"]))
def test_labels_become_rows_of_zero_and_one(seed, k, way):
    p = posteriors(seed, k)
    best = p.argmax(axis=1).tolist()
    classes = list("abcdefg"[:k])
    say = {
        "name": lambda i: classes[i],
        "position": int,
        "float": float,
        "text": str,
        "LABEL_i": lambda i: f"LABEL_{i}",
        "list": lambda i: [classes[i]],
    }[way]
    form, back = read([say(i) for i in best], k, classes=classes)
    assert (form.kind, masks(form)[0].kind) == ("label", "label-only")
    np.testing.assert_array_equal(back, LabelOnly()(p))
    if way not in ("name", "list"):
        assert any("number" in note for note in form.notes)


@fast
@given(seeds, st.integers(3, 7), st.data(), st.booleans())
def test_top_k_lists_share_the_rest_equally(seed, k, data, percent):
    top = data.draw(st.integers(1, k - 1))
    p, classes = posteriors(seed, k), NAMES[:k]
    scale = 100 if percent else 1
    items = [
        [{"label": classes[i], "score": row[i] * scale} for i in np.argsort(-row, kind="stable")[:top]]
        for row in p
    ]
    if percent and max(item["score"] for row in items for item in row) <= 1.5:
        return
    form, back = read(items, k, classes=classes)
    assert (form.kind, form.top) == ("top-k", top)
    assert (masks(form)[0].kind, masks(form)[0].value) == ("top-k", top)
    np.testing.assert_allclose(back, TopK(top)(p), rtol=1e-9, atol=1e-12)


def test_classes_that_are_not_named_may_have_probability_zero():
    rows = [{"a": 1.0}, {"a": 0.25, "b": 0.75}, {"c": 0.5, "b": 0.25, "a": 0.25}]
    form, back = read(rows, 3, classes=["a", "b", "c"])
    assert (form.kind, form.top) == ("posteriors", None)
    assert back.tolist() == [[1, 0, 0], [0.25, 0.75, 0], [0.25, 0.25, 0.5]]
    assert any("does not name" in note for note in form.notes)


def test_labels_that_are_numbers_are_names_before_they_are_positions():
    form, back = read([1, 2, 2, 1], 2, classes=[2, 1])
    assert back.argmax(axis=1).tolist() == [1, 0, 0, 1]
    assert not form.positions
    _, back = read([0, 1, 1, 0], 2, classes=["2", "7"])
    assert back.argmax(axis=1).tolist() == [0, 1, 1, 0]


def test_columns_named_by_position_are_understood():
    form, back = read([{"1": 0.9, "0": 0.1}] * 3, 2, classes=["no", "yes"])
    assert form.classes == ("no", "yes")
    assert back[0].tolist() == [0.1, 0.9]


def test_true_and_false_are_classes_only_where_the_classes_say_so():
    _, back = read([True, False], 2, classes=[False, True])
    assert back.tolist() == [[0, 1], [1, 0]]
    with pytest.raises(ModelError, match="true or false as answer 1"):
        read([True, False], 2, classes=["no", "yes"])


def test_a_tree_that_answers_zero_and_one_gets_a_note():
    form, _ = read([[0, 1], [1, 0], [1, 0]], 2)
    assert form.kind == "posteriors"
    assert any("no more than the class" in note for note in form.notes)


def test_the_user_may_name_the_kind():
    rows = [[0.3, 0.7], [0.5, 0.5], [0.1, 0.9]]
    form, back = read(rows, 2, kind="logits")
    assert form.kind == "logits"
    np.testing.assert_allclose(back[1], [0.5, 0.5])
    np.testing.assert_allclose(back[0, 1], 1 / (1 + np.exp(-0.4)))
    assert "as the user says" in form.notes[0]
    form, back = read([3.0, 5.0, 4.5], 2, kind="logits")
    np.testing.assert_allclose(back[0, 1], 1 / (1 + np.exp(-3)))
    form, back = read([0, 1, 1], 2, kind="sigmoid")
    assert form.kind == "sigmoid"
    assert to_posteriors([0.25], form).tolist() == [[0.75, 0.25]]


@pytest.mark.parametrize(
    ("items", "kind", "match"),
    [
        ([[0.3, 0.3, 0.4]] * 3, "sigmoid", "one number per record"),
        ([[0.3, 0.3, 0.4]] * 3, "label", "one class per record"),
        ([0.3, 0.4, 0.1], "posteriors", "a score per class"),
        ([[2.0, -1.0, 0.5]] * 3, "posteriors", "negative score"),
        ([0, 1, 2], "sigmoid", "two classes"),
        (["0", "1", "a"], "label", "all answers of a run"),
    ],
)
def test_a_kind_that_does_not_fit_is_refused(items, kind, match):
    with pytest.raises(ModelError, match=f"(?i){match}"):
        learn_form(items, classes=None, n_classes=3, kind=kind)


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
