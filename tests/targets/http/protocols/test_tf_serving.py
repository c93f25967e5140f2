"""TensorFlow Serving."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError, ModelError
from mlleaks.targets.http.protocol import InputTensor, ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "http://localhost:8501/v1/models/iris"
SPEC = REGISTRY["tf-serving"]
TABLE = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


def described(inputs, outputs):
    def tensors(shapes):
        return {
            name: {
                "dtype": "DT_FLOAT",
                "tensor_shape": {"dim": [{"size": str(s), "name": ""} for s in shape], "unknown_rank": False},
                "name": f"{name}:0",
            }
            for name, shape in shapes.items()
        }

    signature = {
        "inputs": tensors(inputs),
        "outputs": tensors(outputs),
        "method_name": "tensorflow/serving/predict",
    }
    return {
        "model_spec": {"name": "iris", "signature_name": "", "version": "5"},
        "metadata": {"signature_def": {"signature_def": {"serving_default": signature}}},
    }


STATUS = {
    "model_version_status": [
        {"version": "3", "state": "END", "status": {}},
        {"version": "10", "state": "AVAILABLE", "status": {}},
        {"version": "9", "state": "AVAILABLE", "status": {}},
    ]
}


def test_metadata_tell_version_inputs_and_outputs():
    urls = SPEC.metadata_urls(f"{URL}:predict")
    assert urls == (URL, f"{URL}/metadata")
    metadata = described({"x": (-1, 4)}, {"class_ids": (-1,), "probabilities": (-1, 3)})
    learned = SPEC.recognise(URL, {URL: STATUS, f"{URL}/metadata": metadata})
    assert learned == ServiceInfo(
        "tf-serving", version="5", inputs=(InputTensor("x", "DT_FLOAT", (-1, 4)),), output="probabilities"
    )
    assert SPEC.recognise(URL, {URL: STATUS, f"{URL}/metadata": None}).version == "10"
    assert SPEC.recognise(URL, {URL: {"name": "iris", "ready": True}, f"{URL}/metadata": None}) is None
    assert SPEC.recognise("http://localhost/", {}) is None


def test_arrays_are_instances_or_inputs():
    X = np.ones((2, 2))
    request, body = send("tf-serving", URL, X, parameters={"signature_name": "scores"})
    assert request.url == f"{URL}:predict"
    assert body == {"signature_name": "scores", "instances": X.tolist()}
    assert send("tf-serving", URL, X, body="inputs")[1] == {"inputs": X.tolist()}
    assert send("tf-serving", URL, X, body="inputs", input="x")[1] == {"inputs": {"x": X.tolist()}}
    assert send("tf-serving", URL, X, input="x")[1] == {"instances": [{"x": [1, 1]}, {"x": [1, 1]}]}


def test_tables_have_one_input_per_column():
    assert send("tf-serving", URL, TABLE)[1]["instances"] == TABLE.to_dict("records")
    assert send("tf-serving", URL, TABLE, body="inputs")[1]["inputs"] == {
        "a": [[1], [2]],
        "b": [["x"], ["y"]],
    }
    learned = ServiceInfo(
        "tf-serving", inputs=(InputTensor("a", None, (-1,)), InputTensor("b", None, (-1, 1)))
    )
    assert send("tf-serving", URL, TABLE, learned)[1]["instances"][0] == {"a": 1, "b": ["x"]}
    assert send("tf-serving", URL, TABLE, learned, body="inputs")[1]["inputs"] == {
        "a": [1, 2],
        "b": [["x"], ["y"]],
    }


def test_a_table_for_one_input_is_an_array():
    learned = ServiceInfo("tf-serving", inputs=(InputTensor("x", "DT_FLOAT", (-1, 2)),))
    assert send("tf-serving", URL, TABLE[["a"]], learned)[1] == {"instances": [[1], [2]]}


def test_several_outputs_need_a_telling_name():
    info = ServiceInfo("tf-serving")
    assert SPEC.read({"outputs": {"out": [[0.1, 0.9]], "probs": [[0.2, 0.8]]}}, 1, info) == [[0.2, 0.8]]
    assert SPEC.read({"outputs": {"a": [0.1], "b": [0.9]}}, 1, info) == [{"a": 0.1, "b": 0.9}]
    with pytest.raises(ModelError, match="2 outputs for each record"):
        SPEC.read({"predictions": [{"x": [0.1, 0.9], "y": [1, 2]}]}, 1, info)
    with pytest.raises(ModelError, match="'predictions' or 'outputs'"):
        SPEC.read({"error": "no"}, 1, info)


def test_missing_values_are_refused():
    with pytest.raises(InputError, match="for TensorFlow Serving"):
        send("tf-serving", URL, np.array([[np.nan]]))
