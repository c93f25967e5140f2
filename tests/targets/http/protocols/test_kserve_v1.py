"""KServe v1."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError, ModelError
from mlleaks.targets.http.protocol import ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "http://localhost:8080/v1/models/iris"
SPEC = REGISTRY["kserve-v1"]
TABLE = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


@pytest.mark.parametrize("endpoint", [URL, f"{URL}:predict", f"{URL}/"])
def test_the_path_ends_with_predict(endpoint):
    request, body = send("kserve-v1", endpoint, np.ones((2, 2)))
    assert (request.url, body) == (f"{URL}:predict", {"instances": [[1.0, 1.0], [1.0, 1.0]]})


def test_tables_become_what_kserve_makes_data_frames_of():
    frames = send("kserve-v1", URL, TABLE)[1]["instances"]
    assert frames == [{"a": [1], "b": ["x"]}, {"a": [2], "b": ["y"]}]
    pd.testing.assert_frame_equal(pd.concat(map(pd.DataFrame, frames), ignore_index=True), TABLE)
    assert send("kserve-v1", URL, TABLE, body="records")[1]["instances"] == TABLE.to_dict("records")
    assert send("kserve-v1", URL, TABLE, body="rows")[1]["instances"] == TABLE.to_numpy().tolist()


def test_it_is_recognised_by_its_metadata():
    assert SPEC.metadata_urls(f"{URL}:predict") == (URL,)
    assert SPEC.recognise(URL, {URL: {"name": "iris", "ready": True}}) == ServiceInfo("kserve-v1")
    assert SPEC.recognise(URL, {URL: {"model_version_status": []}}) is None
    assert SPEC.recognise("http://localhost/", {}) is None


def test_missing_values_and_other_urls_are_refused():
    with pytest.raises(InputError, match=r"missing values \(nan\) for KServe v1"):
        send("kserve-v1", URL, np.array([[np.nan]]))
    with pytest.raises(InputError, match="expected /v1/models/NAME:predict"):
        send("kserve-v1", "http://localhost/predict", np.ones((1, 1)))


def test_labels_and_errors():
    assert SPEC.read({"predictions": [1, 0]}, 2, ServiceInfo("kserve-v1")) == [1, 0]
    with pytest.raises(ModelError, match="without 'predictions'"):
        SPEC.read({"error": "no"}, 2, ServiceInfo("kserve-v1"))
