"""Write the parts of the docs that follow from the code: the rooms, and the table of attacks.

python tools/generated.py          # write them
python tools/generated.py --check  # exit code 1 if one differs
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Write every part, or compare it."""
    stale = [path for path, name, make in PARTS if not _update(ROOT / path, name, make())]
    if stale and "--check" in sys.argv:
        sys.exit(f"{', '.join(stale)} differs from the code: run python tools/generated.py")


def _update(path: Path, name: str, part: str) -> bool:
    """Put a part between its marks unless only asked to check; return whether it was there already."""
    begin, end = f"<!-- {name}: written by tools/generated.py -->", f"<!-- end of {name} -->"
    page = path.read_text(encoding="utf-8")
    before, _, rest = page.partition(begin)
    _, end_mark, after = rest.partition(end)
    if not end_mark:
        sys.exit(f"{path} has no marks for the {name}: {begin} and {end}")
    new = f"{before}{begin}\n{part}\n{end}{after}"
    if "--check" not in sys.argv:
        path.write_text(new, encoding="utf-8")
    return new == page


def rooms() -> str:
    """Return the layers of the import contract, top first, each with its rooms and what is in them."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    [layers] = [c["layers"] for c in tool["importlinter"]["contracts"] if c["type"] == "layers"]
    groups = [[room.strip().removeprefix("mlleaks.") for room in layer.split("|")] for layer in layers]
    texts = ["\n".join(f"{room:<13}{_purpose(room)}" for room in group) for group in groups]
    return "```\n" + "\n\n".join(texts) + "\n```"


def _purpose(room: str) -> str:
    """Return the first line of a room's docstring."""
    path = ROOT / "src" / "mlleaks" / room
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return re.sub(r"\s+", " ", text.partition("\n\n")[0])


def attacks() -> str:
    """Return a row for each attack: name, what it is, what the attacker needs, where it was published."""
    from mlleaks.attacks import REGISTRY

    lines = ["| attack | what it is | what the attacker needs | source |", "|---|---|---|---|"]
    for spec in REGISTRY.values():
        needs = [str(need) for need in spec.needs] + [f"{need} for a threshold" for need in spec.uses]
        cells = (f"`{spec.name}`", spec.title, ", ".join(needs) or "nothing but the answers", spec.source)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


PARTS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("docs/architecture.md", "rooms", rooms),
    ("docs/guide.md", "attacks", attacks),
)

if __name__ == "__main__":
    main()
