"""The Pareto front of accuracy and leakage."""

from __future__ import annotations

import pandas as pd


def front(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the rows that no other row beats in both accuracy and leakage, by rising accuracy.

    Examples
    --------
    >>> table = pd.DataFrame({"test_accuracy": [0.9, 0.8, 0.7], "auc": [0.9, 0.6, 0.7]})
    >>> front(table, "auc").index.tolist()
    [1, 0]
    """
    ordered = table.sort_values(["test_accuracy", metric], ascending=[False, True])
    before = ordered[metric].cummin().shift(fill_value=float("inf"))
    return ordered[ordered[metric] < before].iloc[::-1]
