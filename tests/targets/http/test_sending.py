"""Requests to services that stumble, refuse, or are something else."""

from __future__ import annotations

import gzip
import random
import threading
import time
from types import SimpleNamespace

import pytest

from mlleaks.errors import InputError, ModelError
from mlleaks.targets.http import responses
from mlleaks.targets.http.connection import Connection
from mlleaks.targets.http.pacing import Pace
from mlleaks.targets.http.refusals import TooLarge
from mlleaks.targets.http.sending import Sender
from mlleaks.targets.http.usage import Usage
from tests.targets.http.scripted import Answer, in_turn, scripted

pytest.importorskip("httpx", reason="the extra services is not installed")
GOOD = Answer({"predictions": [[0.25, 0.75]]})


def request_to(url):
    return SimpleNamespace(url=url, body=b'{"instances": [["secret record"]]}', headers={})


def send(script, *, path="/predict", records=1, **more):
    """Send one request; delays are not waited, but noted."""
    usage, waited = Usage(), []
    with Connection(timeout=0.5).open() as client:
        sender = Sender(client, usage, sleep=waited.append, rng=random.Random(0), **more)
        body, _ = sender.send(request_to(script.url + path), records)
    return body, usage.facts(), waited


@pytest.mark.parametrize(
    "stumble",
    [
        Answer(status=429, headers={"retry-after": "0"}),
        Answer(status=503),
        Answer(status=500),
        Answer(status=502),
        Answer(breaks="reset"),
        Answer({"predictions": [[0.25, 0.75]]}, breaks="truncated"),
        Answer({"predictions": [[0.25, 0.75]]}, breaks="slow"),
    ],
    ids=lambda a: a.breaks or str(a.status),
)
def test_a_service_that_stumbles_twice_is_asked_again(stumble):
    with scripted(in_turn(stumble, stumble, GOOD)) as script:
        body, usage, waited = send(script)
    assert body == {"predictions": [[0.25, 0.75]]}
    assert (usage["requests"], usage["retried"], usage["failed"]) == (3, 2, 0)
    assert len(waited) == 2
    assert 0.125 <= waited[0] <= 0.25 <= waited[1] <= 0.5


def test_a_service_that_never_answers_is_given_up_without_its_words():
    with (
        scripted(in_turn(Answer({"detail": "secret record"}, status=503))) as script,
        pytest.raises(ModelError, match="status 503, 8 times in a row, from http://127") as caught,
    ):
        send(script)
    assert "secret" not in str(caught.value)
    assert len(script.requests) == 8


def test_a_requested_wait_holds_all_records_back():
    pace = Pace(now=lambda: 0.0)
    with scripted(in_turn(Answer(status=429, headers={"retry-after": "7"}), GOOD)) as script:
        _, _, waited = send(script, pace=pace)
    assert pace.free_at == 7.0
    assert waited[1:] == [7.0]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (401, "no or wrong credentials"),
        (403, "no permission"),
        (404, "nothing at this address"),
        (422, "a refusal"),
    ],
)
def test_a_refusal_is_an_error_at_once_without_its_words(code, message):
    with (
        scripted(in_turn(Answer({"detail": "secret record"}, status=code))) as script,
        pytest.raises(ModelError, match=message) as caught,
    ):
        send(script, path="/predict?key=secret-key")
    assert len(script.requests) == 1
    assert "secret" not in str(caught.value)


def test_a_redirect_is_not_followed():
    elsewhere = Answer(status=307, headers={"location": "http://elsewhere.example/steal"})
    with (
        scripted(in_turn(elsewhere)) as script,
        pytest.raises(ModelError, match="a redirect to elsewhere.example"),
    ):
        send(script)


def test_a_page_for_people_is_no_answer():
    page = Answer(b"<html>Sign in</html>", headers={"content-type": "text/html"})
    with (
        scripted(in_turn(page)) as script,
        pytest.raises(ModelError, match=r"an answer that is no JSON \(text/html\)"),
    ):
        send(script)


def test_nan_in_an_answer_is_refused():
    with (
        scripted(in_turn(Answer(b'{"predictions": [[NaN, 1.0]]}'))) as script,
        pytest.raises(ModelError, match="NaN in an answer"),
    ):
        send(script)


