"""Memory that ran out is recognised by the error's type first, then by its text."""

from __future__ import annotations

import pytest
import torch

from mlleaks.errors import ModelError
from mlleaks.shadows.memory import out_of_memory


def caused_by(error):
    wrapped = ModelError("an error while training", expected="none", fix="Nothing.")
    wrapped.__cause__ = error
    return wrapped


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("whatever it says"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    ],
)
def test_short_memory_is_recognised_also_as_a_cause(error):
    assert out_of_memory(error)
    assert out_of_memory(caused_by(error))


@pytest.mark.parametrize("error", [RuntimeError("shapes cannot be multiplied"), ValueError("no")])
def test_other_errors_are_not(error):
    assert not out_of_memory(error)
    assert not out_of_memory(caused_by(error))
