"""A defended network is trained with the settings of the network that it defends, and has none of its own."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from mlleaks.defenses import REGISTRY, dropout, weight_decay
from mlleaks.defenses.base import NetworkDefense
from mlleaks.models import CNNTrainer, MLPTrainer, TrainingSettings
from mlleaks.storage.fingerprint import describe

NETWORKS = [spec.name for spec in REGISTRY.values() if isinstance(spec.apply(CNNTrainer()), NetworkDefense)]
SETTINGS = TrainingSettings(epochs=7, batch=9, learning_rate=0.1, device="cuda")


def test_another_base_brings_its_own_settings():
    trainer = replace(dropout(MLPTrainer(epochs=3)), base=MLPTrainer(epochs=99))
    assert trainer.settings.epochs == trainer.base.epochs == 99
    assert trainer == dropout(MLPTrainer(epochs=99))
    assert describe(trainer) == describe(dropout(MLPTrainer(epochs=99)))


@pytest.mark.parametrize("name", NETWORKS)
def test_no_defense_stores_settings(name):
    trainer = REGISTRY[name].apply(CNNTrainer(epochs=3))
    assert not {field.name for field in fields(trainer)} & {field.name for field in fields(TrainingSettings)}
    assert trainer.settings == TrainingSettings(epochs=3)
    assert trainer.with_settings(SETTINGS) == REGISTRY[name].apply(CNNTrainer().with_settings(SETTINGS))


def test_other_settings_reach_the_innermost_trainer():
    trainer = weight_decay(dropout(MLPTrainer(hidden=5)), strength=0.01)
    assert trainer == dropout(MLPTrainer(hidden=5, l2=0.01))
    assert trainer.with_settings(SETTINGS).base == MLPTrainer(
        hidden=5, epochs=7, batch=9, learning_rate=0.1, device="cuda"
    )


def test_a_plain_trainer_is_described_by_all_its_settings():
    assert describe(MLPTrainer(epochs=3)) == (
        "MLPTrainer(epochs=3, batch=100, learning_rate=0.001, l2=1e-07, schedule=Settling(last=0.2), "
        "optimizer=Adam(beta1=0.9, beta2=0.999, eps=1e-08), precision='float32', hidden=128, center=False)"
    )
