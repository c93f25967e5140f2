"""MLflow's scoring server."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError, ModelError
from mlleaks.targets.http.protocol import ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "http://localhost:5000/invocations"
SPEC = REGISTRY["mlflow"]
TABLE = pd.DataFrame({"a": [1.5, np.nan], "b": ["x", "y"]})


def test_a_table_is_split_as_pandas_splits_it():
    request, body = send("mlflow", URL, TABLE, parameters={"method": "predict_proba"})
    assert request.url == URL
    assert body == {
        "dataframe_split": {"columns": ["a", "b"], "data": [[1.5, "x"], [None, "y"]]},
        "params": {"method": "predict_proba"},
    }
    pd.testing.assert_frame_equal(pd.DataFrame(**body["dataframe_split"]), TABLE)


def test_arrays():
    X = np.ones((1, 2))
    assert send("mlflow", URL, X)[1] == {"dataframe_split": {"columns": [0, 1], "data": [[1, 1]]}}
    assert send("mlflow", URL, X, body="inputs")[1] == {"inputs": [[1, 1]]}
    assert send("mlflow", URL, X, body="inputs", input="x")[1] == {"inputs": {"x": [[1, 1]]}}
    assert send("mlflow", URL, X, body="instances")[1] == {"instances": [[1, 1]]}
    assert send("mlflow", URL, X, body="instances", input="x")[1] == {"instances": [{"x": [1, 1]}]}
    assert send("mlflow", URL, np.ones((1, 1, 2)))[1] == {"inputs": [[[1, 1]]]}
    assert send("mlflow", URL, pd.Series(["a"]))[1] == {"dataframe_split": {"columns": [0], "data": [["a"]]}}


def test_tables_in_the_other_bodies():
    full = TABLE.fillna(2.0)
    assert send("mlflow", URL, full, body="inputs")[1] == {"inputs": {"a": [1.5, 2.0], "b": ["x", "y"]}}
    assert send("mlflow", URL, full, body="instances")[1] == {"instances": full.to_dict("records")}
    with pytest.raises(InputError, match="for MLflow with inputs"):
        send("mlflow", URL, TABLE, body="inputs")
    with pytest.raises(InputError, match="rows of a table"):
        send("mlflow", URL, np.ones((1, 2, 2)), body="dataframe_split")


def test_it_is_recognised_by_its_path():
    assert SPEC.recognise(URL, {}) == ServiceInfo("mlflow")
    assert (
        SPEC.recognise("https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/x/invocations", {})
        is None
    )


def test_labels_frames_and_errors():
    info = ServiceInfo("mlflow")
    assert SPEC.read({"predictions": ["a", "b"]}, 2, info) == ["a", "b"]
    assert SPEC.read({"predictions": [{"0": 0.1, "1": 0.9}]}, 1, info) == [{"0": 0.1, "1": 0.9}]
    assert SPEC.read({"predictions": [{"prediction": "a"}]}, 1, info) == ["a"]
    with pytest.raises(ModelError, match="without 'predictions'"):
        SPEC.read({"error_code": "BAD_REQUEST", "message": "no"}, 1, info)
