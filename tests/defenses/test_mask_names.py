"""Masks by name."""

from __future__ import annotations

from functools import partial

import pytest

from mlleaks.defenses import REGISTRY, LabelOnly, Rounded, Temperature, TopK
from mlleaks.defenses.mask_names import mask_named
from mlleaks.defenses.masked_models import mask_trainer
from mlleaks.errors import InputError


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("top-1", TopK(1)),
        ("top-12", TopK(12)),
        ("rounding", Rounded(1)),
        ("rounding-3", Rounded(3)),
        ("label-only", LabelOnly()),
        ("temperature", Temperature(5.0)),
        ("temperature-0.5", Temperature(0.5)),
    ],
)
def test_a_name_is_a_mask(name, mask):
    assert mask_named(name) == mask


def test_every_defense_that_is_a_mask_has_the_same_name():
    masks = {
        spec.name: spec.apply.keywords["mask"]
        for spec in REGISTRY.values()
        if isinstance(spec.apply, partial) and spec.apply.func is mask_trainer
    }
    assert set(masks) == {"temperature", "top-1", "rounding", "label-only"}
    assert {name: mask_named(name) for name in masks} == masks


@pytest.mark.parametrize(
    "name", ["", "top", "top-", "top-x", "top-1.5", "label-only-3", "rounding-x", "blur", "-3", "memguard"]
)
def test_another_name_is_refused_with_those_that_there_are(name):
    with pytest.raises(InputError, match="got the mask .* expected one of top-K, rounding"):
        mask_named(name)


@pytest.mark.parametrize("name", ["top-0", "rounding-9", "temperature-nan", "temperature-0"])
def test_a_number_that_the_mask_cannot_have(name):
    with pytest.raises(InputError, match="expected (1 or more|1 to 6|a number above 0)"):
        mask_named(name)
