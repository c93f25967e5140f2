"""Records of several data sets as one, in every form that they come in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mlleaks.data.duplicates import content_order
from mlleaks.data.joining import join, join_records
from mlleaks.types import Dataset

VALUES = np.arange(12.0).reshape(6, 2)
FORMS = {
    "array": lambda values: values,
    "frame": lambda values: pd.DataFrame(values, columns=["a", "b"]).set_index(pd.Index(list("xyz"))),
    "sparse": sparse.csr_array,
    "images": lambda values: values.reshape(-1, 1, 2),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_records_come_in_the_order_of_the_parts(form):
    parts = [Dataset("made", form(VALUES[rows]), np.array(rows) % 2, 2) for rows in ([0, 1, 2], [3, 4, 5])]
    joined = join(parts, np.array(list("abcdef")))
    dense = joined.X.toarray() if sparse.issparse(joined.X) else np.asarray(joined.X)
    np.testing.assert_array_equal(dense.reshape(6, 2), VALUES)
    assert joined.y.tolist() == [0, 1, 0, 1, 0, 1]
    assert joined.ids.tolist() == list("abcdef")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_content_alone_decides_the_order(form):
    order = np.random.default_rng(0).permutation(3)
    data = Dataset("made", form(VALUES[:3]), np.array([0, 1, 0]), 2)
    shuffled = data.take(order)
    assert data.ids[content_order(data)].tolist() == shuffled.ids[content_order(shuffled)].tolist()


def test_categories_that_differ_stay_categories_whichever_part_comes_first():
    parts = [pd.DataFrame({"c": pd.Categorical(values)}) for values in (["b", "d"], ["a", "b"])]
    one, other = (join_records(order)["c"] for order in (parts, parts[::-1]))
    assert one.tolist() == ["b", "d", "a", "b"]
    assert one.cat.categories.tolist() == other.cat.categories.tolist() == ["a", "b", "d"]
    same = pd.DataFrame({"c": pd.Categorical(["b"], categories=["b", "a"], ordered=True)})
    assert join_records([same, same])["c"].dtype == same["c"].dtype
