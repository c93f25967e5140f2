"""Vertex AI."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError
from mlleaks.targets.http.protocol import ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/endpoints/7"
SPEC = REGISTRY["vertex"]


def test_requests():
    table = pd.DataFrame({"a": [1], "b": ["x"]})
    request, body = send("vertex", URL, table, parameters={"confidenceThreshold": 0})
    assert request.url == f"{URL}:predict"
    assert body == {"instances": [{"a": 1, "b": "x"}], "parameters": {"confidenceThreshold": 0}}
    assert send("vertex", URL, table, body="rows")[1] == {"instances": [[1, "x"]]}
    assert send("vertex", URL, np.ones((1, 2)))[1] == {"instances": [[1, 1]]}
    with pytest.raises(InputError, match="for Vertex AI"):
        send("vertex", URL, np.array([[np.nan]]))


def test_the_deployed_model_is_the_version():
    assert SPEC.version({"deployedModelId": "42", "modelVersionId": "2"}, {}) == "42@2"
    assert SPEC.version({"deployedModelId": "42"}, {}) == "42"
    one = {"deployedModels": [{"id": "42", "modelVersionId": "2"}]}
    assert SPEC.recognise(URL, {URL: one}).version == "42@2"


def test_an_endpoint_of_two_models_gets_a_note():
    two = {"deployedModels": [{"id": "42"}, {"id": "43"}]}
    learned = SPEC.recognise(URL, {URL: two})
    assert (learned.version, learned.notes) == (None, ("the endpoint splits its traffic between 2 models",))


def test_it_is_recognised_by_its_host():
    assert SPEC.recognise(URL, {}) == ServiceInfo("vertex")
    assert (
        SPEC.recognise("https://7.europe-west4-12.prediction.vertexai.goog/v1/endpoints/7:predict", {})
        is not None
    )
    assert SPEC.metadata_urls("https://example.org/endpoints/7:predict") == ()


def test_the_answer_of_an_automl_image_model():
    prediction = {"ids": ["1", "2"], "displayNames": ["cat", "dog"], "confidences": [0.9, 0.1]}
    assert SPEC.read({"predictions": [prediction]}, 1, ServiceInfo("vertex")) == [{"cat": 0.9, "dog": 0.1}]
