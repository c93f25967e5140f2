"""Draw ``docs/shadows.png`` from ``docs/results/shadows.json``: time against models and against records.

python benchmarks/shadows_chart.py
"""

from __future__ import annotations

import json

import altair as alt
import pandas as pd
import vl_convert
from machine import RESULTS


def main() -> None:
    """Write the chart."""
    figures = json.loads((RESULTS / "shadows.json").read_text())["figures"]
    models = [
        {"case": case, "models": row["models"], "seconds": row["seconds"]}
        for case in ("MLP, Location", "CNN, CIFAR-10")
        for row in figures[case]["rows"]
        if row["what"] == f"train_shadows, {row['models']} models"
    ]
    records = [{"records": row["records"], "seconds": row["seconds"]} for row in figures["records, MLP"]]
    left = chart(pd.DataFrame(models), "models", "Seconds against shadow models").encode(color="case:N")
    right = chart(pd.DataFrame(records), "records", "Seconds against records (64 MLPs, Location)")
    picture = vl_convert.vegalite_to_png((left | right).to_json(), scale=1.2)
    (RESULTS.parent / "shadows.png").write_bytes(picture)


def chart(table: pd.DataFrame, x: str, title: str) -> alt.Chart:
    """Return a line with points over logarithmic axes: proportional cost has slope one."""
    scale = alt.Scale(type="log", nice=False)
    return (
        alt.Chart(table, title=title, width=320, height=240)
        .mark_line(point=True)
        .encode(x=alt.X(x, scale=scale), y=alt.Y("seconds", scale=scale))
    )


if __name__ == "__main__":
    main()
