"""A trained model is saved and loaded with the same answers, and a file cannot run code."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from safetensors.numpy import load
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from skops import io as skops_io
from torch import nn

import mlleaks
from mlleaks.defenses import REGISTRY, StackedDefense, distillation, dropout, stacking
from mlleaks.models import CNNTrainer, ModuleTrainer, SklearnTrainer, of_rows
from mlleaks.models.skops_types import trusted_types
from mlleaks.targets import load_target
from mlleaks.types import Dataset
from tests.synthetic import images

BASE = mlleaks.MLPTrainer(epochs=3, hidden=8)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = np.arange(150) % 3
    return Dataset("blobs", rng.normal(size=(150, 5)) + y[:, None], y, 3)


def trained(trainer, data):
    return trainer(data, np.random.default_rng(0))


def again(model, tmp_path):
    path = mlleaks.save_model(model, tmp_path / "model.mlleaks")
    return mlleaks.load_model(path), path


PERCEPTRONS = [name for name in REGISTRY if name != "dense-dropout"]


@pytest.mark.parametrize(
    "name", ["none", *(pytest.param(d, marks=pytest.mark.slow) if d == "dp-sgd" else d for d in PERCEPTRONS)]
)
def test_every_defended_network_answers_the_same_after_loading(name, data, tmp_path):
    model = trained(BASE if name == "none" else REGISTRY[name].apply(BASE), data)
    loaded, path = again(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(data.X), model.predict_proba(data.X))
    assert loaded.predict_proba(data.X[:1]).shape == (1, 3)
    np.testing.assert_array_equal(load_target(str(path)).predict_proba(data.X), model.predict_proba(data.X))
    if name == "dp-sgd":
        assert (loaded.epsilon, loaded.delta) == (model.epsilon, model.delta)


def test_a_convolutional_network_with_dense_dropout_answers_the_same_after_loading(tmp_path):
    data = images()
    model = trained(REGISTRY["dense-dropout"].apply(CNNTrainer(epochs=2)), data)
    loaded, _ = again(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(data.X), model.predict_proba(data.X))


def of_an_earlier_version(path, *trainer, setting):
    """Take a setting out of a file, as if it was written before the trainer had it; return its value."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(parts["model.json"])
    fields = document["model"]["fields"]
    for name in trainer:
        fields = fields[name]["fields"]
    value = fields.pop(setting)
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in (parts | {"model.json": json.dumps(document).encode()}).items():
            archive.writestr(name, part)
    return value


def test_a_convolutional_network_of_an_earlier_version_had_plain_glorot_weights(tmp_path):
    _, path = again(trained(CNNTrainer(epochs=0), images(20)), tmp_path)
    assert of_an_earlier_version(path, "trainer", setting="gain") == CNNTrainer().gain
    assert mlleaks.load_model(path).trainer == CNNTrainer(epochs=0, gain=1.0)


def test_a_stack_of_an_earlier_version_had_disjoint_parts(data, tmp_path):
    """A distilled network names its teacher: here a stack of networks."""
    teacher = stacking(BASE, second=BASE, final=BASE, shares=(2, 1, 1))
    _, path = again(trained(distillation(BASE, teacher=teacher), data), tmp_path)
    assert of_an_earlier_version(path, "trainer", "teacher", setting="parts") == "disjoint"
    assert mlleaks.load_model(path).trainer.teacher == teacher


STORED = Path(__file__).parent / "data"


