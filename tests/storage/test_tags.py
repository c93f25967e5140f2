"""Code may move: keys and files name tags, so that nothing is trained again and every file still opens."""

from __future__ import annotations

import math
import sys
import types
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

import mlleaks
from mlleaks.data.membership_plan import plan_members
from mlleaks.defenses import REGISTRY, dense_dropout, stacking
from mlleaks.models import CNNTrainer, MLPTrainer, SklearnTrainer, of_rows
from mlleaks.models.package_versions import package_versions
from mlleaks.outputs.signals import scaled_logit
from mlleaks.seeds import Seeds
from mlleaks.shadows import InProcess, train_shadows
from mlleaks.storage import fingerprint, tags
from mlleaks.storage.fingerprint import describe

SOURCE = """
from dataclasses import dataclass
import numpy as np
from mlleaks.storage.tags import tagged

CALLS = []

@tagged("share of the first class")
@dataclass(frozen=True)
class Share:
    share: float

    def predict_proba(self, X):
        return np.tile([self.share, 1 - self.share], (len(X), 1))

@tagged("trainer of shares")
@dataclass(frozen=True)
class ShareTrainer:
    scale: float = 1.0

    def __call__(self, data, rng):
        CALLS.append(len(data))
        return Share(self.scale * float((data.y == 0).mean()))

@tagged("first column")
def first(posteriors, labels):
    return posteriors[:, 0]
"""


@pytest.fixture
def placed(monkeypatch):
    """Return a module of this package with `SOURCE` at some path; the one before it is gone."""

    def place(path):
        for tag in ("share of the first class", "trainer of shares", "first column"):
            monkeypatch.delitem(tags._TAGGED, tag, raising=False)
        module = types.ModuleType(path)
        monkeypatch.setitem(sys.modules, path, module)
        exec(SOURCE, vars(module))
        return module

    return place


@pytest.fixture
def data():
    return mlleaks.load_dataset("digits").take(np.arange(60))


def test_a_class_that_moved_finds_its_answers_and_its_file_opens(placed, data, tmp_path):
    two = mlleaks.Dataset("two", data.X, data.y % 2, 2)
    old = placed("mlleaks.models.old_place")
    shadows = run(old, two, tmp_path)
    model = old.ShareTrainer()(two, np.random.default_rng(0))
    file = mlleaks.save_model(model, tmp_path / "share.mlleaks")
    new = placed("mlleaks.defenses.deeper.new_place")
    again = run(new, two, tmp_path)
    assert (len(old.CALLS), len(new.CALLS)) == (4 + 1, 0)
    assert [f.name for f in again.files] == [f.name for f in shadows.files]
    loaded = mlleaks.load_model(file)
    assert type(loaded) is new.Share
    np.testing.assert_array_equal(loaded.predict_proba(two.X), model.predict_proba(two.X))


def run(module, data, folder):
    made = plan_members(len(data), 4, np.random.default_rng(0))
    trainer = module.ShareTrainer(0.5)
    return train_shadows(
        trainer, data, made, Seeds(0), folder=folder / "shadows", signal=module.first, backend=InProcess()
    )


def test_a_tag_is_given_once():
    with pytest.raises(ValueError, match="the tag 'MLPTrainer' is taken by .*mlp.MLPTrainer"):
        tags.tagged("MLPTrainer")(type("Other", (), {}))


def test_a_users_subclass_is_not_taken_for_its_base():
    class Other(MLPTrainer):
        """Trains in another way."""

    assert tags.tag_of(Other) is None
    assert describe(Other()) != describe(MLPTrainer())


FOREST = SklearnTrainer(of_rows(RandomForestClassifier(n_estimators=5)))
BASES = {"mlp": MLPTrainer(), "forest": FOREST}


def defended(name, base):
    """Return the trainer with every defense that fits it, by name."""
    trainers = {f"none, {name}": base}
    for defense, spec in REGISTRY.items():
        with suppress(mlleaks.InputError):  # for networks only
            trainers[f"{defense}, {name}"] = spec.apply(base)
    return trainers


TRAINERS = {key: trainer for name, base in BASES.items() for key, trainer in defended(name, base).items()}
THINGS = {**TRAINERS, "a function": scaled_logit}


@pytest.mark.parametrize("name", THINGS)
def test_no_key_names_a_place_and_an_installed_package_has_the_same(name, monkeypatch):
    text = describe(THINGS[name])
    assert "mlleaks." not in text
    place = Path(mlleaks.__file__).parents[1]
    monkeypatch.setattr(fingerprint, "_INSTALLED", (*fingerprint._INSTALLED, place))
    assert describe(THINGS[name]) == text


