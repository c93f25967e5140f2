"""Signals of reference models: shapes, ids, subsets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlleaks.errors import InputError
from mlleaks.outputs.references import References, positions_of
from tests.synthetic import planted_references

REFERENCES = planted_references(1, n=20, further=5, models=4)


def test_subsets_go_together():
    some = REFERENCES.without_pair(0)
    assert some.n_models == 2
    np.testing.assert_array_equal(some.audited.values, REFERENCES.audited.values[2:])
    np.testing.assert_array_equal(some.further.trained_on, REFERENCES.further.trained_on[2:])
    rows = REFERENCES.audited.records(np.array([3, 1]))
    assert rows.ids.tolist() == [3, 1]
    np.testing.assert_array_equal(rows.values, REFERENCES.audited.values[:, [3, 1]])


def test_online_means_that_models_saw_audited_records():
    assert REFERENCES.online
    signals = REFERENCES.audited
    assert not replace(REFERENCES, audited=replace(signals, trained_on=signals.trained_on & False)).online


@pytest.mark.parametrize(
    ("field", "cut"), [("values", np.s_[:, 1:]), ("trained_on", np.s_[1:]), ("labels", np.s_[1:])]
)
def test_shapes_must_fit(field, cut):
    signals = REFERENCES.audited
    with pytest.raises(InputError, match="Pass what the same models answered about the same records"):
        replace(signals, **{field: getattr(signals, field)[cut]})


def test_ids_must_be_there_and_differ():
    signals = REFERENCES.audited
    with pytest.raises(InputError, match="got 19 ids for 20 records"):
        replace(signals, ids=signals.ids[1:])
    with pytest.raises(InputError, match="got 20 records with 1 different ids"):
        References(replace(signals, ids=np.zeros(20, int)), REFERENCES.pairs)


def test_unknown_ids_are_named():
    with pytest.raises(InputError, match=r"got 1 records that the reference models .* \(first: z\)"):
        positions_of(np.array(["a", "z"]), np.array(["a", "b"]))
    assert positions_of(np.array(["b", "a"]), np.array(["a", "b"])).tolist() == [1, 0]