@pytest.mark.parametrize("path", sorted(STORED.rglob("*.mlleaks")), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_stored_file_still_opens(path):
    """Written by versions whose classes were in other modules (schema 1), or as they are today (schema 2)."""
    with np.load(STORED / "answers.npz") as stored:
        answers = mlleaks.load_model(path).predict_proba(stored["X"])
        np.testing.assert_allclose(answers, stored[path.stem], atol=1e-6)


def test_a_defended_network_of_schema_1_has_the_settings_that_it_was_trained_with():
    model = mlleaks.load_model(STORED / "schema1" / "dropout.mlleaks")
    assert model.trainer == dropout(mlleaks.MLPTrainer(epochs=1, hidden=4))


def test_the_weights_of_networks_are_a_safetensors_file(data, tmp_path):
    model = trained(stacking(BASE, second=dropout(BASE)), data)
    loaded, path = again(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(data.X), model.predict_proba(data.X))
    with zipfile.ZipFile(path) as archive:
        weights = load(archive.read("weights.safetensors"))
    assert {name.partition(".")[0] for name in weights} == {"0", "1"}  # one network beside the other
    np.testing.assert_array_equal(weights["0.0.weight"], model.first[0].net[0].weight.detach())


def test_a_forest_needs_no_safetensors_and_a_network_names_the_extra(data, tmp_path, monkeypatch):
    network = mlleaks.save_model(trained(BASE, data), tmp_path / "network.mlleaks")
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    again(trained(SklearnTrainer(RandomForestClassifier(2)), data), tmp_path)
    for use in (lambda: mlleaks.load_model(network), lambda: again(trained(BASE, data), tmp_path)):
        with pytest.raises(mlleaks.MissingExtra, match=r"dependency safetensors.*mlleaks\[torch\]"):
            use()


@pytest.mark.parametrize("name", ["stacking", "memguard", "label-only"])
def test_every_defended_forest_too(name, data, tmp_path):
    model = trained(REGISTRY[name].apply(SklearnTrainer(RandomForestClassifier(5))), data)
    loaded, _ = again(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(data.X), model.predict_proba(data.X))


def test_images_and_sparse_records(tmp_path):
    pictures = images(40)
    for trainer in (mlleaks.CNNTrainer(epochs=1), SklearnTrainer(of_rows(LogisticRegression()))):
        model = trained(trainer, pictures)
        loaded, _ = again(model, tmp_path)
        np.testing.assert_array_equal(loaded.predict_proba(pictures.X), model.predict_proba(pictures.X))
    for center in (True, False):
        sparse_records(center, tmp_path)


def sparse_records(center, tmp_path):
    rare = Dataset(
        "rare", sparse.random_array((60, 5000), density=0.01, rng=0, format="csr"), np.arange(60) % 2, 2
    )
    model = trained(mlleaks.MLPTrainer(epochs=1, center=center), rare)
    loaded, _ = again(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(rare.X), model.predict_proba(rare.X))


def test_the_scikit_learn_stack_is_audited_from_a_skops_file(data, tmp_path):
    model = StackedDefense([("line", LogisticRegression())], random_state=0).fit(data.X, data.y)
    skops_io.dump(model, tmp_path / "model.skops")
    loaded = load_target(str(tmp_path / "model.skops"))
    np.testing.assert_array_equal(loaded.predict_proba(data.X), model.predict_proba(data.X))


def build(shape, n_classes):
    return nn.Linear(shape[0], n_classes)


def test_code_is_not_saved(data, tmp_path):
    with pytest.raises(mlleaks.InputError, match="a part of type function, which is not of this package"):
        again(trained(ModuleTrainer(build=build, epochs=1), data), tmp_path)
    with pytest.raises(mlleaks.InputError, match="ends in .mlleaks"):
        mlleaks.save_model(trained(BASE, data), tmp_path / "model.pkl")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "name", "more"),
    [
        ("function", "os.system", {}),
        ("function", "mlleaks.storage.atomic.write_bytes", {}),
        ("class", "subprocess.Popen", {"fields": {"args": "true"}}),
        ("class", "mlleaks.models.serialization.zipfile.ZipFile", {"fields": {}}),
        ("class", "mlleaks.models.serialization.load_target", {"fields": {"path": "x"}}),
        ("function", "maximum", {}),  # ours, but no part of a model
        ("class", "mlleaks.models.np.lib._npyio_impl.os.posix_spawn", {"fields": {}}),
    ],
)
def test_a_file_cannot_name_what_is_not_ours(kind, name, more, data, tmp_path):
    _, path = again(trained(BASE, data), tmp_path)
    changed = rewritten(path, lambda document: document | {"model": {kind: name} | more})
    with pytest.raises(mlleaks.UntrustedFile, match=f"names {re.escape(name)};"):
        mlleaks.load_model(changed)


@pytest.mark.parametrize("part", [{"estimator": "e0.skops"}, {"class": "ModuleTrainer"}])
def test_a_partial_in_a_file_is_of_a_function(part, data, tmp_path):
    _, path = again(trained(BASE, data), tmp_path)
    partial = {"partial": part, "args": {"tuple": []}, "settings": {}}
    changed = rewritten(path, lambda document: document | {"model": partial})
    with pytest.raises(mlleaks.UntrustedFile, match="names None;"):
        mlleaks.load_model(changed)


def test_only_whole_names_are_trusted():
    names = {"mlleaks.models.np", "mlleaks.models.np.lib", "os.system"}
    assert trusted_types(names) == set()
    assert trusted_types({"mlleaks.models.as_rows"})


def test_an_estimator_that_could_not_be_loaded_is_not_saved(data, tmp_path):
    class Own(LogisticRegression):
        pass

    for estimator in (Own(), LGBMClassifier(n_estimators=2, verbose=-1)):
        with pytest.raises(mlleaks.InputError, match="could not be opened again.*unknown types"):
            again(trained(SklearnTrainer(estimator), data), tmp_path)


def rewritten(path, change, weights=None):
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["model.json"] = json.dumps(change(json.loads(parts["model.json"])))
    parts["weights.safetensors"] = weights or parts["weights.safetensors"]
    other = path.with_name("changed.mlleaks")
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return other


def test_a_damaged_file_is_explained(data, tmp_path):
    _, path = again(trained(BASE, data), tmp_path)
    with pytest.raises(mlleaks.InputError, match="schema version 9"):
        mlleaks.load_model(rewritten(path, lambda document: document | {"schema": 9}))
    with pytest.raises(mlleaks.InputError, match="weights that are no safetensors file"):
        mlleaks.load_model(rewritten(path, lambda document: document, weights=b"no weights"))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(mlleaks.InputError, match="cannot be read"):
        mlleaks.load_model(path)
    with pytest.raises(mlleaks.DataUnavailable, match="no file"):
        mlleaks.load_model(tmp_path / "none.mlleaks")
