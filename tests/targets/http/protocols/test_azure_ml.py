"""Azure Machine Learning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError
from mlleaks.targets.http.protocol import ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "https://iris.westeurope.inference.ml.azure.com/score"
SPEC, INFO = REGISTRY["azure-ml"], ServiceInfo("azure-ml")
TABLE = pd.DataFrame({"a": [1.5, np.nan], "b": ["x", "y"]})


def test_input_data_is_a_split_table():
    assert send("azure-ml", URL, TABLE, parameters={"k": 1})[1] == {
        "input_data": {"columns": ["a", "b"], "data": [[1.5, "x"], [None, "y"]], "index": [0, 1]},
        "params": {"k": 1},
    }


def test_data_of_scoring_scripts():
    X = np.ones((1, 2))
    assert send("azure-ml", URL, X, body="data")[1] == {"data": [[1, 1]]}
    assert send("azure-ml", URL, X, body="data", input="features")[1] == {"features": [[1, 1]]}
    assert send("azure-ml", URL, np.ones((1, 1, 2)))[1] == {"data": [[[1, 1]]]}
    assert send("azure-ml", URL, TABLE[:1], body="records")[1] == {"data": [{"a": 1.5, "b": "x"}]}
    with pytest.raises(InputError, match="with data"):
        send("azure-ml", URL, TABLE, body="data")


def test_json_in_json_is_read():
    assert SPEC.read('{"result": [[0.1, 0.9]]}', 1, INFO) == [[0.1, 0.9]]
    assert SPEC.read('["setosa", "virginica"]', 2, INFO) == ["setosa", "virginica"]


def test_it_is_recognised_and_tells_its_deployment():
    assert SPEC.recognise(URL, {}) == INFO
    assert SPEC.recognise("http://localhost:5001/score", {}) == INFO
    assert SPEC.recognise("http://localhost:5001/predict", {}) is None
    assert SPEC.version([], {"azureml-model-deployment": "blue"}) == "blue"
