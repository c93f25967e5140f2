"""A model behind a service answers as it does in this process, and no record is sent twice."""

from __future__ import annotations

import json
import threading
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import mlleaks
from mlleaks.defenses import LabelOnly, Rounded, TopK
from mlleaks.errors import ModelError
from mlleaks.outputs.occasion import asking_again
from mlleaks.serving import running
from mlleaks.targets.http import Connection, connect
from tests.targets.http.faults import faulty
from tests.targets.http.scripted import Answer, scripted

pytest.importorskip("httpx", reason="the extra services is not installed")


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X, y, LogisticRegression(max_iter=100).fit(X[:500] / 16, y[:500])


@pytest.fixture
def linked(tmp_path):
    """Connect to a service with a store of this test's own."""
    models = []

    def call(url, X, **more):
        more = {"connection": Connection(timeout=10), "cache": tmp_path / "store"} | more
        models.append(connect(url, X, **more))
        return models[-1]

    yield call
    for model in models:
        model.close()


def address(url, name="model"):
    return f"{url}/v2/models/{name}"


def test_the_answers_are_those_of_the_model(digits, linked):
    X, _y, model = digits
    with running(model) as url:
        behind = linked(address(url), X, classes=range(10), batch=64)
        answers = behind.predict_proba(X / 16)
    np.testing.assert_allclose(answers, model.predict_proba(X / 16), atol=1e-12)  # batches round otherwise
    assert behind.classes_.tolist() == list(range(10))
    assert behind.form.kind == "posteriors"


def test_a_table_of_numbers_and_text(linked):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"age": rng.integers(18, 90, 120), "work": rng.choice(["a", "b", "c"], 120)})
    labels = np.where(rng.random(120) < 0.5, "no", "yes")
    columns = make_column_transformer((OneHotEncoder(), ["work"]), remainder="passthrough")
    model = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(table, labels)
    with running(model) as url:
        behind = linked(address(url), table, classes=["no", "yes"])
        answers = behind.predict_proba(table)
    np.testing.assert_allclose(answers, model.predict_proba(table), atol=1e-12)
    assert behind.classes_.tolist() == ["no", "yes"]


def test_no_record_is_sent_twice(digits, linked):
    X, _y, model = digits
    with running(model) as url:
        first = linked(address(url), X)
        answers = first.predict_proba(np.concatenate([X[:100], X[:100]]))
        assert first.usage_counts()["sent"] == 102  # and two to learn the protocol
        again = linked(address(url), X)
        np.testing.assert_array_equal(again.predict_proba(X[:100]), answers[:100])
        assert again.usage_counts()["sent"] == 2 + 25  # to see that it is the same model
        with asking_again(1):
            again.predict_proba(X[:100])
        assert again.usage_counts()["sent"] == 127
        with asking_again(1):
            again.predict_proba(X[:100])
        assert again.usage_counts()["sent"] == 127
        assert again.usage_counts()["cached"] >= 200


def test_another_version_has_answers_of_its_own(digits, linked):
    X, _y, model = digits
    with running(model, version="1") as url:
        linked(address(url), X).predict_proba(X[:100])
    with running(model, version="2") as url:
        other = linked(address(url), X)
        other.predict_proba(X[:100])
        assert other.usage_counts()["sent"] == 102


@pytest.mark.parametrize(
    ("masks", "alike"),
    [
        ([TopK(3)], [("top-k", 3)]),
        ([Rounded(2)], [("rounded", 2)]),
        ([LabelOnly()], [("label-only", None)]),
        ([], []),
    ],
)
def test_poor_answers_are_read_for_what_they_are(digits, linked, masks, alike):
    X, _y, model = digits
    with running(model, masks=masks) as url:
        behind = linked(address(url), X / 16, classes=range(10))
        answers = behind.predict_proba(X[:50] / 16)
    whole = model.predict_proba(X[:50] / 16)
    assert (answers.argmax(axis=1) == whole.argmax(axis=1)).all()
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert [(mask.kind, mask.value) for mask in behind.output_masks] == alike


def v2(model):
    """Answer as a service of the Open Inference Protocol does; its metadata are empty."""

    def answer(path, body):
        if not path.endswith("/infer"):
            return Answer({"name": "m", "platform": "", "versions": [], "inputs": [], "outputs": []})
        [tensor] = body["inputs"]
        p = model.predict_proba(np.reshape(tensor["data"], tensor["shape"]))
        output = {
            "name": "predict_proba",
            "shape": list(p.shape),
            "datatype": "FP64",
            "data": p.ravel().tolist(),
        }
        return Answer({"id": body["id"], "model_name": "m", "model_version": "1", "outputs": [output]})

    return answer


def test_requests_that_are_too_large_are_halved(digits, linked):
    X, _y, model = digits
    usual = v2(model)

    def small(path, body):
        if path.endswith("/infer") and body["inputs"][0]["shape"][0] > 20:
            return Answer(status=413)
        return usual(path, body)

    with scripted(small) as script:
        behind = linked(address(script.url, "m"), X, batch=100)
        np.testing.assert_allclose(behind.predict_proba(X[:300]), model.predict_proba(X[:300]))
        assert behind.service.batch <= 20
        sizes = [body["inputs"][0]["shape"][0] for path, body in script.requests if path.endswith("/infer")]
    assert sizes[-5:]
    assert max(sizes[-5:]) <= 20


