"""Run the paper's studies in full and put what is found into the docs.

    python benchmarks/reproduction.py
    python benchmarks/reproduction.py --studies epochs transfer --datasets location news
    python benchmarks/reproduction.py --studies schedules --datasets cifar100 --seeds 3

What is trained is kept in the cache folder: stop it at any time, run it again. Writes
docs/reproduction.md, and tables and pictures to docs/results/reproduction/. With some of the studies
or data sets only, the tables keep what they have of the others.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pandas as pd
from machine import RESULTS, facts
from pandas.api.types import is_numeric_dtype

from mlleaks.report.studies.page import as_markdown, save
from mlleaks.results.study import Chapter
from mlleaks.storage.atomic import cache_folder
from mlleaks.studies import REGISTRY
from mlleaks.studies.engine.chapter import chapter
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.findings import judged
from mlleaks.studies.engine.runner import reproduce
from mlleaks.studies.engine.scale import FULL

FOLDER = RESULTS / "reproduction"
DOCS = RESULTS.parent / "reproduction.md"
LARGEST = 300_000
HEAD = """# The paper, reproduced

Every study of ML-Leaks (Salem et al., NDSS 2019) as `mlleaks reproduce` runs it in full, written by
`benchmarks/reproduction.py`. Nothing is tuned on a target's membership; only the cut that
`attack-model` calls a bound looks at it, and no adversary has that. A claim counts as reproduced by a
criterion that stands in its study's file. The limits are older than these figures; what they are put to
was changed afterwards, after a review:

- where a claim names several figures, each is judged by itself under the limit of its neighbours:
  recall in `overfitting` and `transfer`, the AUC in `first-adversary`, precision and recall in
  `epochs`, `three-adversaries`, `structure`, `combining` and, under the limit of `first-adversary`, in
  `shadow-count` and `posteriors`;
- `overfitting` leaves Words-k out of its correlation (with them recall would have held),
  `three-adversaries` compares only data sets on which all three have a figure, and CIFAR-10 and
  CIFAR-100 are one domain in `transfer` and `pretrained`, as News and Words were;
- `dropout` and `stacking` have to lower every leak, not their mean, against an adversary 2 who knows of
  them.

Networks settle (see [performance](performance.md)). Cells: mean over seeds and 95 % interval, Student's
*t* over seeds from three seeds on, else, or if all seeds agree, the run's own. Adversary 2 learns from one
shadow on the data set that the column `source` names, the same for all seeds of a target: intervals over
seeds are without its chance. What differs from the paper's figures, and why: [account](account.md).

Machine: {processor}, {cores} cores, {memory_gib} GB. Purchase is not at hand: nothing here is measured
on it; Words-k stands in for it (see the [guide](guide.md)). The tables are in
`docs/results/reproduction/`, a row a run.
"""


def main() -> None:
    """Run, join with what the docs have, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=cache_folder() / "reproduce")
    parser.add_argument("--studies", nargs="*", default=list(REGISTRY))
    parser.add_argument("--datasets", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, help="of every data set; default 3, of the large ones 1")
    arguments = parser.parse_args()
    size = replace(FULL, seeds=arguments.seeds, repeats={}) if arguments.seeds else FULL
    found = reproduce(
        REGISTRY.select(arguments.studies), StudyContext(arguments.store, size), only=arguments.datasets
    )
    new = {chapter.name: chapter for chapter in found.chapters}
    chapters = tuple(joined(name, new.get(name)) for name in REGISTRY)
    whole = replace(
        found, chapters=chapters, claims=judged(chapters), skipped={}
    )  # the head tells of Purchase
    save(whole, FOLDER)
    for file in FOLDER.iterdir():
        if file.suffix not in (".csv", ".png"):
            file.unlink()
        elif file.stat().st_size > LARGEST:
            raise SystemExit(f"{file} is larger than {LARGEST:,} bytes")
    DOCS.write_text(HEAD.format(**facts()) + "\n" + as_markdown(whole, pictures="results/reproduction/"))
    print(f"{DOCS} and {FOLDER}")


def joined(name: str, new: Chapter | None) -> Chapter:
    """Return a study's chapter from what was found now and, where it was not run, before."""
    path, study = FOLDER / f"{name}.csv", REGISTRY[name]
    tidy = pd.DataFrame() if new is None else new.tidy
    if path.exists():
        before = pd.read_csv(path)
        words = [name for name in before if before[name].isna().all() or not is_numeric_dtype(before[name])]
        before[words] = before[words].fillna("")
        before = before[before["dataset"].isin(study.datasets)]
        done = set() if tidy.empty else set(zip(tidy["dataset"], tidy["seed"], strict=True))
        pairs = zip(before["dataset"], before["seed"], strict=True)
        tidy = pd.concat([before[[pair not in done for pair in pairs]], tidy], ignore_index=True)
    return chapter(study, tidy, unfit=None if new is None else new.unfit)


if __name__ == "__main__":
    main()
