"""The versions that belong to a trainer's models: of what trains them, and nothing else."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

from mlleaks import MLPTrainer
from mlleaks.defenses import dropout
from mlleaks.models import SklearnTrainer
from mlleaks.models.package_versions import package_versions


def train(data, rng, depth=3):
    raise NotImplementedError


class Training:
    def __call__(self, data, rng):
        raise NotImplementedError


@pytest.mark.parametrize("trainer", [train, partial(train, depth=2), Training(), lambda data, rng: None])
def test_code_of_the_users_own_may_train_with_any_framework(trainer):
    assert package_versions(trainer)["torch"] == torch.__version__


@pytest.mark.parametrize("trainer", [MLPTrainer(), dropout(MLPTrainer())])
def test_networks_depend_on_pytorch(trainer):
    assert "torch" in package_versions(trainer)


def test_estimators_depend_on_their_own_package():
    versions = package_versions(SklearnTrainer(RandomForestClassifier()))
    assert "sklearn" in versions
    assert "torch" not in versions
