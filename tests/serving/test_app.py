"""The real server, asked over the network with two clients: routes, limits, errors, keys."""

from __future__ import annotations

import json
import logging
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import httpx
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlleaks.defenses import TopK, mask_model
from mlleaks.errors import InputError, MissingExtra
from mlleaks.serving import inference_app, running

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
MODEL = LogisticRegression().fit(X, np.arange(60) % 3)
SECRET = "4242424242"


def tensor(values, name="x", datatype="FP64"):
    values = np.asarray(values)
    return {"name": name, "datatype": datatype, "shape": list(values.shape), "data": values.ravel().tolist()}


def root(client):
    return str(client.base_url).rstrip("/")


@pytest.fixture(scope="module")
def server():
    with running(MODEL, name="m", version="2", max_bytes=20_000) as url, httpx.Client(base_url=url) as client:
        yield client


def test_the_server_and_the_model_say_what_they_are(server):
    assert server.get("/v2").json()["name"] == "mlleaks"
    assert server.get("/v2/health/live").json() == {"live": True}
    assert server.get("/v2/health/ready").json() == {"ready": True}
    for base in ("/v2/models/m", "/v2/models/m/versions/2"):
        assert server.get(base).json()["versions"] == ["2"]
        assert server.get(f"{base}/ready").json() == {"name": "m", "ready": True}


@pytest.mark.parametrize("base", ["/v2/models/m", "/v2/models/m/versions/2"])
def test_answers_over_the_network_are_those_in_process(server, base):
    answer = server.post(f"{base}/infer", json={"id": "7", "inputs": [tensor(X)]})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    [output] = answer.json()["outputs"]
    np.testing.assert_array_equal(np.reshape(output["data"], output["shape"]), MODEL.predict_proba(X))
    assert answer.json()["id"] == "7"


def test_the_client_of_the_standard_library_gets_the_same(server):
    body = json.dumps({"inputs": [tensor(X[:3])], "outputs": [{"name": "predict"}]}).encode()
    with urlopen(Request(f"{root(server)}/v2/models/m/infer", body)) as answer:
        assert json.load(answer)["outputs"][0]["data"] == MODEL.predict(X[:3]).tolist()


def test_many_clients_at_once_get_their_own_answers(server):
    def ask(i):
        body = {"id": str(i), "inputs": [tensor(X[i : i + 1])]}
        answer = httpx.post(f"{root(server)}/v2/models/m/infer", json=body).json()
        return answer["id"], answer["outputs"][0]["data"]

    with ThreadPoolExecutor(8) as clients:
        answers = dict(clients.map(ask, range(24)))
    for i in range(24):
        np.testing.assert_array_equal(answers[str(i)], MODEL.predict_proba(X[i : i + 1])[0])


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/", 404, "Not Found"),
        ("GET", f"/v2/models/{SECRET}", 404, "got the name of another model; expected m"),
        ("POST", "/v2/models/other/infer", 404, "got the name of another model; expected m"),
        (
            "POST",
            f"/v2/models/m/versions/{SECRET}/infer",
            404,
            "got another version of the model; expected 2",
        ),
        ("GET", "/v2/models/m/infer", 405, "Method Not Allowed"),
        ("DELETE", "/v2/models/m", 405, "Method Not Allowed"),
    ],
)
def test_wrong_urls(server, method, path, status, message):
    answer = server.request(method, path)
    assert (answer.status_code, answer.json()) == (status, {"error": message})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (f'{{"inputs": [{SECRET}', "got a body that is no JSON"),
        (
            json.dumps({"inputs": [tensor([[float(SECRET)] * 3])]}),
            r"got records of shape [3]; expected records of shape [4]",
        ),
        (json.dumps({"inputs": [tensor([[SECRET] * 4])]}), "got data that do not fit their datatype FP64"),
        (json.dumps({"inputs": [tensor(X) | {"shape": [7, 4]}]}), "240 values and shape [7, 4]; expected 28"),
        (
            json.dumps({"inputs": [tensor(X)], "outputs": [{"name": SECRET}]}),
            "got a request for another output",
        ),
    ],
)
def test_bad_requests_are_explained_without_their_content(server, body, message):
    answer = server.post("/v2/models/m/infer", content=body)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert message in answer.json()["error"]
    assert SECRET not in answer.text


def test_a_body_that_is_too_large(server):
    body = b" " * 20_001
    for content in (body, iter([body]), b" " * 150_000):
        answer = server.post("/v2/models/m/infer", content=content)
        assert (answer.status_code, answer.json()["error"][:17]) == (413, "got a larger body")
    fits = json.dumps({"inputs": [tensor(X[:1])]}).encode().ljust(20_000)
    assert server.post("/v2/models/m/infer", content=fits).status_code == 200


def test_a_body_without_end_is_cut(server):
    def endless():
        for _ in range(10**6):
            yield b" " * 10_000

    try:
        status = server.post("/v2/models/m/infer", content=endless()).status_code
    except httpx.TransportError:  # the connection is closed under a client that still sends
        status = 413
    assert status == 413
    assert server.get("/v2/health/live").status_code == 200


