"""Each real service answers what the same model answers in process."""

from __future__ import annotations

import numpy as np
import pytest

from tests.services.asking import ask, tensor
from tests.services.conftest import need_service
from tests.services.running import running

EXACT = {"rtol": 1e-12, "atol": 0}  # a batch of another size may round differently in the last bits
SINGLE = {"rtol": 1e-4, "atol": 1e-5}  # the network computes with 32 bits


def columns(X):
    """Records as a table whose columns are numbered."""
    return {"columns": [str(i) for i in range(X.shape[1])], "data": X.tolist()}


@pytest.fixture
def X(served):
    return served.X[:50]


def test_mlserver_answers_probabilities_when_asked_by_name(service, served, X):
    answer = ask(service("mlserver").endpoint, tensor(X, output="predict_proba")).json()
    (output,) = answer["outputs"]
    assert (answer["id"], answer["model_version"], output["name"]) == ("r1", "v1", "predict_proba")
    answers = np.reshape(output["data"], output["shape"])
    np.testing.assert_allclose(answers, served.probabilities[:50], **EXACT)


def test_mlserver_answers_labels_by_default(service, served, X):
    (output,) = ask(service("mlserver").endpoint, tensor(X)).json()["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("predict", "INT64", [50, 1])
    assert output["data"] == served.labels[:50].tolist()


def test_mlserver_tells_nothing_of_its_model(service):
    metadata = ask(service("mlserver").root + "/v2/models/linear").json()
    assert metadata["inputs"] == metadata["outputs"] == metadata["versions"] == []


def test_mlserver_with_metadata_named_classes_and_another_version(served, tmp_path):
    need_service("mlserver")
    names = served.save_named(tmp_path)
    options = ("--version", "v2", "--described")
    with running("mlserver", tmp_path, tmp_path / "run", more=options) as described:
        metadata = ask(described.root + "/v2/models/linear").json()
        answer = ask(described.endpoint, tensor(served.X[:50])).json()
    assert metadata["versions"] == ["v2"]
    assert metadata["inputs"] == [{"name": "records", "datatype": "FP64", "shape": [-1, 446]}]
    assert [output["name"] for output in metadata["outputs"]] == ["predict_proba"]
    assert answer["model_version"] == "v2"
    (output,) = answer["outputs"]
    assert (output["datatype"], output["data"]) == ("BYTES", names[served.labels[:50]].tolist())


def test_mlserver_serves_a_network_of_pytorch(service, served, X):
    (output,) = ask(service("mlserver-network").endpoint, tensor(X)).json()["outputs"]
    assert (output["name"], output["datatype"]) == ("logits", "FP32")
    answers = np.reshape(output["data"], output["shape"])
    np.testing.assert_allclose(answers, served.logits[:50], **SINGLE)


@pytest.mark.parametrize("form", ["instances", "inputs", "dataframe_split"])
def test_mlflow_answers_labels_by_default(service, served, X, form):
    records = columns(X) if form == "dataframe_split" else X.tolist()
    answer = ask(service("mlflow").endpoint, {form: records}).json()
    assert answer == {"predictions": served.labels[:50].tolist()}


def test_mlflow_answers_probabilities_where_the_model_was_saved_so(service, served, X):
    answer = ask(service("mlflow-probabilities").endpoint, {"inputs": X.tolist()}).json()
    np.testing.assert_allclose(answer["predictions"], served.probabilities[:50], **EXACT)


def test_mlflow_serves_a_network_of_pytorch_by_columns(service, served, X):
    answer = ask(service("mlflow-network").endpoint, {"dataframe_split": columns(X)}).json()
    answers = [[row[str(i)] for i in range(30)] for row in answer["predictions"]]
    np.testing.assert_allclose(answers, served.logits[:50], **SINGLE)


def test_mlflow_echoes_what_it_cannot_read(service):
    answer = ask(service("mlflow").endpoint, b'{"inputs": [[12345.5, ')
    assert answer.status == 400
    assert b"12345.5" in answer.body  # so error bodies are neither shown nor stored


def test_bentoml_answers_probabilities(service, served, X):
    running = service("bentoml")
    answer = ask(running.endpoint, {"records": X.tolist()}).json()
    np.testing.assert_allclose(answer, served.probabilities[:50], **EXACT)
    labels = ask(running.root + "/predict", {"records": X.tolist()}).json()
    assert labels == served.labels[:50].tolist()


def test_bentoml_names_the_argument_of_its_route(service):
    routes = ask(service("bentoml").root + "/schema.json").json()["routes"]
    (inputs,) = [route["input"] for route in routes if route["route"] == "/predict_proba"]
    assert list(inputs["properties"]) == ["records"]


def test_kserve_answers_probabilities_in_both_protocols(service, served, X):
    first = ask(service("kserve-v1").endpoint, {"instances": X.tolist()}).json()
    np.testing.assert_allclose(first["predictions"], served.probabilities[:50], **EXACT)
    second = ask(service("kserve-v2").endpoint, tensor(X)).json()
    (output,) = second["outputs"]
    assert (second["id"], second["model_version"], output["name"]) == ("r1", None, "probabilities")
    answers = np.reshape(output["data"], output["shape"])
    np.testing.assert_allclose(answers, served.probabilities[:50], **EXACT)


def test_ray_serve_answers_probabilities(service, served, X):
    answer = ask(service("ray-serve").endpoint, X.tolist())
    np.testing.assert_allclose(answer.json(), served.probabilities[:50], **EXACT)


@pytest.mark.parametrize(
    ("name", "status"),
    [("mlserver", 500), ("mlflow", 400), ("bentoml", 500), ("kserve-v1", 500), ("kserve-v2", 500)],
)
def test_records_of_another_width_are_an_error_of_the_service(service, served, name, status):
    narrow = served.X[:2, :3]
    body = {"bentoml": {"records": narrow.tolist()}}.get(name) or (
        tensor(narrow) if name in ("mlserver", "kserve-v2") else {"instances": narrow.tolist()}
    )
    assert ask(service(name).endpoint, body).status == status