@pytest.mark.parametrize("name", TRAINERS)
def test_all_packages_within_a_trainer_count(name):
    versions = package_versions(TRAINERS[name])
    assert ("torch" in versions) == ("mlp" in name)
    assert "sklearn" in versions or "forest" not in name


def test_tags_that_stored_keys_and_files_name_are_never_renamed():
    """Only ever add to this list: an answer or a file that somebody stored may name each of them."""
    tags.tagged_as("")  # imports whatever has a tag
    assert set(tags._TAGGED) >= {
        *("MLPTrainer", "CNNTrainer", "ModuleTrainer", "SklearnTrainer", "NetModel", "AlignedModel", "Scale"),
        *("Constant", "Settling", "Adam", "SGD", "as_rows"),
        *(
            "DropoutTrainer",
            "StackingTrainer",
            "StackedModel",
            "EarlyStoppingTrainer",
            "SmoothingTrainer",
        ),
        *("MixUpTrainer", "DistilledTrainer", "SelfDistilledTrainer", "PrivateTrainer", "PrivateModel"),
        *("MemGuard", "MemGuardTrainer", "MaskedModel", "MaskedTrainer"),
        *("TopK", "Rounded", "LabelOnly", "Temperature"),
        *("LearnedAttack", "ThresholdAttack", "PerClassAttack", "GapAttack", "Perceptron"),
        *("top_k", "maximum", "standard_deviation", "negative_entropy"),
        *("whole", "true_posterior", "scaled_logit"),
    }


BASE = (
    "MLPTrainer(epochs=50, batch=100, learning_rate=0.001, l2=1e-07, schedule=Settling(last=0.2), "
    "optimizer=Adam(beta1=0.9, beta2=0.999, eps=1e-08), precision='float32', hidden=128, center=False)"
)
STORED = {
    "dropout": "DropoutTrainer(base=BASE, input_ratio=0.5, hidden_ratio=0.5)",
    "weight-decay": BASE.replace("l2=1e-07", "l2=0.001"),
    "early-stopping": "EarlyStoppingTrainer(base=BASE, share=0.1, patience=3)",
    "label-smoothing": "SmoothingTrainer(base=BASE, smoothing=0.1)",
    "mixup": "MixUpTrainer(base=BASE, alpha=1.0)",
    "distillation": "DistilledTrainer(base=BASE, teacher=None, share=0.5)",
    "self-distillation": "SelfDistilledTrainer(base=BASE, folds=5)",
    "dp-sgd": "PrivateTrainer(base=BASE, epsilon=8.0, delta=1e-05, clip=1.0)",
    "memguard": "MemGuardTrainer(base=BASE, share=0.2, budget=1.0)",
    "temperature": "MaskedTrainer(base=BASE, mask=Temperature(t=5.0))",
    "top-1": "MaskedTrainer(base=BASE, mask=TopK(k=1))",
    "rounding": "MaskedTrainer(base=BASE, mask=Rounded(digits=1))",
    "label-only": "MaskedTrainer(base=BASE, mask=LabelOnly())",
}
"""What stored keys hold of a trainer. Another text means that everybody's models are trained again."""


@pytest.mark.parametrize("name", STORED)
def test_the_fields_of_a_trainer_are_never_renamed(name):
    assert describe(REGISTRY[name].apply(MLPTrainer())) == STORED[name].replace("BASE", BASE)


def test_the_fields_of_dense_dropout_are_never_renamed():
    base = CNNTrainer()
    ratios = "input_ratio=0.0, hidden_ratio=0.5, dense_ratio=0.5"
    assert describe(dense_dropout(base)) == f"DropoutTrainer(base={describe(base)}, {ratios})"


def test_a_setting_that_was_added_leaves_stored_keys_as_they_were():
    stored = describe(MLPTrainer()).replace("MLPTrainer", "CNNTrainer").replace(", center=False", "")
    assert describe(CNNTrainer(gain=1.0)) == stored
    assert describe(CNNTrainer()) == f"{stored[:-1]}, gain={math.sqrt(2)!r})"


def test_the_parts_of_a_stack_leave_stored_keys_as_they_were():
    stack = stacking(MLPTrainer(), second=FOREST, final=FOREST)
    mlp, forest = describe(MLPTrainer()), describe(FOREST)
    stored = f"StackingTrainer(first=({mlp}, {forest}), final={forest}, shares=None)"
    assert describe(stack) == stored
    layers = stacking(MLPTrainer(), second=FOREST, final=FOREST, parts="layers")
    assert describe(layers) == f"{stored[:-1]}, parts='layers')"