def test_a_huge_answer_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(responses.read_body, "__kwdefaults__", {"largest": 1000})
    with (
        scripted(in_turn(Answer([0.5] * 10_000))) as script,
        pytest.raises(ModelError, match="more than 1,000 bytes"),
    ):
        send(script)


def test_a_request_that_is_too_large_is_for_the_caller_to_cut():
    with scripted(in_turn(Answer(status=413))) as script, pytest.raises(TooLarge):
        send(script)


def test_wrong_addresses_are_named():
    usage = Usage()
    with Connection(timeout=2).open() as client:
        sender = Sender(client, usage, sleep=lambda _: None, attempts=2)
        with pytest.raises(ModelError, match=r"the address localhost.*http:// or https://"):
            sender.send(request_to("localhost:80/x"), 1)
        with pytest.raises(ModelError, match="no connection, 8 times in a row"):
            sender.send(request_to("http://127.0.0.1:1/x"), 1)
        with pytest.raises(ModelError, match=r"no such host: no-such-host\.invalid|no connection"):
            sender.send(request_to("http://no-such-host.invalid/x"), 1)


def test_a_question_that_nobody_answers_is_none():
    with (
        scripted(lambda path, body: GOOD if path == "/there" else Answer(status=404)) as script,
        Connection(timeout=2).open() as client,
    ):
        sender = Sender(client, Usage(), sleep=lambda _: None)
        assert sender.get(script.url + "/there") == GOOD.body
        assert sender.get(script.url + "/not-there") is None


def test_credentials_are_sent_and_never_shown(monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    monkeypatch.setenv("KEY", "k3y")
    with (
        scripted(in_turn(GOOD)) as script,
        Connection(auth="bearer:TOKEN", headers={"X-Key": "env:KEY"}).open() as client,
    ):
        Sender(client, Usage()).send(request_to(script.url + "/"), 1)
    assert script.headers[0]["authorization"] == "Bearer s3cret"
    assert script.headers[0]["x-key"] == "k3y"


def test_records_are_sent_no_faster_than_allowed():
    started = time.monotonic()
    with scripted(in_turn(GOOD)) as script, Connection().open() as client:
        sender = Sender(client, Usage(), Pace(100.0))
        for _ in range(3):
            sender.send(request_to(script.url + "/"), 10)
    assert time.monotonic() - started >= 0.2


def test_records_that_may_have_been_charged_count_against_the_budget():
    charged = []
    lost, busy = Answer([0.5] * 9, breaks="truncated"), Answer(status=429, headers={"retry-after": "0"})
    with scripted(in_turn(busy, lost, busy, lost, GOOD)) as script:
        _, usage, _ = send(script, records=7, billed=charged.append)
    assert charged == [7, 7]
    assert usage["sent again"] == 14


def test_a_trickle_ends_in_time():
    with scripted(in_turn(Answer([0.5] * 1000))) as script, Connection(timeout=5).open() as client:
        sender = Sender(client, Usage(), sleep=lambda _: None, attempts=1, timeout=0.0)
        with pytest.raises(ModelError, match="an answer that was not complete in time"):
            sender.send(request_to(script.url + "/"), 1)


def test_compressed_answers_are_refused():
    bomb = Answer(gzip.compress(b"[" + b"0," * 10**6 + b"0]"), headers={"content-encoding": "gzip"})
    with scripted(in_turn(bomb)) as script, pytest.raises(ModelError, match="a compressed answer"):
        send(script)


def test_a_stop_ends_all_waiting():
    busy = Answer(status=429, headers={"retry-after": "60"})
    with scripted(in_turn(busy)) as script, Connection(timeout=5).open() as client:
        sender = Sender(client, Usage())
        threading.Timer(0.3, sender.stopping.set).start()
        started = time.monotonic()
        with pytest.raises(ModelError, match="a stop"):
            sender.send(request_to(script.url + "/"), 1)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("secret", ["line\nbreak", "schl\u00fcssel"])
def test_secrets_that_http_cannot_carry_are_named_not_shown(monkeypatch, secret):
    monkeypatch.setenv("TOKEN", secret)
    forbidden = pytest.raises((InputError, ModelError), match="HTTP does not allow")
    with scripted(in_turn(GOOD)) as script, forbidden as caught:
        send_with_token(script)
    assert secret not in str(caught.value)


def send_with_token(script):
    with Connection(auth="bearer:TOKEN").open() as client:
        Sender(client, Usage()).send(request_to(script.url + "/"), 1)
