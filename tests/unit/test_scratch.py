"""Files that are there whole or not at all, and folders that are looked at before long work."""

from __future__ import annotations

import pytest

import mlleaks
from mlleaks.scratch import require_writable


def test_a_folder_that_can_be_made_is_not_made_yet(tmp_path):
    require_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_below_a_file_there_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(mlleaks.InputError, match=r"file/out, which cannot be written \(Not a directory"):
        require_writable(tmp_path / "file" / "out")
