"""Names that become folders, and text that can be written."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks import InputError
from mlleaks.storage.names import as_file_name, file_name, require_unicode


@pytest.mark.parametrize(
    "name", ["run", "a [b]", "tree on digits", "v1.2", "é", "名前", "x" * 100, "con-man"]
)
def test_a_plain_name_is_taken(name):
    assert file_name(name) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "..",
        "...",
        "a.",
        ". .",
        "a:b",
        "a\nb",
        "a\udc80",
        "NUL",
        "com1.txt",
        "x" * 99 + ".y",
        "名" * 70,
        "aux." + "x" * 200,
    ],
)
def test_any_text_becomes_a_plain_name(text):
    assert file_name(as_file_name(text))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../../escape", "character '/'"),
        ("/etc", "character '/'"),
        ("a\\b", "character"),
        ("C:", "character ':'"),
        ("a\nb", "character"),
        ("a\0b", "character"),
        ("a\udc80", "character"),
        ("", "empty"),
        (" ", "empty"),
        (".", "begins with a dot"),
        ("..", "begins with a dot"),
        (".hidden", "begins with a dot"),
        ("end.", "ends with a dot"),
        ("x" * 101, "of 101 letters"),
        ("名" * 70, "of 70 letters"),
        ("NUL", "reserved"),
        ("com1.txt", "reserved"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name, says):
    with pytest.raises(InputError, match=f"the name .*{says}.*expected a plain file name.*--out"):
        file_name(name)


@pytest.mark.parametrize("kind", [None, object])
def test_half_a_surrogate_pair_is_no_text(kind):
    with pytest.raises(InputError, match=r"ids with 'a.udc80', which is no Unicode"):
        require_unicode(np.array(["é", "a\udc80"], dtype=kind), "ids")
