"""List private words in code, docs and pages: `python tools/vocabulary.py [PATH ...]`.

The words and what to say instead stand in `tools/vocabulary.txt`. Exit code 1 if there is one.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACES = ("src", "tests", "benchmarks", "tools", "docs", "README.md")
LISTS = ROOT / "tools" / "vocabulary.txt"
TEXTS = (".md", ".html")
QUOTED = re.compile(r"``[^`]*``|`[^`]*`")
"""Names in docstrings, which are checked where they are defined."""


def rules(kind: str) -> list[tuple[re.Pattern[str], str]]:
    """Return the patterns of one kind, each with what to say instead."""
    lines = (re.split(r"\s{2,}", line, maxsplit=2) for line in LISTS.read_text().splitlines())
    flags = re.IGNORECASE if kind == "text" else re.NOFLAG
    return [(re.compile(rf"\b(?:{p[1]})\b", flags), p[2]) for p in lines if p[0] == kind]


def main() -> None:
    """Check the places that are named, or all."""
    places = [Path(place) for place in sys.argv[1:]] or [ROOT / place for place in PLACES]
    found = sorted(line for place in places for path in files(place) for line in check(path))
    print(*found, f"{len(found)} private words", sep="\n")
    sys.exit(bool(found))


def files(place: Path) -> Iterator[Path]:
    """Yield all files of a place that people read."""
    paths = sorted(place.rglob("*")) if place.is_dir() else [place]
    skipped = {ROOT / line.split()[1] for line in LISTS.read_text().splitlines() if line.startswith("skip ")}
    yield from (p for p in paths if p.suffix in (".py", ".pyi", *TEXTS) and p.resolve() not in skipped)


def check(path: Path) -> Iterator[str]:
    """Yield each private word with its place and what to say instead."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in TEXTS:
        yield from in_text(path, enumerate(text.splitlines(), 1))
        return
    names, previous, theirs = rules("name"), "", imported(text)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and previous != "." and token.string not in theirs:
            hits = [instead for pattern, instead in names if pattern.fullmatch(token.string)]
            yield from (f"{path}:{token.start[0]}: {token.string} -> {instead}" for instead in hits)
        elif token.type in (tokenize.STRING, tokenize.COMMENT):
            lines = enumerate(token.string.splitlines(), token.start[0])
            yield from in_text(path, ((number, QUOTED.sub("", line)) for number, line in lines))
        previous = token.string  # an attribute is checked where it is defined


def imported(text: str) -> set[str]:
    """Return the names that code imports from other packages."""
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    foreign = (node for node in imports if not (node.module or "mlleaks").startswith("mlleaks"))
    return {alias.name for node in foreign for alias in node.names}


def in_text(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """Yield the private words of prose."""
    texts = rules("text")
    for number, line in lines:
        for pattern, instead in texts:
            yield from (f"{path}:{number}: {m[0]} -> {instead}" for m in pattern.finditer(line))


if __name__ == "__main__":
    main()
