"""The check of the project's words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_private_word_is_found(tmp_path):
    (tmp_path / "page.md").write_text("The luck of a guess.\n")
    (tmp_path / "code.py").write_text('told = 1\n"""Nobody is accused."""\n')
    call = [sys.executable, str(ROOT / "tools" / "vocabulary.py"), str(tmp_path)]
    run = subprocess.run(call, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stdout.count(" -> ") == 3
    assert run.stdout.endswith("3 private words\n")
