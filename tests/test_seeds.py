"""One root, many independent streams with names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlleaks.errors import InputError
from mlleaks.seeds import Seeds


def draws(root, name, n=8):
    return Seeds(root).stream(name).integers(2**63, size=n).tolist()


@given(st.integers(0, 2**80), st.text(max_size=20))
def test_same_root_and_name_same_stream(root, name):
    assert draws(root, name) == draws(root, name)


@given(st.integers(0, 2**80), st.integers(0, 2**80), st.text(max_size=9), st.text(max_size=9))
def test_other_root_or_other_name_other_stream(a, b, one, other):
    assert (draws(a, one) == draws(b, other)) == ((a, one) == (b, other))


def test_a_stage_more_leaves_the_others_unchanged():
    seeds = Seeds(3)
    alone = seeds.stream("target").random(5).tolist()
    crowded = Seeds(3)
    crowded.stream("shadow").random(100)
    crowded.stream("another shadow").random(7)
    assert crowded.stream("target").random(5).tolist() == alone


def test_asking_again_starts_the_stream_anew():
    seeds = Seeds(0)
    assert seeds.stream("noise").random() == seeds.stream("noise").random()


def test_streams_are_uncorrelated():
    n = 4000
    rows = [Seeds(root).stream(name).random(n) for root in (0, 1) for name in ("a", "b", "attack a")]
    off = np.corrcoef(rows)[~np.eye(len(rows), dtype=bool)]
    assert np.abs(off).max() < 6 / np.sqrt(n)


def test_streams_are_the_same_on_every_machine():
    assert draws(0, "shadow", 2) == [6778605453071083990, 5433360335135019079]


def test_numpy_integers_are_whole_numbers_too():
    assert Seeds(np.int64(3)).stream("a").random() == Seeds(3).stream("a").random()


@pytest.mark.parametrize("root", [-1, 1.0, "1", None])
def test_other_roots_are_refused(root):
    with pytest.raises(InputError, match=r"got seed .*expected a whole number from 0 on"):
        Seeds(root)
