"""Services that a template describes."""

from __future__ import annotations

import builtins

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError, MissingExtra, ModelError
from mlleaks.targets.http import json_path
from mlleaks.targets.http.protocol import ServiceInfo, is_for_one_record
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "http://localhost/classify"
SPEC = REGISTRY["template"]
TABLE = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]})


def info(output, names=None, one_record=False):
    return ServiceInfo("template", output=output, names=names, one_record=one_record)


@pytest.mark.parametrize(
    ("template", "X", "body"),
    [
        ('{"x": "$rows"}', TABLE, {"x": [[1.5, "x"], [2.5, "y"]]}),
        ('{"x": "$records"}', TABLE, {"x": TABLE.to_dict("records")}),
        (
            '{"c": "$columns", "n": "$n", "x": "$rows"}',
            TABLE,
            {"c": ["a", "b"], "n": 2, "x": TABLE.to_numpy().tolist()},
        ),
        ('{"c": "$columns", "x": "$rows"}', np.ones((1, 2)), {"c": [0, 1], "x": [[1, 1]]}),
        ('["$each", {"f": "$row", "k": 1}]', TABLE, [{"f": [1.5, "x"], "k": 1}, {"f": [2.5, "y"], "k": 1}]),
        ('{"x": ["$each", "$record"]}', TABLE, {"x": TABLE.to_dict("records")}),
        (
            '{"deep": {"x": ["$row"]}, "text": "$rows or not"}',
            TABLE[:1],
            {"deep": {"x": [[1.5, "x"]]}, "text": "$rows or not"},
        ),
        ('"$record"', TABLE[:1], {"a": 1.5, "b": "x"}),
        ('{"x": "$row"}', np.array([[np.nan, 1]]), {"x": [None, 1]}),
    ],
)
def test_placeholders_are_replaced(template, X, body):
    request, sent = send("template", URL, X, template=template)
    assert (request.url, sent) == (URL, body)


@pytest.mark.parametrize(
    ("template", "X", "match"),
    [
        (None, TABLE, "no template"),
        ("{", TABLE, "a template that is no JSON"),
        ('{"x": 1}', TABLE, "without a place for records"),
        ('{"x": "$row"}', TABLE, "2 records in one request"),
        ('{"x": "$records"}', np.ones((2, 2)), "without column names"),
    ],
)
def test_templates_that_cannot_be_filled_are_refused(template, X, match):
    with pytest.raises(InputError, match=match):
        send("template", URL, X, template=template)


def test_a_template_of_one_record_makes_single_requests():
    assert is_for_one_record('{"x": "$record"}')
    assert not is_for_one_record('["$each", "$row"]')
    assert not is_for_one_record(None)


ROWS = [[0.1, 0.9], [0.8, 0.2]]
ANSWER = {
    "list": ROWS,
    "items": [{"p": ROWS[0], "best": "b", "score": 0.9}, {"p": ROWS[1], "best": "a", "score": 0.8}],
    "names": ["a", "b"],
}
NAMED = [[{"label": "a", "score": row[0]}, {"label": "b", "score": row[1]}] for row in ROWS]


@pytest.mark.parametrize(
    ("learned", "items"),
    [
        (info("$.list"), ROWS),
        (info("$.list[*]"), ROWS),
        (info("$.items[*].p"), ROWS),
        (info("$.items[*]['p']"), ROWS),
        (info("$.items[*].p", "$.names"), NAMED),
        (
            info("$.items[*].score", "$.items[*].best"),
            [[{"label": "b", "score": 0.9}], [{"label": "a", "score": 0.8}]],
        ),
        (info("$.items[*].best"), ["b", "a"]),
    ],
)
def test_paths_lead_to_the_scores(learned, items):
    pytest.importorskip("jsonpath")
    assert SPEC.read(ANSWER, 2, learned) == items


def test_paths_of_a_single_record():
    pytest.importorskip("jsonpath")
    assert SPEC.read({"p": [0.1, 0.9]}, 1, info("$.p", one_record=True)) == [[0.1, 0.9]]
    assert SPEC.read({"p": [{"s": 0.1}, {"s": 0.9}]}, 1, info("$.p[*].s", one_record=True)) == [[0.1, 0.9]]


@pytest.mark.parametrize(
    ("learned", "match"),
    [
        (info("$.items[*].q"), "answers to 0 records"),
        (info("$.q"), "matches nothing"),
        (info("$.items[0].p[*]", "$.names"), "class names that do not fit"),
        (info("$.list", "$.items[*].best"), "class names that do not fit"),
        (info("$.names[0]"), "a text of 1 characters"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(learned, match):
    pytest.importorskip("jsonpath")
    with pytest.raises(ModelError, match=match):
        SPEC.read(ANSWER, 2, learned)


def test_a_path_is_needed_and_must_be_one():
    with pytest.raises(InputError, match="no JSONPath to the scores"):
        SPEC.read(ANSWER, 2, info(None))
    pytest.importorskip("jsonpath")
    with pytest.raises(InputError, match=r"the JSONPath '\$\.\['"):
        SPEC.read(ANSWER, 2, info("$.["))


def test_a_missing_library_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "jsonpath":
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)

    json_path._compiled.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"mlleaks\[services\]"):
        SPEC.read(ANSWER, 2, info("$.list"))
