"""Answers of every form: read back to what they can be."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlleaks import ModelError
from mlleaks.defenses import LabelOnly, TopK
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.targets.http.answer_form import learn_form, masks, to_posteriors

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
