"""nginx in front of a service fails in the ways that an audit must bear."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import urllib.error
from collections import Counter

import numpy as np
import pytest

from tests.services.asking import ask, tensor
from tests.services.nginx import PASSWORD, TOKEN, USER

ROUTE = "/v2/models/linear/infer"


def probabilities(answer):
    assert answer.status == 200
    (output,) = answer.json()["outputs"]
    return np.reshape(output["data"], output["shape"])


def outcome(url, body):
    """Return an answer, or how it was lost; a connection may be closed before or after all is sent."""
    try:
        return ask(url, body)
    except http.client.IncompleteRead:
        return "truncated"
    except (ConnectionError, urllib.error.URLError):
        return "closed"


@pytest.fixture
def body(served):
    return tensor(served.X[:4])


def test_without_limits_nothing_changes(nginx, served, body):
    np.testing.assert_allclose(probabilities(ask(nginx.http + ROUTE, body)), served.probabilities[:4])


@pytest.mark.parametrize(
    ("path", "status", "wait", "kind"),
    [("/limited", 429, "1", "application/json"), ("/busy", 503, None, "text/html")],
)
def test_a_burst_is_limited(nginx, body, path, status, wait, kind):
    answers = [ask(nginx.http + path + ROUTE, body) for _ in range(30)]
    refused = [answer for answer in answers if answer.status != 200]
    assert {answer.status for answer in answers} == {200, status}
    assert {answer.headers["Retry-After"] for answer in refused} == {wait}
    assert {answer.headers["Content-Type"] for answer in refused} == {kind}


@pytest.mark.parametrize(("path", "loss"), [("/dropped", "closed"), ("/truncated", "truncated")])
def test_an_answer_is_lost(nginx, body, path, loss):
    assert outcome(nginx.http + path + ROUTE, body) == loss


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reset", 502),
        ("/down", 502),
        ("/slow", 504),
        ("/forbidden", 403),
        ("/token", 401),
        ("/password", 401),
    ],
)
def test_an_error_comes_as_html(nginx, body, path, status):
    answer = ask(nginx.http + path + ROUTE, body)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html")


def test_one_request_in_five_is_lost(nginx, served, body):
    answers = [outcome(nginx.http + "/unsteady" + ROUTE, body) for _ in range(500)]
    outcomes = Counter(answer if isinstance(answer, str) else answer.status for answer in answers)
    assert set(outcomes) == {200, 429, 502, 503, "closed", "truncated"}
    assert 335 <= outcomes[200] <= 465  # 400 are expected, with a standard deviation of 9


def test_a_large_batch_is_refused(nginx, served):
    assert ask(nginx.http + "/small" + ROUTE, tensor(served.X[:300])).status == 413
    assert ask(nginx.http + "/small" + ROUTE, tensor(served.X[:10])).status == 200


def test_a_redirect_names_another_host(nginx, body):
    answer = ask(nginx.http + "/elsewhere" + ROUTE, body)
    assert answer.status == 307
    assert answer.headers["Location"].startswith("http://localhost:")


def test_password_and_token_open(nginx, body):
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for path, secret in (("/password", f"Basic {basic}"), ("/token", f"Bearer {TOKEN}")):
        assert ask(nginx.http + path + ROUTE, body, headers={"Authorization": secret}).status == 200


def test_tls_wants_the_authority(nginx, served, body):
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(nginx.https + ROUTE, body)
    trusting = ssl.create_default_context(cafile=nginx.certificates.authority)
    answer = ask(nginx.https + ROUTE, body, tls=trusting)
    np.testing.assert_allclose(probabilities(answer), served.probabilities[:4])


def test_mutual_tls_wants_a_certificate_of_the_client(nginx, body):
    trusting = ssl.create_default_context(cafile=nginx.certificates.authority)
    assert ask(nginx.mutual + ROUTE, body, tls=trusting).status == 400
    trusting.load_cert_chain(nginx.certificates.client, nginx.certificates.client_key)
    assert ask(nginx.mutual + ROUTE, body, tls=trusting).status == 200


def test_http_2_is_offered(nginx):
    trusting = ssl.create_default_context(cafile=nginx.certificates.authority)
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    port = int(nginx.https.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"


def test_nginx_counts_requests(nginx, body):
    before = len(nginx.requests())
    for _ in range(3):
        ask(nginx.http + "/forbidden/counted", body)
    entries = nginx.requests(before + 3)[before:]
    counted = [entry["status"] for entry in entries if entry["path"] == "/forbidden/counted"]
    assert counted == [403, 403, 403]
