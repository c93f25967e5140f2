"""Requests that find out how a service wants to be asked."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError
from mlleaks.targets.http.probes import probes_of
from mlleaks.targets.http.protocol import Settings
from mlleaks.targets.http.protocols import REGISTRY
from mlleaks.targets.http.records import encode_rows


def probes(name, endpoint, X, **settings):
    return probes_of(REGISTRY[name], endpoint, encode_rows(X), settings=Settings(**settings))


def test_open_inference_asks_for_probabilities_first():
    bodies = [
        json.loads(p.request.body) for p in probes("open-inference", "http://h/v2/models/m", np.ones((2, 2)))
    ]
    assert [body.get("outputs") for body in bodies] == [[{"name": "predict_proba"}], None]


def test_what_the_user_settles_is_not_tried_otherwise():
    tried = probes("mlflow", "http://h/invocations", np.ones((2, 2)), body="instances")
    assert [p.settings.body for p in tried] == ["instances"]
    assert len(probes("mlflow", "http://h/invocations", np.ones((2, 2)))) == 3


def test_shapes_that_cannot_hold_the_records_are_skipped():
    gaps = pd.DataFrame({"a": [1.0, np.nan]})
    tried = probes("mlflow", "http://h/invocations", gaps)
    assert [p.settings.body for p in tried] == [None]  # only dataframe_split has null


def test_a_single_record_is_probed_alone():
    tried = probes("ray-serve", "http://h/", np.ones((3, 2)))
    assert [p.n for p in tried] == [3, 3, 3, 3, 1]


def test_records_that_no_shape_can_hold_are_refused():
    with pytest.raises(InputError, match=r"missing values \(nan\) for KServe v1"):
        probes("kserve-v1", "http://h/v1/models/m", np.array([[np.nan]]))
