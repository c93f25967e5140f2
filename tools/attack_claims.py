"""Sentences that follow from the tables of ``benchmarks/attacks.py``, for ``generated.py``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs/results/attacks"
LEAD, MARK = "combined", 0.95
FEW, ENOUGH = 4, 2000
"""Reference models from which on the combined attack leads; records of a part for a TPR at 0.1 % FPR."""
METRICS = {"auc": "AUC", "tpr@1%fpr": "TPR at 1 % FPR", "tpr@0.1%fpr": "TPR at 0.1 % FPR"}
NAMED = ("location", "words-20", "adult-forest")
"""The cases on which eight models combined are compared with 32."""

Cells = dict[tuple[str, int], dict[str, Any]]


def attack_claims() -> str:
    """Return the claims as a list of sentences, from the committed result files alone."""
    cases = {path.stem: _cells(path) for path in sorted(FOLDER.glob("*.json"))}
    return "\n".join(f"- {text}" for text in (_four(cases), _best(cases), _eight(cases), _threshold(cases)))


def _cells(path: Path) -> Cells:
    rows = json.loads(path.read_text())["figures"]["table"]
    return {(row["attack"], row["models"]): row for row in rows}


def _single(cells: Cells, models: int, metric: str) -> dict[str, Any]:
    """Return the row of the best attack besides the combined one, among those without further queries."""
    rows = [row for (name, n), row in cells.items() if n == models and name != LEAD and not row["queries"]]
    return max(rows, key=lambda row: row[metric])


def _four(cases: dict[str, Cells]) -> str:
    metric = "tpr@1%fpr"
    shares = {
        case: cells[LEAD, 4][metric] / _single(cells, 16, metric)[metric] for case, cells in cases.items()
    }
    low, high = min(shares, key=lambda case: shares[case]), max(shares.values())
    return (
        "**Four models are enough to see most of it.** With four, the combined attack finds "
        f"{100 * shares[low]:.0f} % ({low}) to {100 * high:.0f} % of what the best single statistic finds "
        "with 16."
    )


def _misses(cases: dict[str, Cells]) -> Iterator[str]:
    """Yield where the combined attack stays below the mark."""
    for case, cells in cases.items():
        size = int(_facts(case)["records in a part"].split()[-1].replace(",", ""))
        for models in sorted({n for _, n in cells if n >= FEW}):
            metrics = METRICS if size >= ENOUGH else dict(list(METRICS.items())[:2])
            for metric, title in metrics.items():
                best, ours = _single(cells, models, metric), cells[LEAD, models]
                if ours[metric] < MARK * best[metric]:
                    yield (
                        f"{case} with {models} models, {title}: {_shown(ours, metric)} against "
                        f"{_shown(best, metric)} ({best['attack']})"
                    )


def _facts(case: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text())["figures"]["facts"]
    return facts


def _shown(row: dict[str, Any], metric: str) -> str:
    value, low, high = (row[f"{metric}{end}"] for end in ("", "_low", "_high"))
    if metric == "auc":
        return f"{value:.3f} ({low:.3f} to {high:.3f})"
    return f"{value:.2%} ({low:.2%} to {high:.2%})".replace("%", " %")


def _best(cases: dict[str, Cells]) -> str:
    misses = list(_misses(cases))
    where = f" but for: {'; '.join(misses)}" if misses else ""
    return (
        "**Where the combined attack is not the best.** Over all cases and four models or more, its AUC, its "
        f"TPR at 1 % FPR and, with {ENOUGH:,} records or more in a part, its TPR at 0.1 % FPR are at least "
        f"{MARK:.0%} of those of the best single statistic{where}."
    ).replace("95%", "95 %")


def _eight(cases: dict[str, Cells]) -> str:
    metric = "tpr@1%fpr"
    rows = {case: (cases[case][LEAD, 8], _single(cases[case], 32, metric)) for case in NAMED}
    pairs = (
        f"{_shown(ours, metric)} and {_shown(best, metric)} on {case}" for case, (ours, best) in rows.items()
    )
    return (
        f"**Eight models combined against the best single statistic with 32**: {'; '.join(pairs)}. We wanted "
        "at least as much on each."
    )


def _threshold(cases: dict[str, Cells]) -> str:
    rates: dict[int, list[float]] = {}
    for cells in cases.values():
        for (name, models), row in cells.items():
            if name == LEAD and models >= FEW:
                rates.setdefault(models, []).append(row["fpr"])
    more = [rate for models, several in rates.items() if models > FEW for rate in several]
    careful = sum(rate < 0.007 for rate in rates[FEW])
    return (
        "**Its own threshold keeps its promise from eight models on.** It aims at 1 % FPR and flags "
        f"{100 * min(more):.1f} to {100 * max(more):.1f} % of the non-members with 8 models or more. With "
        f"four it is too careful: {100 * min(rates[FEW]):.1f} to {100 * max(rates[FEW]):.1f} %, below 0.7 % "
        f"in {careful} of {len(cases)} cases. Each model that plays the target then has two others to be "
        "compared with."
    )
