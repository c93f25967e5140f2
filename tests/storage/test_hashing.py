"""Hashes of inputs: whatever may change a model changes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlleaks.storage.hashing import hash_inputs

CATEGORIES = pd.Categorical(["a", "b"], categories=["a", "b"])
OTHER = {
    "text": (CATEGORIES, ["a", "b"]),
    "order of categories": (CATEGORIES, CATEGORIES.reorder_categories(["b", "a"])),
    "unused category": (CATEGORIES, CATEGORIES.add_categories(["c"])),
    "ordered categories": (CATEGORIES, CATEGORIES.as_ordered()),
    "truth": (np.array([1, 0]), np.array([True, False])),
}


@pytest.mark.parametrize("kind", OTHER)
def test_columns_of_another_type_have_another_hash(kind):
    one, other = (hash_inputs(pd.DataFrame({"c": values})) for values in OTHER[kind])
    assert one == hash_inputs(pd.DataFrame({"c": OTHER[kind][0]}))
    assert one != other
