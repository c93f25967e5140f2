"""The server in a thread: it starts on a free port, ends in time, and leaves nothing."""

from __future__ import annotations

import socket
import threading
import time

import httpx
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from threadpoolctl import threadpool_info

from mlleaks.errors import InputError
from mlleaks.serving import inference_app, listening, running
from mlleaks.serving.run import GRACE, _bound

MODEL = DummyClassifier(strategy="prior").fit([[0], [1]], [0, 1])
BODY = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 1], "data": [0.5]}]}


def own_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("mlleaks")]


def test_nothing_is_left_when_the_block_has_ended():
    before = [pool["num_threads"] for pool in threadpool_info()]
    with running(MODEL) as url:
        assert httpx.post(f"{url}/v2/models/model/infer", json=BODY).status_code == 200
        assert len(own_threads()) == 2
    assert own_threads() == []
    assert [pool["num_threads"] for pool in threadpool_info()] == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/v2/health/live")


def test_several_servers_run_side_by_side():
    with running(MODEL, name="a") as a, running(MODEL, name="b") as b:
        assert a != b
        assert httpx.get(f"{a}/v2/models/a/ready").json()["ready"]
        assert httpx.get(f"{b}/v2/models/b/ready").json()["ready"]
        assert httpx.get(f"{b}/v2/models/a/ready").status_code == 404


def test_an_error_in_the_block_ends_the_server():
    with pytest.raises(ZeroDivisionError), running(MODEL):
        raise ZeroDivisionError
    assert own_threads() == []


def test_a_port_that_is_in_use_or_an_address_of_nobody():
    app = inference_app(MODEL)
    with listening(app) as server:
        port = int(server.url.rpartition(":")[2])
        with (
            pytest.raises(InputError, match=rf"the address 127.0.0.1, port {port}, .*in use"),
            listening(app, port=port),
        ):
            pass
    with (
        pytest.raises(InputError, match="the address no-such-host.invalid"),
        listening(app, host="no-such-host.invalid"),
    ):
        pass
    with pytest.raises(InputError, match="port 70000"), listening(app, port=70000):
        pass


def test_another_loopback_address():
    try:
        server = listening(inference_app(MODEL), host="::1")
        with server as running_server:
            assert running_server.url.startswith("http://[::1]:")
            assert httpx.get(f"{running_server.url}/v2/health/live").json() == {"live": True}
    except InputError:
        pytest.skip("no IPv6 on this machine")


def test_small_answers_are_sent_at_once():
    """Otherwise each waits 40 ms: asyncio turns Nagle's algorithm off only for sockets of this protocol."""
    with _bound("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_a_server_that_does_not_start_is_no_silent_end():
    async def app(scope, receive, send):
        raise ValueError

    with pytest.raises(RuntimeError, match="ended while it started"), listening(app):
        pass
    assert own_threads() == []


class Slow:
    """Answers when it may."""

    def __init__(self):
        self.begun, self.go = threading.Event(), threading.Event()

    def predict_proba(self, X):
        self.begun.set()
        self.go.wait(60)
        return np.full((len(X), 2), 0.5)


def ask(url, statuses):
    try:
        statuses.append(httpx.post(f"{url}/v2/models/model/infer", json=BODY, timeout=60).status_code)
    except httpx.TransportError:
        statuses.append(None)


def test_a_request_that_is_being_answered_is_finished():
    model, statuses = Slow(), []
    with running(model) as url:
        client = threading.Thread(target=ask, args=(url, statuses))
        client.start()
        assert model.begun.wait(30)
        threading.Timer(0.3, model.go.set).start()
    client.join()
    assert statuses == [200]


def test_a_model_that_never_answers_holds_up_the_end_only_so_long():
    model, statuses = Slow(), []
    with running(model) as url:
        client = threading.Thread(target=ask, args=(url, statuses))
        client.start()
        assert model.begun.wait(30)
        assert httpx.get(f"{url}/v2/health/live").status_code == 200  # the network is not blocked meanwhile
        began = time.monotonic()
    assert GRACE <= time.monotonic() - began < 30
    client.join()
    assert statuses != [200]
    model.go.set()
