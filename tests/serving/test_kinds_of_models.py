"""Every kind of model that the command line opens can be served."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import mlleaks
from mlleaks.defenses import stacking
from mlleaks.errors import InputError
from mlleaks.serving.inference import InferenceService
from mlleaks.targets import load_target
from mlleaks.types import Dataset

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
Y = np.arange(90) % 3


def answers(model, X, outputs=("predict_proba",)):
    tensor = {"name": "x", "datatype": "FP64", "shape": list(X.shape), "data": X.ravel().tolist()}
    body = json.dumps({"inputs": [tensor], "outputs": [{"name": name} for name in outputs]})
    document = json.loads(InferenceService(model, "m").infer(body.encode()))
    return [np.reshape(output["data"], output["shape"]) for output in document["outputs"]]


@pytest.mark.parametrize("zipmap", [True, False])
def test_onnx(tmp_path, zipmap):
    from skl2onnx import to_onnx

    names = np.array(["ant", "bee", "cat"])[Y]
    graph = to_onnx(LogisticRegression().fit(X, names), X[:1].astype(np.float32), options={"zipmap": zipmap})
    (tmp_path / "m.onnx").write_bytes(graph.SerializeToString())
    model = load_target(str(tmp_path / "m.onnx"))
    assert InferenceService(model, "m").metadata()["inputs"][0]["shape"] == [-1, 4]
    posteriors, labels = answers(model, X, ["predict_proba", "predict"])
    np.testing.assert_array_equal(posteriors, model.predict_proba(X).astype(float))
    assert set(labels) == ({"ant", "bee", "cat"} if zipmap else {0, 1, 2})  # only a ZipMap tells names
    with pytest.raises(InputError, match=r"got records of shape \[3\]; expected records of shape \[4\]"):
        answers(model, X[:, :3])


@pytest.mark.slow
def test_a_network_and_a_defended_model_from_files(tmp_path):
    data = Dataset("made", X, Y, 3)
    network = mlleaks.MLPTrainer(epochs=2)
    for i, trainer in enumerate((network, stacking(network))):
        mlleaks.save_model(trainer(data, RNG), tmp_path / f"{i}.mlleaks")
        model = load_target(str(tmp_path / f"{i}.mlleaks"))
        np.testing.assert_allclose(answers(model, X)[0], model.predict_proba(X), rtol=1e-6)
