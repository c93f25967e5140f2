"""One table of the paper's two defenses on every data set, from the studies' stored results.

    python benchmarks/defenses.py

Trains nothing: reads what `benchmarks/reproduction.py` left of the studies dropout and stacking and
writes docs/defenses.md.
"""

from __future__ import annotations

import pandas as pd
from machine import RESULTS

from mlleaks.stats.aggregation import summarize

DOCS = RESULTS.parent / "defenses.md"
DEFENSES = ("none", "dropout", "stacking")
COLUMNS = {
    ("target", "test_accuracy"): "test accuracy",
    ("adversary-1", "auc"): "adversary 1",
    ("adversary-2", "auc"): "adversary 2",
    ("adversary-3", "auc"): "adversary 3",
    ("gap", "auc"): "gap attack",
    ("adversary-1", "precision"): "adv. 1 precision",
    ("adversary-1", "recall"): "adv. 1 recall",
}
HEAD = """# The paper's two defenses, on every data set

The table compares the model without a defense with two defended versions:

- **dropout**: 0.5 on input and hidden layers;
- **stacking**: model stacking, a network and a forest under a logistic regression, each trained on a
  third of the records.

What the columns mean:

- **test accuracy** of the target.
- **adversary 1** (one shadow model), **adversary 2** (shadow model of another domain), **adversary 3**
  (random queries) and the **gap attack**: the AUC. Adversaries 1 and 2 know the defense and train their
  shadow models with it.
- **adv. 1 precision** and **adv. 1 recall** are at the threshold that the attacker chose.

The gap attack flags a record as a member if the model's answer is right. It does not use posteriors, so a
defense that changes only posteriors does not lower it. A model leaks at least as much as the strongest
column says.

A cell is the mean over seeds and its 95 % interval ({intervals}).

Which defense to choose, and what it costs: [account](account.md). On your own data: `mlleaks defend`.
`benchmarks/defenses.py` writes this page from the tables in `docs/results/reproduction/`.

"""


def main() -> None:
    """Read, join, write."""
    runs = pd.concat([runs_of("dropout"), runs_of("stacking")])
    keys = ["dataset", "seed", "defense", "attack", "metric"]
    means = (
        summarize(runs.drop_duplicates(keys))
        .set_index(["dataset", "defense", "attack", "metric"])
        .sort_index()
    )
    lines = [["data set", "defense", "seeds", *COLUMNS.values()]]
    for dataset in runs["dataset"].unique():
        for defense in DEFENSES:
            if (dataset, defense, "target", "test_accuracy") in means.index:
                estimates = means.loc[(dataset, defense)]
                seeds = str(int(estimates.loc[("target", "test_accuracy"), "seeds"]))
                lines.append([dataset, defense, seeds, *(cell(estimates, key) for key in COLUMNS)])
    lines.insert(1, ["---"] * len(lines[0]))
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    intervals = (
        "with three seeds or more, the variation between seeds and\nthe sampling of the records that they "
        "share; with fewer, from the lowest to the highest end of the single runs'\nintervals, without the "
        "variation between trainings"
    )
    DOCS.write_text(HEAD.format(intervals=intervals) + table + "\n")


def runs_of(study: str) -> pd.DataFrame:
    """Return the rows of a study, one per run and measurement."""
    return pd.read_csv(RESULTS / "reproduction" / f"{study}.csv")


def cell(estimates: pd.DataFrame, key: tuple[str, str]) -> str:
    """Return one figure and its interval; a dash where it is not defined."""
    if key not in estimates.index or pd.isna(estimates.loc[key, "value"]):
        return "–"
    value, low, high = estimates.loc[key, ["value", "low", "high"]]
    return f"{value:.3f} ({low:.3f}–{high:.3f})"


if __name__ == "__main__":
    main()
