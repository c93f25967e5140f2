"""Open Inference Protocol v2, as MLServer, KServe and Triton speak it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks import InputError, ModelError
from mlleaks.targets.http.protocol import InputTensor, ServiceInfo
from mlleaks.targets.http.protocols import REGISTRY
from tests.targets.http.protocols.sent import send

URL = "http://localhost:8080/v2/models/iris"
SPEC = REGISTRY["open-inference"]
X = np.array([[1.5, 2.0], [3.0, 4.0]])
TABLE = pd.DataFrame(
    {
        "age": [39, 50],
        "work": ["private", None],
        "share": np.array([0.5, np.nan], dtype=np.float32),
        "rich": [True, False],
    }
)
TRITON = {
    "name": "iris",
    "versions": ["2"],
    "platform": "onnxruntime_onnx",
    "inputs": [{"name": "X", "datatype": "FP32", "shape": [-1, 2]}],
    "outputs": [
        {"name": "label", "datatype": "INT64", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]},
    ],
}


def info(inputs=(), output=None):
    return ServiceInfo("open-inference", inputs=tuple(inputs), output=output)


def answer(*tensors, **members):
    return {"model_name": "iris", "outputs": list(tensors), **members}


def tensor(name, shape, data, datatype="FP64"):
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def test_an_array_is_one_tensor():
    request, body = send("open-inference", URL, X)
    assert request.url == f"{URL}/infer"
    assert body["id"] == request.id
    assert body["inputs"] == [
        {
            "name": "input-0",
            "shape": [2, 2],
            "datatype": "FP64",
            "data": [1.5, 2.0, 3.0, 4.0],
            "parameters": {"content_type": "np"},
        }
    ]
    assert body["outputs"] == [{"name": "predict_proba"}]  # mlserver-sklearn answers predict otherwise
    assert "parameters" not in body


def test_images_keep_their_shape():
    _, body = send("open-inference", URL, np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3))
    assert (body["inputs"][0]["shape"], body["inputs"][0]["datatype"]) == ([2, 2, 2, 3], "UINT8")
    assert body["inputs"][0]["data"] == list(range(24))


def test_a_table_is_one_tensor_per_column():
    _, body = send("open-inference", URL, TABLE)
    assert body["parameters"] == {"content_type": "pd"}
    assert [(t["name"], t["datatype"], t["shape"], t["data"]) for t in body["inputs"]] == [
        ("age", "INT64", [2, 1], [39, 50]),
        ("work", "BYTES", [2, 1], ["private", None]),
        ("share", "FP32", [2, 1], [0.5, None]),
        ("rich", "BOOL", [2, 1], [True, False]),
    ]


def test_texts_are_bytes():
    _, body = send("open-inference", URL, pd.Series(["good", "bad ☃"]))
    assert body["inputs"] == [
        tensor("input-0", [2, 1], ["good", "bad ☃"], "BYTES") | {"parameters": {"content_type": "str"}}
    ]


def test_the_same_request_has_the_same_id_and_another_one_has_not():
    ids = [send("open-inference", URL, records)[0].id for records in (X, X.copy(), X + 1)]
    assert ids[0] == ids[1] != ids[2]


def test_metadata_of_triton():
    endpoint = f"{URL}/infer"
    assert SPEC.metadata_urls(endpoint) == (URL,)
    learned = SPEC.recognise(endpoint, {URL: TRITON})
    assert learned == ServiceInfo(
        "open-inference", version="2", inputs=(InputTensor("X", "FP32", (-1, 2)),), output="probabilities"
    )
    _, body = send("open-inference", endpoint, X, learned)
    assert body["inputs"][0] | {"parameters": None} == tensor("X", [2, 2], [1.5, 2, 3, 4], "FP32") | {
        "parameters": None
    }
    assert body["outputs"] == [{"name": "probabilities"}]
    _, frame = send("open-inference", endpoint, pd.DataFrame(X, columns=["a", "b"]), learned)
    assert frame["inputs"] == body["inputs"]


def test_empty_metadata_of_mlserver():
    learned = SPEC.recognise(
        URL, {URL: {"name": "iris", "versions": [], "platform": "", "inputs": [], "outputs": []}}
    )
    assert (learned.version, learned.output, learned.inputs) == (None, "predict_proba", ())
    assert "does not describe" in learned.notes[0]


def test_a_version_in_the_url_counts():
    endpoint = f"{URL}/versions/7/infer"
    assert SPEC.metadata_urls(endpoint) == (f"{URL}/versions/7",)
    assert SPEC.recognise(endpoint, {f"{URL}/versions/7": TRITON}).version == "7"
    assert send("open-inference", endpoint, X)[0].url == endpoint


def test_other_services_are_not_recognised():
    assert SPEC.metadata_urls("http://localhost/invocations") == ()
    assert SPEC.recognise(URL, {URL: None}) is None
    assert SPEC.recognise(URL, {URL: {"detail": "Not Found"}}) is None


def test_the_user_may_ask_for_no_output_by_name():
    _, body = send("open-inference", URL, X, output="")
    assert "outputs" not in body
    _, body = send("open-inference", URL, X, output="scores", input="x")
    assert body["outputs"] == [{"name": "scores"}]
    assert body["inputs"][0]["name"] == "x"


def test_declared_types_and_ranks_are_kept():
    learned = info([InputTensor("age", "FP32", (-1,)), InputTensor("rich", "FP32", (-1, 1))])
    _, body = send("open-inference", URL, TABLE[["age", "rich"]], learned)
    assert body["inputs"] == [
        tensor("age", [2], [39, 50], "FP32"),
        tensor("rich", [2, 1], [1.0, 0.0], "FP32"),
    ]
    _, body = send("open-inference", URL, np.array([[1.0, 2.0]]), info([InputTensor("x", "INT64", (-1, 2))]))
    assert body["inputs"][0]["data"] == [1, 2]
    assert all(type(value) is int for value in body["inputs"][0]["data"])


@pytest.mark.parametrize(
    ("X", "learned", "settings", "match"),
    [
        (TABLE.assign(odd=[1, "one"]), info(), {}, "type mixed for the input 'odd'"),
        (TABLE, info([InputTensor("a"), InputTensor("b")]), {}, "2 inputs with other names"),
        (TABLE, info([InputTensor("X", "FP32")]), {}, "a table of numbers and text"),
        (X, info([InputTensor("X", "BYTES")]), {}, "the service's data type, BYTES"),
        (X, info([InputTensor("X", "INT64")]), {}, "whole numbers"),
        (pd.Series(["a"]), info([InputTensor("X", "FP32")]), {}, "type text for the input 'X'"),
        (X, info(), {"body": "columns"}, "without column names"),
    ],
)
def test_records_that_do_not_fit_the_inputs_are_refused(X, learned, settings, match):
    with pytest.raises(InputError, match=match):
        send("open-inference", URL, X, learned, **settings)


def test_a_url_without_a_model_is_refused():
    with pytest.raises(InputError, match="/v2/models/NAME/infer"):
        send("open-inference", "http://localhost:8080/", X)


@pytest.mark.parametrize(
    ("tensors", "items"),
    [
        ([tensor("predict", [2, 1], [1, 0], "INT64")], [1, 0]),
        ([tensor("predict", [2], ["a", "b"], "BYTES")], ["a", "b"]),
        ([tensor("p", [2, 2], [0.1, 0.9, 0.8, 0.2])], [[0.1, 0.9], [0.8, 0.2]]),
        ([tensor("p", [2, 2], [[0.1, 0.9], [0.8, 0.2]])], [[0.1, 0.9], [0.8, 0.2]]),
        (
            [tensor("x", [2], [1, 0], "INT64"), tensor("y", [2, 2], [0.1, 0.9, 0.8, 0.2], "FP32")],
            [[0.1, 0.9], [0.8, 0.2]],
        ),
        (
            [tensor("a", [2], [0.1, 0.8]), tensor("b", [2, 1], [0.9, 0.2])],
            [{"a": 0.1, "b": 0.9}, {"a": 0.8, "b": 0.2}],
        ),
    ],
)
def test_outputs_become_items(tensors, items):
    assert SPEC.read(answer(*tensors), 2, info(output="predict_proba")) == items


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (answer(), "outputs that are a list of 0"),
        ({"error": "no"}, "without 'outputs'"),
        ({"outputs": "text"}, "a text of 4 characters"),
        (answer(tensor("p", [2, 2], [0.1, 0.9, 0.8])), r"3 values in an output tensor of shape \[2, 2\]"),
        (answer(tensor("p", [3, 1], [0.1, 0.9, 0.8])), "answers to 3 records"),
        (
            answer(
                {"name": "p", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": 32}}
            ),
            "no binary",
        ),
        (answer(tensor("p", None, [0.1])), "without a shape"),
        (answer(tensor("p", [-1, 2], [0.1])), "without a shape"),
        (answer(tensor("x", [2], ["a", "b"], "BYTES"), tensor("y", [2], [1, 2])), "2 output tensors"),
        (answer(tensor("x", [2, 2], [1, 2, 3, 4]), tensor("y", [2, 2], [1, 2, 3, 4])), "2 output tensors"),
    ],
)
def test_broken_answers_are_refused(body, match):
    with pytest.raises(ModelError, match=match):
        SPEC.read(body, 2, info())


def test_the_id_is_checked_where_there_is_one():
    request, body = send("open-inference", URL, X)
    right = answer(tensor("p", [2, 1], [0.1, 0.9]))
    for echoed in ({"id": body["id"]}, {"id": ""}, {}):
        assert SPEC.items(right | echoed, 2, request=request, info=info()) == [0.1, 0.9]
    with pytest.raises(ModelError, match="the id of another request"):
        SPEC.items(right | {"id": "other"}, 2, request=request, info=info())


def test_the_answer_tells_the_version():
    assert SPEC.version({"model_version": "4"}, {}) == "4"
    assert SPEC.version({"model_version": None}, {}) is None
