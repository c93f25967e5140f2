"""The protocol without the network."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from mlleaks.defenses import LabelOnly, Rounded, Temperature, TopK, mask_model
from mlleaks.errors import InputError, ModelError
from mlleaks.serving.inference import InferenceService, parse_request

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
NAMES = np.array(["ant", "bee", "cat"])
Y = NAMES[np.arange(60) % 3]
MODEL = LogisticRegression().fit(X, Y)


def request(X, **more):
    tensor = {"name": "x", "datatype": "FP64", "shape": list(X.shape), "data": X.ravel().tolist()}
    return json.dumps({"inputs": [tensor], **more}).encode()


def answer(service, body):
    document = json.loads(service.infer(body))
    outputs = {o["name"]: np.array(o["data"]).reshape(o["shape"]) for o in document.pop("outputs")}
    return outputs, document


def test_answers_are_those_of_the_model_to_the_last_bit():
    outputs, rest = answer(InferenceService(MODEL, "m", version="3"), request(X, id="a-1"))
    np.testing.assert_array_equal(outputs["predict_proba"], MODEL.predict_proba(X))
    assert list(outputs) == ["predict_proba"]
    assert rest == {"model_name": "m", "model_version": "3", "id": "a-1"}


def test_labels_come_where_they_are_asked_for():
    both = [{"name": "predict"}, {"name": "predict_proba"}]
    outputs, rest = answer(InferenceService(MODEL, "m"), request(X, outputs=both))
    assert list(outputs) == ["predict", "predict_proba"]
    assert outputs["predict"].tolist() == MODEL.predict(X).tolist()
    assert "id" not in rest


@pytest.mark.parametrize(
    "masks",
    [
        [TopK(1)],
        [Rounded(2)],
        [LabelOnly()],
        [Temperature(3.0)],
        [TopK(1), Rounded(1)],
        [Rounded(1), TopK(1)],
    ],
)
def test_masks_change_answers_as_defenses_do_and_in_their_order(masks):
    defended = MODEL
    for mask in masks:
        defended = mask_model(defended, mask)
    outputs, _ = answer(InferenceService(MODEL, "m", masks=masks), request(X))
    np.testing.assert_array_equal(outputs["predict_proba"], defended.predict_proba(X))
    assert not np.array_equal(outputs["predict_proba"], MODEL.predict_proba(X))


def test_the_order_of_masks_matters():
    answers = [
        answer(InferenceService(MODEL, "m", masks=masks), request(X))[0]["predict_proba"]
        for masks in ([Temperature(9.0), Rounded(1)], [Rounded(1), Temperature(9.0)])
    ]
    assert np.abs(answers[0] * 10 - np.round(answers[0] * 10)).max() < 1e-9
    assert np.abs(answers[1] * 10 - np.round(answers[1] * 10)).max() > 0.1


class InFloat32:
    """Answers as networks do."""

    def predict_proba(self, X):
        return MODEL.predict_proba(X).astype(np.float32)


def test_rounded_answers_of_float32_have_few_digits_in_json():
    body = InferenceService(InFloat32(), "m", masks=[Rounded(1)]).infer(request(X))
    [output] = json.loads(body)["outputs"]
    assert {len(str(p)) for p in output["data"]} == {3}  # 0.3, not 0.30000001192092896


def test_a_model_that_answers_only_classes():
    model = LinearSVC().fit(X, Y)
    outputs, _ = answer(InferenceService(model, "m"), request(X, outputs=[{"name": "predict"}]))
    assert outputs["predict"].tolist() == model.predict(X).tolist()


def test_metadata():
    assert InferenceService(MODEL, "m", version="2").metadata() == {
        "name": "m",
        "versions": ["2"],
        "platform": "mlleaks",
        "inputs": [{"name": "input", "datatype": "FP64", "shape": [-1, 4]}],
        "outputs": [
            {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 3]},
            {"name": "predict", "datatype": "BYTES", "shape": [-1]},
        ],
        "parameters": {"classes": ["ant", "bee", "cat"]},
    }
    silent = InferenceService(InFloat32(), "m").metadata()
    assert (silent["inputs"], silent["parameters"]) == ([], {})


def test_records_are_counted():
    service = InferenceService(MODEL, "m")
    for n in (5, 7):
        service.infer(request(X[:n]))
    with pytest.raises(InputError, match="records of shape"):
        service.infer(request(X[:, :2]))
    [counts] = service.statistics()["model_stats"]
    assert (counts["inference_count"], counts["execution_count"]) == (12, 2)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"<html></html>", "no JSON"),
        (b'{"inputs": [NaN]}', "without NaN and Infinity"),
        (b"[" * 100_000, "no JSON"),
        (b'{"inputs": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"[]", "without inputs"),
        (b"{}", "without inputs"),
        (b'{"inputs": []}', "without inputs"),
        (b'{"inputs": {}}', "without inputs"),
        (b'{"inputs": [1]}', "no JSON object"),
        (request(X, id=7), "an id that is no text"),
        (request(X, parameters={"content_type": "hugging"}), "another content_type in the request"),
        (request(X, parameters="np"), "no JSON object"),
        (request(X, outputs=[{"name": "shap"}]), "expected outputs named predict_proba or predict"),
        (request(X, outputs=["predict"]), "expected outputs named"),
        (request(X, outputs={"name": "predict"}), "expected outputs named"),
        (request(X, outputs=[{"name": ["predict"]}]), "expected outputs named"),
    ],
)
def test_wrong_requests_are_refused(body, message):
    with pytest.raises(InputError, match=message):
        InferenceService(MODEL, "m").infer(body)


def test_no_outputs_mean_posteriors():
    assert parse_request(request(X, outputs=[])).outputs == ("predict_proba",)
    assert parse_request(request(X, parameters={"content_type": "pd"})).table


class Raising:
    """Echoes the record in its error."""

    def __init__(self, error=ValueError):
        self.error = error

    def predict_proba(self, X):
        raise self.error(f"cannot handle {X.tolist()}")


@pytest.mark.parametrize("error", [ValueError, SystemExit, InputError])
def test_an_error_of_the_model_names_its_type_and_no_value(error):
    def make(text):
        return InputError(text, expected=text, fix=text) if error is InputError else error(text)

    with pytest.raises(
        ModelError, match=f"got {error.__name__} from the model on ndarray of shape"
    ) as raised:
        InferenceService(Raising(make), "m").infer(request(np.array([[4242.5]])))
    assert "4242" not in str(raised.value)


@pytest.mark.parametrize("answers", [[[0.5, 0.6]], [[np.nan, 1.0]], [0.5], [[0.5, 0.5]] * 2])
def test_answers_that_are_no_posteriors_are_an_error_of_the_model(answers):
    class Wrong:
        def predict_proba(self, X):
            return np.array(answers)

    with pytest.raises(ModelError, match="from the model on ndarray of shape"):
        InferenceService(Wrong(), "m").infer(request(np.zeros((1, 2))))


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit])
def test_a_mask_that_raises_is_an_error_too(error):
    def mask(posteriors):
        raise error

    with pytest.raises(ModelError, match=f"got {error.__name__} from the model"):
        InferenceService(MODEL, "m", masks=[mask]).infer(request(X))


def test_names_of_another_number_of_classes():
    class Odd(InFloat32):
        classes_ = ("a", "b")

    with pytest.raises(ModelError, match="3 columns from a model that names 2 classes"):
        InferenceService(Odd(), "m").infer(request(X, outputs=[{"name": "predict"}]))


@pytest.mark.parametrize("name", ["", "a/b", "a b", "ü", "..", "x" * 101])
def test_a_name_that_fits_no_url(name):
    with pytest.raises(InputError, match="the name .* of a model; expected 1 to 100 letters"):
        InferenceService(MODEL, name)
    with pytest.raises(InputError, match="the version .* of a model"):
        InferenceService(MODEL, "m", version=name)


def test_what_is_no_model():
    with pytest.raises(ModelError, match="got int as the model"):
        InferenceService(3, "m")
