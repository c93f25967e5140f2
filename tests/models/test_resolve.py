"""How a model is trained anew: a clone, its own architecture, or the paper's MLP."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier

import mlleaks.models.resolve
from mlleaks.defenses import DropoutTrainer
from mlleaks.models import CNNTrainer, MLPTrainer, ModuleTrainer, SklearnTrainer, save_model
from mlleaks.models.resolve import trainer_like, trainer_source
from mlleaks.models.serialization import load_model
from mlleaks.types import Dataset

IMAGES = Dataset("images", np.random.default_rng(0).random((24, 12, 12)), np.arange(24) % 2, 2)


def rng():
    return np.random.default_rng(0)


def linear(shape, n_classes):
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), n_classes))


class Foreign:
    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def test_an_estimator_is_cloned():
    forest = RandomForestClassifier(3).fit(IMAGES.X.reshape(24, -1), IMAGES.y)
    assert isinstance(trainer_like(forest), SklearnTrainer)
    assert trainer_source(forest) == "clone"
    aligned = SklearnTrainer(DummyClassifier())(IMAGES, rng())
    assert trainer_source(aligned) == "clone"


@pytest.mark.parametrize(
    ("trainer", "like"),
    [
        (CNNTrainer(epochs=1, hidden=8), CNNTrainer()),
        (MLPTrainer(epochs=1, hidden=8), MLPTrainer()),
        (ModuleTrainer(build=linear, epochs=1), ModuleTrainer(build=linear)),
        (DropoutTrainer(base=CNNTrainer(epochs=1, hidden=8)), CNNTrainer()),
    ],
    ids=["CNN", "MLP", "module", "defended CNN"],
)
def test_a_network_of_ours_has_its_own_architecture_with_default_settings(trainer, like):
    model = trainer(IMAGES, rng())
    assert trainer_like(model) == like
    assert trainer_source(model) == "architecture"


def test_a_saved_network_knows_its_architecture(tmp_path):
    path = save_model(CNNTrainer(epochs=1, hidden=8)(IMAGES, rng()), tmp_path / "cnn.mlleaks")
    assert trainer_like(load_model(path)) == CNNTrainer()


def test_anything_else_falls_back_on_the_papers_mlp_if_pytorch_is_installed(monkeypatch):
    assert (trainer_like(Foreign()), trainer_source(Foreign())) == (MLPTrainer(), "fallback")
    monkeypatch.setattr(mlleaks.models.resolve, "find_spec", lambda name: None)
    assert (trainer_like(Foreign()), trainer_source(Foreign())) == (None, "none")
