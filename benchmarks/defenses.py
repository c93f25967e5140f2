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
    ("gap", "auc"): "label gap",
    ("adversary-1", "precision"): "adv. 1 precision",
    ("adversary-1", "recall"): "adv. 1 recall",
}
HEAD = """# The paper's two defenses, on every data set

The test accuracy of the target and the AUC of each adversary without a defense, with dropout (0.5 on
input and hidden layers) and with model stacking (a network and a forest under a logistic regression,
each trained on a third of the records); written by `benchmarks/defenses.py` from the tables in
`docs/results/reproduction/`. Adversary 1 knows the defense and trains her shadow with it; her precision
and recall are at the threshold that she chose. Label gap guesses "member" where the answer is right: it
needs no posteriors, so nothing that only changes them lowers it, and a model leaks at least as much as
the strongest column says. Cells: mean over seeds, 95 % interval ({intervals}). Which defense to take,
and at what price: [account](account.md); on your own data: `mlleaks defend`.

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
                found = means.loc[(dataset, defense)]
                seeds = str(int(found.loc[("target", "test_accuracy"), "seeds"]))
                lines.append([dataset, defense, seeds, *(cell(found, key) for key in COLUMNS)])
    lines.insert(1, ["---"] * len(lines[0]))
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    intervals = "Student's *t* over seeds from three on, else (or if all agree) the run's own"
    DOCS.write_text(HEAD.format(intervals=intervals) + table + "\n")


def runs_of(study: str) -> pd.DataFrame:
    """Return the rows of a study, a row a run and measurement."""
    return pd.read_csv(RESULTS / "reproduction" / f"{study}.csv")


def cell(found: pd.DataFrame, key: tuple[str, str]) -> str:
    """Return one figure and its interval; a dash where it is not defined."""
    if key not in found.index or pd.isna(found.loc[key, "value"]):
        return "–"
    value, low, high = found.loc[key, ["value", "low", "high"]]
    return f"{value:.3f} ({low:.3f}–{high:.3f})"


if __name__ == "__main__":
    main()
