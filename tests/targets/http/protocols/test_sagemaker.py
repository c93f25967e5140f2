"""Amazon SageMaker."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError, ModelError
from mlleaks.targets.http.protocol import ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/iris/invocations"
SPEC, INFO = REGISTRY["sagemaker"], ServiceInfo("sagemaker")


def test_requests():
    X = np.array([[1.5, 2.0]])
    assert send("sagemaker", URL, X)[1] == {"instances": [[1.5, 2.0]]}
    assert send("sagemaker", URL, X, body="features")[1] == {"instances": [{"features": [1.5, 2.0]}]}
    request, text = send("sagemaker", URL, X, body="csv")
    assert (request.headers["content-type"], request.headers["accept"], text) == (
        "text/csv",
        "text/csv",
        "1.5,2.0\n",
    )


def test_csv_quotes_text_and_leaves_gaps_empty():
    table = pd.DataFrame({"a": ['say "x", please', None], "b": [1.5, np.nan]})
    assert send("sagemaker", URL, table, body="csv")[1] == '"say ""x"", please",1.5\n,\n'
    with pytest.raises(InputError, match="with JSON"):
        send("sagemaker", URL, table)
    with pytest.raises(InputError, match="rows of a table"):
        send("sagemaker", URL, np.ones((1, 2, 2)), body="csv")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("0.1\n0.9\n", ["0.1", "0.9"]),
        ("0.1,0.9", ["0.1", "0.9"]),
        ("0.1,0.9\n0.8, 0.2\n", [["0.1", "0.9"], ["0.8", "0.2"]]),
        ("[0.1, 0.9]\n[0.8, 0.2]", [["0.1", "0.9"], ["0.8", "0.2"]]),
    ],
)
def test_csv_answers(text, items):
    assert SPEC.read(text, 2, INFO) == items


@pytest.mark.parametrize("text", ["", "0.1\n", "[0.1, 0.9]", "0.1\n0.2\n0.3"])
def test_csv_answers_of_another_length_are_refused(text):
    with pytest.raises(ModelError, match="answers to"):
        SPEC.read(text, 2, INFO)


def test_the_linear_learners_score_is_about_class_one():
    entries = [{"predicted_label": 0, "score": 0.2}, {"predicted_label": 1, "score": 0.7}]
    assert SPEC.read({"predictions": entries}, 2, INFO) == [0.2, 0.7]


def test_it_is_recognised_by_its_host_and_tells_its_variant():
    assert SPEC.recognise(URL, {}) == INFO
    assert SPEC.recognise("http://localhost:8080/invocations", {}) is None
    assert SPEC.version([], {"x-amzn-invoked-production-variant": "blue"}) == "blue"
