"""Ray Serve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlleaks.targets.http.protocol import ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "http://localhost:8000/iris"
SPEC = REGISTRY["ray-serve"]


def test_bodies():
    X, table = np.ones((1, 2)), pd.DataFrame({"a": [1.5]})
    assert send("ray-serve", URL, X)[1] == [[1, 1]]
    assert send("ray-serve", URL, table)[1] == [{"a": 1.5}]
    for body in ("instances", "inputs", "data"):
        assert send("ray-serve", URL, X, body=body)[1] == {body: [[1, 1]]}
    assert send("ray-serve", URL, X, body="record")[1] == [1, 1]
    assert send("ray-serve", URL, X, body="record", input="features")[1] == {"features": [1, 1]}
    assert send("ray-serve", URL, X, input="rows", parameters={"k": 1})[1] == {"rows": [[1, 1]], "k": 1}


def test_it_is_recognised_by_its_routes():
    urls = SPEC.metadata_urls(URL)
    assert urls == ("http://localhost:8000/-/routes",)
    assert SPEC.recognise(URL, {urls[0]: {"/iris": "iris"}}) == ServiceInfo("ray-serve")
    assert SPEC.recognise(URL, {urls[0]: {"detail": "Not Found"}}) is None
    assert SPEC.recognise(URL, {urls[0]: {}}) is None


def test_one_record_at_a_time():
    info = ServiceInfo("ray-serve", one_record=True)
    assert SPEC.read([0.1, 0.9], 1, info) == [[0.1, 0.9]]
    assert SPEC.read({"prediction": "setosa", "seconds": 0.1}, 1, info) == ["setosa"]