def test_a_new_version_in_the_middle_stops_the_run(digits, linked):
    X, _y, model = digits
    usual, count = v2(model), [0]

    def changing(path, body):
        answer = usual(path, body)
        if path.endswith("/infer"):
            count[0] += 1
            answer.body["model_version"] = "1" if count[0] < 6 else "2"
        elif "versions" in answer.body:
            answer.body["versions"] = ["1"]
        return answer

    with scripted(changing) as script:
        behind = linked(address(script.url, "m"), X, batch=20)
        with pytest.raises(ModelError, match="an answer of version 2 of the model after version 1"):
            behind.predict_proba(X[:400])


def test_a_service_without_versions_is_known_by_its_answers(digits, linked):
    """Its stored answers count until another model answers at its address."""
    X, y, model = digits
    other = LogisticRegression(C=0.01, max_iter=100).fit(X[:500] / 16, y[:500])
    now = [v2(model)]

    def unversioned(path, body):
        answer = now[0](path, body)
        answer.body.pop("model_version", None)
        return answer

    with scripted(unversioned) as script:
        linked(address(script.url, "m"), X).predict_proba(X[:100])
        again = linked(address(script.url, "m"), X)
        again.predict_proba(X[:100])
        assert again.usage_counts()["sent"] == 2 + 25
        now[0] = v2(other)
        changed = linked(address(script.url, "m"), X)
        np.testing.assert_allclose(changed.predict_proba(X[:100]), other.predict_proba(X[:100]))
        assert changed.usage_counts()["sent"] == 100 + 2 + 25  # these twice: is it noise?


def test_no_more_requests_at_once_than_allowed(digits, linked):
    X, _y, model = digits
    usual, now, most, lock = v2(model), [0], [0], threading.Lock()

    def counted(path, body):
        return usual(path, body)

    with scripted(counted) as script:
        whole = script.reply

        def reply(path, raw, headers):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.01)
            try:
                return whole(path, raw, headers)
            finally:
                with lock:
                    now[0] -= 1

        script.reply = reply
        behind = linked(
            address(script.url, "m"), X, batch=10, connection=Connection(concurrency=3, timeout=10)
        )
        behind.predict_proba(X[:400])
    assert 2 <= most[0] <= 3


def test_a_service_that_fails_a_fifth_of_the_time_loses_nothing(digits, linked):
    X, _y, model = digits
    with running(model) as url, faulty(url, 0.2) as proxy:
        behind = linked(address(proxy.url), X, batch=25)
        behind.service.sender.sleep = lambda _: None
        np.testing.assert_allclose(behind.predict_proba(X), model.predict_proba(X), atol=1e-12)
    counts = behind.usage_counts()
    assert counts["sent"] == len(X) + 2
    assert counts["retried"] > 5
    assert counts["failed"] == 0


def test_a_budget_is_kept_and_the_answers_until_then_too(digits, linked):
    X, _y, model = digits
    with running(model) as url:
        behind = linked(address(url), X, max_queries=120)
        behind.predict_proba(X[:100])
        with pytest.raises(ModelError, match=r"152 records to send; expected no more than 120"):
            behind.predict_proba(X[100:150])
        assert linked(address(url), X).predict_proba(X[:100]).shape == (100, 10)


def sides(X, y):
    return {"members": (X[:500] / 16, y[:500]), "nonmembers": (X[500:1000] / 16, y[500:1000])}


def test_an_audit_of_a_service_is_the_audit_of_its_model(digits, linked):
    X, y, model = digits
    here = mlleaks.audit(model, **sides(X, y), shadows=0)
    with running(model) as url:
        behind = linked(address(url), X / 16, classes=range(10), price=0.001)
        there = mlleaks.audit(behind, **sides(X, y), shadows=0)
    for verdict in here.result.verdicts:
        assert there.verdict(verdict.attack).estimates == verdict.estimates
    service = there.result.provenance["queries"]["service"]
    assert service["sent"] == there.result.provenance["queries"]["total"] + 2  # to learn the protocol
    assert service["cost"] == pytest.approx(0.001 * service["sent"])
    page = there.to_html()
    assert "The service answered" in page
    assert "At the stated price" in page


def test_what_a_service_hides_is_hidden_from_the_attack_on_its_shadow_too(digits, linked):
    """An attack learned from all posteriors of a shadow misjudges answers that show three."""
    X, y, model = digits
    shadow = (X[1000:] / 16, y[1000:])
    masked = mlleaks.defenses.mask_model(model, TopK(2))
    with running(model, masks=[TopK(2)]) as url:
        behind = linked(address(url), X / 16, classes=range(10))
        report = mlleaks.audit(behind, **sides(X, y), shadow=shadow, trainer=LogisticRegression(max_iter=100))
    trainer = mlleaks.defenses.mask_trainer(LogisticRegression(max_iter=100), TopK(2))
    here = mlleaks.audit(masked, **sides(X, y), shadow=shadow, trainer=trainer)
    there = report.verdict("adversary-1").estimates["auc"]
    assert there.value == pytest.approx(
        here.verdict("adversary-1").estimates["auc"].value, abs=1e-4
    )  # batches round otherwise


