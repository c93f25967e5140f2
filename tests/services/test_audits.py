"""Audits through real services: the verdict of the model itself, through every one of them."""

from __future__ import annotations

import numpy as np
import pytest

import mlleaks
from mlleaks.errors import ModelError
from mlleaks.targets.http import Connection, connect
from tests.services.nginx import PASSWORD, TOKEN, USER

pytest.importorskip("httpx", reason="the extra services is not installed")
ROUTE = "/v2/models/linear/infer"
PROBABILITIES = ("mlserver", "mlflow-probabilities", "bentoml", "kserve-v1", "kserve-v2", "ray-serve")
LOGITS = ("mlserver-network", "mlflow-network")


@pytest.fixture
def linked(tmp_path, served):
    """Connect to a service with a store of this test's own."""
    models = []

    def call(url, **more):
        more = {"cache": tmp_path, "classes": range(served.probabilities.shape[1])} | more
        models.append(connect(url, served.X, **more))
        return models[-1]

    yield call
    for model in models:
        model.close()


def audited(model, served):
    member = served.member
    sides = {"members": member, "nonmembers": ~member}
    return mlleaks.audit(
        model, **{name: (served.X[rows], served.y[rows]) for name, rows in sides.items()}, shadows=0
    ).result


@pytest.fixture(scope="module")
def here(served):
    """The audit of the model in this process."""
    return audited(served.linear, served)


def assert_same(there, here):
    """The same figures: scores differ by less than what could change the order of two records."""
    for verdict in here.verdicts:
        other = {v.attack: v for v in there.verdicts}[verdict.attack].estimates
        for name, estimate in verdict.estimates.items():
            assert other[name].value == pytest.approx(estimate.value, abs=1e-9, nan_ok=True), (
                verdict.attack,
                name,
            )


@pytest.mark.parametrize("name", PROBABILITIES)
def test_a_service_gives_the_verdict_of_its_model(service, linked, served, here, name):
    model = linked(service(name).endpoint)
    np.testing.assert_allclose(model.predict_proba(served.X), served.probabilities, atol=1e-12)
    assert_same(audited(model, served), here)


@pytest.mark.parametrize("name", LOGITS)
def test_logits_become_posteriors(service, linked, served, name):
    model = linked(service(name).endpoint)
    assert model.form.kind == "logits"
    np.testing.assert_allclose(model.predict_proba(served.X), served.network_probabilities, atol=1e-5)


def test_a_service_that_answers_the_class_is_audited_by_it(service, linked, served):
    model = linked(service("mlflow").endpoint)
    assert model.form.kind == "label"
    answers = model.predict_proba(served.X)
    assert (answers.argmax(axis=1) == served.probabilities.argmax(axis=1)).all()


@pytest.mark.parametrize("path", ["/unsteady", "/limited"])
def test_an_unsteady_way_changes_nothing(nginx, linked, served, here, path):
    model = linked(nginx.http + path + ROUTE, batch=50)
    assert_same(audited(model, served), here)
    assert model.usage_counts()["retried"] > 0
    assert model.usage_counts()["failed"] == 0


def test_requests_that_nginx_finds_too_large_are_halved(nginx, linked, served, here):
    model = linked(nginx.http + "/small" + ROUTE, batch=100)
    assert_same(audited(model, served), here)
    assert model.service.batch < 50


def test_an_authority_of_ones_own(nginx, linked, served):
    url = nginx.https + ROUTE
    with pytest.raises(ModelError, match="no trusted connection to https://"):
        linked(url)
    trusting = Connection(ca=nginx.certificates.authority)
    assert linked(url, connection=trusting).predict_proba(served.X[:5]).shape == (5, 30)
    assert any("HTTP/2" in str(request) for request in nginx.requests(1))


def test_a_certificate_of_ones_own(nginx, linked, served, tmp_path):
    both = tmp_path / "client.pem"
    certificates = nginx.certificates
    both.write_bytes(certificates.client.read_bytes() + certificates.client_key.read_bytes())
    url = nginx.mutual + ROUTE
    own = Connection(ca=certificates.authority, certificate=both)
    assert linked(url, connection=own).predict_proba(served.X[:5]).shape == (5, 30)
    with pytest.raises(ModelError, match="no answer to any request|a refusal"):
        linked(url, connection=Connection(ca=certificates.authority))


def test_passwords_and_tokens(nginx, linked, served, monkeypatch):
    monkeypatch.setenv("NAME", USER)
    monkeypatch.setenv("WORD", PASSWORD)
    monkeypatch.setenv("TOKEN", TOKEN)
    for path, auth in (("/password", "basic:NAME:WORD"), ("/token", "bearer:TOKEN")):
        url = nginx.http + path + ROUTE
        assert linked(url, connection=Connection(auth=auth)).predict_proba(served.X[:5]).shape == (5, 30)
        with pytest.raises(ModelError, match="no or wrong credentials"):
            linked(url)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/forbidden", "no permission"),
        ("/elsewhere", "a redirect to localhost"),
        ("/dropped", "a broken connection"),
        ("/down", "the status 502"),
    ],
)
def test_a_way_that_is_closed_is_named(nginx, linked, path, message):
    with pytest.raises(ModelError, match=message):
        linked(nginx.http + path + ROUTE, protocol="open-inference", connection=Connection(timeout=5))
