"""Checks that every registered protocol must pass; a file in ``targets/http/protocols`` is what adds one."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlleaks import InputError, ModelError
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.targets.http.answer_form import learn_form, to_posteriors
from mlleaks.targets.http.probes import probes_of
from mlleaks.targets.http.protocol import ServiceInfo, Settings
from mlleaks.targets.http.protocols import REGISTRY
from mlleaks.targets.http.records import encode_rows
from tests.targets.http.service_answers import EXAMPLES, NAMES

P = [[0.2, 0.7, 0.1], [0.6, 0.15, 0.25], [0.05, 0.05, 0.9]]
CASES = [
    pytest.param(name, example, id=f"{name}-{i}")
    for name in REGISTRY
    for i, example in enumerate(EXAMPLES.get(name, ()))
]


@pytest.fixture(autouse=True)
def _json_path(request):
    if "template" in request.node.name:
        pytest.importorskip("jsonpath", reason="python-jsonpath (extra services) is not installed")


def records(example):
    if example.text:
        return encode_rows(pd.Series(["a flower", "another", 'a "third" ☃']))
    return encode_rows(np.arange(12.0).reshape(3, 4) / 7)


def sent(request):
    if request.headers["content-type"] != "application/json":
        return None
    return json.loads(request.body, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def ask(name, example):
    """Return the items of the documented answer to three records."""
    spec, rows = REGISTRY[name], records(example)
    info = spec.settle(spec.recognise(example.endpoint, {}), example.settings)
    request = spec.request(example.endpoint, rows, info, example.settings)
    answer = example.answer(P, sent(request))
    return spec.items(answer, len(rows), request=request, info=info)


def test_every_protocol_has_an_example():
    assert set(EXAMPLES) == set(REGISTRY)


def test_they_stand_in_the_order_in_which_they_are_tried():
    assert list(REGISTRY)[:2] == ["open-inference", "kserve-v1"]
    assert list(REGISTRY)[-1] == "template"
    assert len({spec.position for spec in REGISTRY.values()}) == len(REGISTRY)


def test_an_unknown_name_lists_the_names():
    with pytest.raises(
        InputError, match="open-inference, kserve-v1, tf-serving.*auto to have the service probed"
    ):
        REGISTRY.select(["grpc"])


@pytest.mark.parametrize(("name", "example"), CASES)
def test_the_documented_answer_is_read_in_the_records_order(name, example):
    items = ask(name, example)
    form = learn_form(items, classes=NAMES, n_classes=3)
    assert form.kind == "posteriors"
    np.testing.assert_array_equal(to_posteriors(items, form), P)


@pytest.mark.parametrize(("name", "example"), CASES)
@pytest.mark.parametrize("n", [1, 2, 4])
def test_another_number_of_answers_is_refused(name, example, n):
    spec, rows = REGISTRY[name], records(example)
    info = spec.settle(None, example.settings)
    request = spec.request(example.endpoint, rows, info, example.settings)
    answer = example.answer((P * 2)[:n], sent(request))
    with pytest.raises(ModelError):  # one line of CSV may be three numbers, but they are no posteriors
        learn_form(spec.items(answer, 3, request=request, info=info), classes=NAMES, n_classes=3)


@pytest.mark.parametrize(("name", "example"), CASES)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        7,
        True,
        "<html>patient 4711</html>",
        {"error": "patient 4711"},
        [],
        {},
        [{"error": "patient 4711"}],
    ],
)
def test_what_is_no_answer_is_refused_without_its_text(name, example, answer):
    spec = REGISTRY[name]
    info = spec.settle(None, example.settings)
    with pytest.raises(ModelError) as error:
        spec.read(answer, 3, info)
    assert "4711" not in str(error.value)


@pytest.mark.parametrize(("name", "example"), CASES)
def test_a_request_is_a_pure_function_of_the_records(name, example):
    spec, info = REGISTRY[name], ServiceInfo(name)
    requests = [spec.request(example.endpoint, records(example), info, example.settings) for _ in range(2)]
    assert requests[0] == requests[1]
    assert requests[0].url.startswith("http")
    assert b"\n" not in requests[0].body.replace(b"\n", b"", 3)  # compact: one line, or one per record


@pytest.mark.parametrize("name", list(REGISTRY))
def test_every_body_that_a_protocol_lists_is_made(name):
    spec, example = REGISTRY[name], EXAMPLES[name][0]
    table = pd.DataFrame({"text": ["a", "b"]} if example.text else {"a": [1.5, 2.0], "b": [3, 4]})
    probes = probes_of(spec, example.endpoint, encode_rows(table), settings=example.settings)
    bodies = {probe.settings.body for probe in probes}
    assert bodies - {None} <= set(spec.bodies)
    assert len(bodies) == len(spec.bodies)  # None, the default, is one of them
    assert len({probe.request.body for probe in probes}) == len(probes)
    for probe in probes:
        assert probe.n == (1 if probe.info.one_record else 2)
        assert probe.info.one_record == (probe.settings.body in spec.single)


@pytest.mark.parametrize("name", [name for name in REGISTRY if REGISTRY[name].single])
def test_a_body_for_one_record_refuses_two(name):
    spec, example = REGISTRY[name], EXAMPLES[name][0]
    for body in spec.single:
        chosen_body = replace(example.settings, body=body)
        info = spec.settle(None, chosen_body)
        assert info.one_record
        with pytest.raises((InputError, ModelError), match="3 records|1, as many"):
            spec.request(example.endpoint, records(example), info, chosen_body)


@pytest.mark.parametrize("name", list(REGISTRY))
def test_an_unknown_body_is_refused(name):
    with pytest.raises(InputError, match="the request body 'xml'"):
        REGISTRY[name].settle(None, Settings(body="xml"))


@pytest.mark.parametrize("name", list(REGISTRY))
def test_it_recognises_nothing_in_another_service(name):
    spec = REGISTRY[name]
    endpoint = "https://example.org/classify"
    metadata = dict.fromkeys(spec.metadata_urls(endpoint))
    assert spec.recognise(endpoint, metadata) is None
    assert spec.version({}, {}) is None
    assert spec.version("text", {}) is None


KEYS = st.sampled_from(["predictions", "outputs", "output", "result", "probabilities", "scores", "score"]) | (
    st.sampled_from(["label", "classes", "name", "shape", "datatype", "data", "a", "b"])
)
NUMBERS = st.integers() | st.floats() | st.just(10**400)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | KEYS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", list(REGISTRY))
@settings(max_examples=40)
@given(answer=JSON, n=st.integers(1, 3), one=st.booleans())
def test_any_json_is_read_or_refused(name, answer, n, one):
    spec, example = REGISTRY[name], EXAMPLES[name][0]
    info = replace(spec.settle(None, example.settings), one_record=one)
    with contextlib.suppress(ModelError):
        items = spec.read(answer, n, info)
        assert len(items) == n


@settings(max_examples=300)
@given(st.lists(JSON, min_size=1, max_size=4), st.sampled_from([None, 2, 3]), st.booleans())
def test_any_items_become_posteriors_or_are_refused(items, n_classes, named):
    classes = ["a", "b", "0"][:n_classes] if named and n_classes else None
    with contextlib.suppress(ModelError, InputError):
        form = learn_form(items, classes=classes, n_classes=n_classes)
        posteriors = validate_posteriors(to_posteriors(items, form))
        assert posteriors.shape == (len(items), len(form.classes))