@pytest.mark.slow
def test_a_service_that_answers_the_class_alone_meets_label_only_attacks(digits, linked):
    X, y, model = digits
    with running(model, masks=[LabelOnly()]) as url:
        behind = linked(address(url), X / 16, classes=range(10))
        some = {side: (A[:40], b[:40]) for side, (A, b) in sides(X, y).items()}
        report = mlleaks.audit(behind, **some, shadows=0)
    names = {verdict.attack for verdict in report.result.verdicts}
    assert {"gap", "label-noise"} <= names


def test_a_model_that_is_replaced_during_the_audit_is_noticed(digits, linked):
    X, y, model = digits
    other = LogisticRegression(C=0.01, max_iter=100).fit(X[:500] / 16, y[:500])
    first, second, count = v2(model), v2(other), [0]

    def replaced(path, body):
        if path.endswith("/infer"):
            count[0] += body["inputs"][0]["shape"][0]
        return (first if count[0] < 2700 else second)(path, body)

    with scripted(replaced) as script:
        behind = linked(address(script.url, "m"), X / 16, classes=range(10))
        report = mlleaks.audit(behind, **sides(X, y), shadows=0)
    assert [note for note in report.result.notes if "At the end of the audit the model answered" in note]


def test_noise_behind_a_service_is_noticed_though_answers_are_stored(digits, linked):
    X, y, model = digits
    rng = np.random.default_rng(0)

    class Noisy:
        classes_ = model.classes_

        def predict_proba(self, X):
            p = model.predict_proba(X) * np.exp(rng.normal(0, 0.3, (len(X), 10)))
            return p / p.sum(axis=1, keepdims=True)

    with running(Noisy()) as url:
        behind = linked(address(url), X / 16, classes=range(10))
        report = mlleaks.audit(behind, **sides(X, y), shadows=0)
    assert [note for note in report.result.notes if "the model answers the same record differently" in note]


def test_no_record_and_no_secret_is_in_any_file(digits, linked, tmp_path, monkeypatch):
    X, y, model = digits
    monkeypatch.setenv("SERVICE_KEY", "very-secret-key")
    with running(model, api_key="very-secret-key") as url:
        behind = linked(
            address(url), X / 16, classes=range(10), connection=Connection(auth="bearer:SERVICE_KEY")
        )
        report = mlleaks.audit(behind, **sides(X, y), shadows=0)
        report.save(tmp_path / "run")
    record = json.dumps((X[0] / 16).tolist())[1:60].encode()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) > 3
    for file in files:
        content = file.read_bytes()
        assert b"very-secret-key" not in content
        assert record not in content


def test_wrong_credentials_are_an_error_at_once(digits, linked, monkeypatch):
    X, _y, model = digits
    monkeypatch.setenv("SERVICE_KEY", "wrong-key")
    wrong = Connection(auth="bearer:SERVICE_KEY")
    with (
        running(model, api_key="right-key") as url,
        pytest.raises(ModelError, match="no or wrong credentials") as caught,
    ):
        linked(address(url), X, connection=wrong)
    assert "wrong-key" not in str(caught.value)


def test_a_model_that_is_replaced_under_its_version_is_noticed(digits, linked):
    """Its stored answers would be another model's."""
    X, y, model = digits
    other = LogisticRegression(C=0.01, max_iter=100).fit(X[:500] / 16, y[:500])
    now = [v2(model)]

    def answer(path, body):
        return now[0](path, body)

    with scripted(answer) as script:
        linked(address(script.url, "m"), X).predict_proba(X[:100])
        now[0] = v2(other)
        again = linked(address(script.url, "m"), X)
        np.testing.assert_allclose(again.predict_proba(X[:100]), other.predict_proba(X[:100]))


def test_an_answer_that_does_not_fit_is_not_stored(digits, linked, tmp_path):
    X, _y, model = digits
    usual, bad = v2(model), [False]

    def answer(path, body):
        good = usual(path, body)
        if bad[0] and path.endswith("/infer"):
            [output] = good.body["outputs"]
            n = output["shape"][0]
            output |= {"datatype": "BYTES", "shape": [n, 1], "data": ["cannot score record [72.25]"] * n}
        return good

    with scripted(answer) as script:
        behind = linked(address(script.url, "m"), X)
        bad[0] = True
        with pytest.raises(ModelError):
            behind.predict_proba(X[100:200])
        bad[0] = False
        np.testing.assert_allclose(behind.predict_proba(X[100:200]), model.predict_proba(X[100:200]))
    assert not any(b"72.25" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_secrets_in_an_address_are_refused_and_not_shown(digits, linked):
    with pytest.raises(mlleaks.InputError, match="a user and a password in the address") as caught:
        linked("http://user:pw5ecret@127.0.0.1:1/score", digits[0])
    assert "pw5ecret" not in str(caught.value)
