"""Each trainer of a defense states what share of its members it holds out, and whether it changes answers."""

from __future__ import annotations

import pytest
from sklearn.tree import DecisionTreeClassifier

from mlleaks.defenses import (
    REGISTRY,
    LabelOnly,
    changes_answers,
    early_stopping,
    held_out_share,
    mask_trainer,
    memguard,
    stacking,
)
from mlleaks.models import CNNTrainer, MLPTrainer, as_trainer

CHANGING = {"memguard", "temperature", "top-1", "rounding", "label-only"}
HOLDING_OUT = {"early-stopping": 0.1, "memguard": 0.2}


@pytest.mark.parametrize("name", REGISTRY)
def test_every_registered_defense(name):
    trainer = REGISTRY[name].apply(CNNTrainer())
    assert changes_answers(trainer) == (name in CHANGING)
    assert held_out_share(trainer) == HOLDING_OUT.get(name, 0.0)


def test_shares_of_combined_defenses():
    stopped = early_stopping(MLPTrainer(), share=0.5)
    assert held_out_share(mask_trainer(stopped, LabelOnly())) == 0.5
    assert held_out_share(memguard(stopped, share=0.2)) == pytest.approx(0.6)
    assert held_out_share(stacking(stopped, shares=(2, 1, 1))) == pytest.approx(0.25)
    assert held_out_share(stacking(stopped, parts="layers")) == 0.0  # the forest sees them
    both = stacking(stopped, second=stopped, parts="layers", shares=(3, 1))
    assert held_out_share(both) == pytest.approx(0.75 * 0.25)
    assert held_out_share(stacking(stopped, second=stopped, parts="same")) == 0.0
    assert held_out_share(stacking(stopped, second=stopped, final=stopped, parts="same")) == 0.125


def test_any_other_trainer_does_neither():
    for trainer in (as_trainer(DecisionTreeClassifier()), lambda data, rng: None):
        assert held_out_share(trainer) == 0.0
        assert not changes_answers(trainer)
