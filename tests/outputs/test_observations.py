"""Putting models' observations together."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.errors import InputError
from mlleaks.outputs.observations import concatenate
from mlleaks.types import Observations, Outputs
from tests.synthetic import planted


def test_what_is_put_together_can_be_taken_apart():
    a, b = planted(1, n=30, seed=1), planted(1, n=20, seed=2)
    both = concatenate([a, b])
    for part, rows in ((a, np.arange(30)), (b, np.arange(30, 50))):
        again = both.take(rows)
        np.testing.assert_array_equal(again.outputs.posteriors, part.outputs.posteriors)
        np.testing.assert_array_equal(again.outputs.labels, part.outputs.labels)
        np.testing.assert_array_equal(again.member, part.member)
        np.testing.assert_array_equal(again.ids, part.ids)


def test_labels_that_some_lack_are_dropped():
    a = planted(1, n=10)
    bare = Observations(Outputs(a.outputs.posteriors, ids=a.ids), a.member)
    assert concatenate([a, bare]).outputs.labels is None
    assert bare.take(np.arange(3)).outputs.labels is None


def test_models_over_other_classes_are_refused():
    with pytest.raises(InputError, match="models with 3 and 5 classes"):
        concatenate([planted(1, n=10, k=5), planted(1, n=10, k=3)])
    with pytest.raises(InputError, match="got no models"):
        concatenate([])