def test_a_compressed_body(server):
    answer = server.post("/v2/models/m/infer", content=b"x", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_what_is_no_http_ends_no_server(server):
    with socket.create_connection((server.base_url.host, server.base_url.port)) as raw:
        raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    with socket.create_connection((server.base_url.host, server.base_url.port)) as raw:
        raw.sendall(b"POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert server.get("/v2/health/live").status_code == 200


def test_the_counts_are_those_of_the_answers(server):
    def counts():
        [stats] = server.get("/v2/models/m/stats").json()["model_stats"]
        return np.array([stats["inference_count"], stats["execution_count"]])

    before = counts()
    server.post("/v2/models/m/infer", json={"inputs": [tensor(X[:9])]})
    server.post("/v2/models/m/infer", json={"inputs": [tensor(X[:9, :2])]})
    assert (counts() - before).tolist() == [9, 1]


class Echoing:
    """Raises an error that holds the record."""

    def predict_proba(self, X):
        raise ValueError(f"cannot handle {X.tolist()}")


def test_an_error_of_the_model_is_a_500_without_content(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with running(Echoing()) as url:
        answer = httpx.post(f"{url}/v2/models/model/infer", json={"inputs": [tensor([[float(SECRET)]])]})
        assert httpx.get(f"{url}/v2/health/ready").json() == {"ready": True}
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("got ValueError from the model on ndarray of shape (1, 1);")
    assert "ValueError from the model on ndarray of shape (1, 1)" in caplog.text
    assert SECRET not in answer.text + caplog.text + "".join(capfd.readouterr())


def test_a_fault_of_the_server_is_a_500_without_content(monkeypatch, caplog, capfd):
    def fails(self, body):
        raise KeyError(body)

    monkeypatch.setattr("mlleaks.serving.inference.InferenceService.infer", fails)
    with running(MODEL) as url:
        answer = httpx.post(f"{url}/v2/models/model/infer", content=SECRET)
    assert (answer.status_code, answer.json()) == (500, {"error": "got an error of the server itself"})
    assert "KeyError while a request was answered" in caplog.text
    assert SECRET not in caplog.text + "".join(capfd.readouterr())


def test_a_pipeline_of_a_table_gets_its_columns():
    frame = pd.DataFrame({"kind": ["a", "b", "c", "a"] * 5, "age": np.arange(20), "old": [True, False] * 10})
    encoder = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    model = make_pipeline(encoder, LogisticRegression()).fit(frame, np.arange(20) % 2)
    inputs = [
        tensor(frame["old"], "old", "BOOL"),
        tensor(frame["kind"].to_numpy(object), "kind", "BYTES"),
        tensor(frame[["age"]], "age", "INT64"),
    ]
    with running(model) as url:
        assert httpx.get(f"{url}/v2/models/model").json()["parameters"]["columns"] == ["kind", "age", "old"]
        body = {"inputs": inputs, "parameters": {"content_type": "pd"}}
        [output] = httpx.post(f"{url}/v2/models/model/infer", json=body).json()["outputs"]
        lacking = httpx.post(f"{url}/v2/models/model/infer", json={"inputs": inputs[:2]})
    np.testing.assert_array_equal(np.reshape(output["data"], output["shape"]), model.predict_proba(frame))
    assert lacking.status_code == 400
    assert "1 missing (age)" in lacking.json()["error"]


def test_masks_stand_in_front_of_the_model():
    with running(MODEL, masks=[TopK(1)]) as url:
        [output] = httpx.post(f"{url}/v2/models/model/infer", json={"inputs": [tensor(X)]}).json()["outputs"]
    expected = mask_model(MODEL, TopK(1)).predict_proba(X)
    np.testing.assert_array_equal(np.reshape(output["data"], output["shape"]), expected)


def test_a_key_opens_what_it_should():
    with running(MODEL, api_key=SECRET) as url:
        infer, body = f"{url}/v2/models/model/infer", {"inputs": [tensor(X)]}
        for headers in (
            {},
            {"Authorization": "Bearer"},
            {"Authorization": f"Basic {SECRET}"},
            {"Authorization": "ü".encode()},
        ):
            answer = httpx.post(infer, json=body, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert SECRET not in answer.text
        assert httpx.get(f"{url}/v2/models/model").status_code == 401
        assert httpx.get(f"{url}/v2/health/ready").status_code == 200
        assert httpx.post(infer, json=body, headers={"Authorization": f"Bearer {SECRET}"}).status_code == 200
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"{url}/v2")


def test_limits_and_keys_that_cannot_be():
    with pytest.raises(InputError, match="a limit of 0 bytes"):
        inference_app(MODEL, max_bytes=0)
    with pytest.raises(InputError, match="an empty API key"):
        inference_app(MODEL, api_key="")


@pytest.mark.parametrize("module", ["starlette.applications", "uvicorn"])
def test_without_the_extra(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"pip install 'mlleaks\[services\]'"), running(MODEL):
        pass
