"""Run the paper's studies in full and put what is found into the docs.

    python benchmarks/reproduction.py

What is trained is kept in the cache folder: stop it at any time, run it again. Writes
docs/reproduction.md, and tables and pictures to docs/results/reproduction/.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from machine import RESULTS, facts

from mlleaks.datasets.facts import cache_folder
from mlleaks.experiments import catalogue, chosen
from mlleaks.experiments.lab import Lab
from mlleaks.experiments.reproduce import reproduce
from mlleaks.experiments.scale import FULL
from mlleaks.report.reproduction import as_markdown, save

FOLDER = RESULTS / "reproduction"
DOCS = RESULTS.parent / "reproduction.md"
LARGEST = 300_000
HEAD = """# The paper, reproduced

Every study of ML-Leaks (Salem et al., NDSS 2019) as `mlleaks reproduce` runs it in full, written by
`benchmarks/reproduction.py`. A claim counts as reproduced by a criterion that stands in its study's
file; none was chosen after a look at these figures, and nothing is tuned on a target's membership.
Networks settle (see [performance](performance.md)). Cells: mean over seeds and 95 % interval,
Student's *t* over seeds from three seeds on, else the run's own.

Machine: {processor}, {cores} cores, {memory_gib} GB. {runs} The tables are in
`docs/results/reproduction/`, a row a run.
"""


def main() -> None:
    """Run, then copy tables and pictures that are small enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=cache_folder() / "reproduce")
    parser.add_argument("--studies", nargs="*", default=list(catalogue()))
    parser.add_argument("--datasets", nargs="*", default=[])
    arguments = parser.parse_args()
    found = reproduce(chosen(arguments.studies), Lab(arguments.store, FULL), only=arguments.datasets)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        save(found, Path(scratch))
        for file in sorted(Path(scratch).iterdir()):
            if file.suffix in (".csv", ".png"):
                content = file.read_bytes()
                assert len(content) < LARGEST, f"{file.name} has {len(content):,} bytes"
                (FOLDER / file.name).write_bytes(content)
    runs = ", ".join(f"{name}: {len(FULL.seeds_of(name))}" for name in found.facts["data sets"].split(", "))
    text = HEAD.format(**facts(), runs=f"Seeds of each data set: {runs}.")
    DOCS.write_text(text + "\n" + as_markdown(found, pictures="results/reproduction/"))
    print(f"{DOCS} and {FOLDER}")


if __name__ == "__main__":
    main()
