"""The page of the reproduction: what follows from the committed tables, and short enough to be read."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")
CHAPTERS = [part for part in PAGE.split('<a id="')[1:] if "\n## " in part]


@pytest.mark.slow
def test_the_page_follows_from_the_tables(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    try:
        import_module("reproduction").check()
    finally:
        for name in ("reproduction", "reproduction_text", "machine"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda part: part.partition('"')[0])
def test_a_chapter_is_short(chapter):
    lines = chapter.partition("## How claims are checked")[0].splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) <= 22
    text = "\n".join(line for line in lines if line and line[0] not in '|!#<"' and ".csv" not in line)
    sentences = re.findall(r"[.:](?=\*{0,2}(?:\s|$))", re.sub(r"et al\.|\*\*[^*]+:\*\*", "", text))
    assert len([end for end in sentences if end == "."]) <= 8


def test_the_findings_come_first_in_eight_lines():
    before = PAGE.partition('<a id="')[0]
    assert [line.split("|")[1].strip() for line in before.splitlines() if line.startswith("| ")][2:] == list(
        "12345678"
    )
    texts = re.findall(r"^\| \d \| ([^|]+) \|", before, re.MULTILINE)
    assert all(len(text.split()) <= 12 for text in texts)
