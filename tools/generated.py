"""Write the parts of the docs that follow from code and results: rooms, attacks, what attacks find.

python tools/generated.py          # write them
python tools/generated.py --check  # exit code 1 if one differs
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attack_claims import attack_claims

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
    _, mark, after = rest.partition(end)
    if not mark:
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
    from mlleaks.attacks.needs import ReferenceModels

    lines = ["| attack | what it is | what the attacker needs | source |", "|---|---|---|---|"]
    for spec in REGISTRY.values():
        needs = [str(need) for need in spec.needs]
        for use in spec.uses:
            if isinstance(use, ReferenceModels):
                needs = [need.replace("(offline)", "(online or offline)") for need in needs]
            else:
                needs.append(f"{use} for a threshold")
        cells = (f"`{spec.name}`", spec.title, ", ".join(needs) or "nothing but the answers", spec.source)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def protocols() -> str:
    """Return a row for each protocol of prediction services."""
    from mlleaks.targets.http.protocols import REGISTRY

    lines = ["| protocol | services | written from |", "|---|---|---|"]
    for spec in sorted(REGISTRY.values(), key=lambda spec: spec.position):
        source = f"[documentation]({spec.source})" if spec.source.startswith("http") else spec.source
        lines.append(f"| `{spec.name}` | {spec.title} | {source} |")
    return "\n".join(lines)


def poor_answers() -> str:
    """Return what attackers find behind a service that hides something: AUC by data set and attack."""
    document = json.loads((ROOT / "docs/results/poor_answers.json").read_text())
    figures = document["figures"]["figures"]
    attacks = {"adversary-1": "adversary 1", "adversary-3": "adversary 3", "gap": "gap attack"}
    titles = [f"{name.capitalize()}, {title}" for name in figures for title in attacks.values()]
    lines = [f"| the service answers | {' | '.join(titles)} |", "|---|" + "---|" * len(titles)]
    for answers in next(iter(figures.values())):
        cells = [_auc(figures[name][answers].get(attack)) for name in figures for attack in attacks]
        lines.append(f"| {answers} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _auc(metrics: dict[str, list[float]] | None) -> str:
    if metrics is None:
        return "–"
    value, low, high = metrics["auc"]
    return f"{value:.2f} ({low:.2f}–{high:.2f})"


SHOWN = (
    ("adversary-1", "adversary-1-label", "loss", "quantile-regression"),
    ("combined", "student-t", "lira", "lira-per-record", "base", "rmia"),
    ("class-proxies", "lira-offline", "student-t-offline", "rmia-offline", "reference-quantile"),
)
"""The attacks of `attack_tables`: without reference models, online, offline."""


def attack_tables() -> str:
    """Return a table for each case of ``benchmarks/attacks.py``: TPR at 1 % FPR in percent, by models."""
    tables = []
    for path in sorted((ROOT / "docs/results/attacks").glob("*.json")):
        document = json.loads(path.read_text())
        facts, rows = document["figures"]["facts"], document["figures"]["table"]
        counts = sorted({row["models"] for row in rows if row["models"] > 1})
        cells = {(row["attack"], row["models"]): row for row in rows}
        seeds = 1 + int(facts["seeds"].split()[-1])
        each = f"{facts['targets']} targets" + (
            f" of each of {seeds} splits" if seeds > 1 else " of one split"
        )
        title = f"**{path.stem}** ({facts['trainer'].partition('(')[0]}, {each}"
        lines = [
            f"{title}, [all figures](results/attacks/{path.name}), [chart](results/attacks/{path.stem}.png))",
            "",
            f"| attack | no reference models | {' | '.join(map(str, counts))} |",
            "|---|" + "---|" * (1 + len(counts)),
        ]
        for name in (name for group in SHOWN for name in group):
            few = cells.get((name, 0), cells.get((name, 1)))
            row = [few, *(cells.get((name, count)) for count in counts)]
            if any(row):
                lines.append(f"| {name} | {' | '.join(map(_percent, row))} |")
        tables.append("\n".join(lines))
    return "\n\n".join(tables)


WIDE = 25.0
"""Points of half a width from which on an interval is written out."""


def _percent(row: dict[str, float] | None) -> str:
    """Return a TPR at 1 % FPR with half the width of its interval, in percent; a wide interval as it is."""
    if row is None:
        return ""
    value, low, high = (100 * row[f"tpr@1%fpr{end}"] for end in ("", "_low", "_high"))
    half = (high - low) / 2
    return f"{value:.1f} ± {half:.1f}" if half < WIDE else f"{value:.1f} ({low:.0f} to {high:.0f})"


OUTCOMES = ("leaks", "no detectable leak", "undecided")


def shift() -> str:
    """Return a row for each setting of ``benchmarks/shift.py``: what audits say, and how often."""
    lines = [
        "| setting | audits | leaks | undecided | beats chance | a shift is seen | loss AUC | placebo's |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in _settings("shift"):
        shown = ("leaks", "undecided", "beats chance", "either sees a shift")
        rates = [_rate(row[key]) for key in shown]
        aucs = [f"{row[key]:.2f}" for key in ("AUC of the loss", "of the placebo")]
        lines.append(f"| {' | '.join([name, format(row['runs'], ','), *rates, *aucs])} |")
    return "\n".join(lines)


def outcomes() -> str:
    """Return a row for each setting of ``benchmarks/outcomes.py``: what audits say, and how often."""
    lines = [
        f"| members, as many non-members | leak | loss AUC | audits | {' | '.join(OUTCOMES)} |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in _settings("outcomes"):
        side, _, leak = name.partition(", ")
        cells = [f"{int(side):,}", leak, f"{row['AUC of the loss']:.3f}", f"{row['runs']:,}"]
        lines.append(f"| {' | '.join([*cells, *(_rate(row[key]) for key in OUTCOMES)])} |")
    return "\n".join(lines)


def _settings(benchmark: str) -> list[tuple[str, dict[str, Any]]]:
    figures = json.loads((ROOT / "docs/results" / f"{benchmark}.json").read_text())["figures"]
    return [(name, row) for name, row in figures.items() if isinstance(row, dict)]


def _rate(share: list[float]) -> str:
    """Return a share with its 95 % interval, in percent."""
    value, low, high = (100 * end for end in share)
    return f"{value:.1f} % ({low:.1f}–{high:.1f})"


PARTS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("docs/services.md", "protocols", protocols),
    ("docs/services.md", "poor answers", poor_answers),
    ("docs/architecture.md", "rooms", rooms),
    ("docs/guide.md", "attacks", attacks),
    ("docs/attacks.md", "attack tables", attack_tables),
    ("docs/attacks.md", "attack claims", attack_claims),
    ("docs/statistics.md", "shift", shift),
    ("docs/statistics.md", "outcomes", outcomes),
)

if __name__ == "__main__":
    main()
