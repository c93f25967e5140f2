"""The index of a folder of shadows keeps its form: folders of older versions open."""

from __future__ import annotations

import json

import numpy as np

from mlleaks.models import MLPTrainer
from mlleaks.seeds import Seeds
from mlleaks.shadows import load_shadows, plan_members, save_index, train_shadows
from mlleaks.types import Dataset

KEYS = {"facts", "files", "asked", "notes", "n_records", "members", "sha256"}


def test_an_index_has_the_keys_of_older_versions(tmp_path):
    data = Dataset("toy", np.eye(8), np.arange(8) % 2, 2)
    made = plan_members(8, 2, np.random.default_rng(0))
    shadows = train_shadows(
        MLPTrainer(epochs=1), data, made, Seeds(0), folder=tmp_path, query_on=np.array([5, 2])
    )
    save_index(shadows, tmp_path, {"seed": 0})
    document = json.loads((tmp_path / "shadows.json").read_text())
    assert set(document) == KEYS
    assert document["asked"] == [5, 2]
    loaded = load_shadows(tmp_path)
    np.testing.assert_array_equal(loaded.positions, [5, 2])
    np.testing.assert_array_equal(loaded.member(1), made.mask(1)[[5, 2]])
