"""JSONPath queries."""

from __future__ import annotations

import pytest

from mlleaks import InputError
from mlleaks.targets.http.json_path import matches

pytest.importorskip("jsonpath", reason="python-jsonpath (extra services) is not installed")


@pytest.mark.parametrize(
    ("path", "values", "one"),
    [
        ("$", [{"a": [{"b": 1}, {"b": 2}]}], True),
        ("$.a", [[{"b": 1}, {"b": 2}]], True),
        ("$.a[1].b", [2], True),
        ("$.a[*].b", [1, 2], False),
        ("$..b", [1, 2], False),
        ("$.a[?@.b > 1].b", [2], False),
        ("$.c", [], True),
    ],
)
def test_matches(path, values, one):
    assert matches(path, {"a": [{"b": 1}, {"b": 2}]}) == (values, one)


@pytest.mark.parametrize("path", ["", "$.[", "a b", "$[?", "$.a | $.b"])
def test_no_path(path):
    with pytest.raises(InputError, match="expected a path such as"):
        matches(path, {})
