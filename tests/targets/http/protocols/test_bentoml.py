"""BentoML."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError
from mlleaks.targets.http.protocol import InputTensor, ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "http://localhost:3000/classify"
SPEC, INFO = REGISTRY["bentoml"], ServiceInfo("bentoml")


def document(schema, version="abc123"):
    return {
        "openapi": "3.0.2",
        "info": {
            "title": "iris",
            "version": version,
            "contact": {"name": "BentoML Team", "email": "contact@bentoml.com"},
        },
        "paths": {
            "/classify": {
                "post": {
                    "x-bentoml-name": "classify",
                    "requestBody": {"content": {"application/json": {"schema": schema}}},
                }
            }
        },
        "components": {
            "schemas": {"classify__Input": {"properties": {"X": {"type": "tensor"}}, "type": "object"}}
        },
    }


def test_the_argument_is_read_from_the_description():
    assert SPEC.metadata_urls(URL) == ("http://localhost:3000/docs.json",)
    for schema in (
        {"$ref": "#/components/schemas/classify__Input"},
        {"properties": {"X": {"type": "tensor"}}},
    ):
        learned = SPEC.recognise(URL, {"http://localhost:3000/docs.json": document(schema)})
        assert learned == ServiceInfo("bentoml", version="abc123", inputs=(InputTensor("X", "tensor"),))
        assert send("bentoml", URL, np.ones((1, 2)), learned)[1] == {"X": [[1, 1]]}


def test_a_service_without_a_description_is_not_recognised():
    assert SPEC.recognise(URL, {}) is None
    other = document({}) | {"info": {"title": "FastAPI", "version": "1"}}
    assert SPEC.recognise(URL, {"http://localhost:3000/docs.json": other}) is None
    unversioned = document({"type": "array"}, version="None")
    assert SPEC.recognise(URL, {"http://localhost:3000/docs.json": unversioned}) == INFO


def test_bodies():
    table = pd.DataFrame({"a": [1.5], "b": ["x"]})
    record = {"a": 1.5, "b": "x"}
    assert send("bentoml", URL, table)[1] == {"input_data": [record]}
    assert send("bentoml", URL, table, input="df", parameters={"k": 1})[1] == {"df": [record], "k": 1}
    assert send("bentoml", URL, table, body="rows")[1] == {"input_data": [[1.5, "x"]]}
    assert send("bentoml", URL, table, body="root")[1] == [record]
    assert send("bentoml", URL, table, body="record")[1] == {"input_data": record}


def test_missing_values_are_null_in_tables_only():
    assert send("bentoml", URL, pd.DataFrame({"a": [np.nan]}))[1] == {"input_data": [{"a": None}]}
    with pytest.raises(InputError, match="for BentoML"):
        send("bentoml", URL, np.array([[np.nan]]))
