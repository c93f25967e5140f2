"""The margin: what counts as no leak."""

from __future__ import annotations

import pytest

from mlleaks.errors import InputError
from mlleaks.results.margin import Margin, parse_margin


@pytest.mark.parametrize(
    ("text", "auc", "tpr"), [("0.6", 0.6, 0.02), ("0.55,0.03", 0.55, 0.03), (" 1 , 1 ", 1, 1)]
)
def test_margins_are_read(text, auc, tpr):
    assert parse_margin(text) == Margin(auc, tpr)


@pytest.mark.parametrize("text", ["", "leak", "0.6,0.1,0.2", "0.5", "0.4", "1.5", "0.6,0.01", "0.6,2", "nan"])
def test_others_are_refused(text):
    with pytest.raises(InputError, match="margin"):
        parse_margin(text)
