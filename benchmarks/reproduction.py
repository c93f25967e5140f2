"""Run the paper's studies in full and write the results into the docs.

    python benchmarks/reproduction.py
    python benchmarks/reproduction.py --studies epochs transfer --datasets location news
    python benchmarks/reproduction.py --studies schedules --datasets cifar100 --seeds 3
    python benchmarks/reproduction.py --studies

Trained models are stored in the cache folder: stop it at any time, run it again. Writes
docs/reproduction.md, and tables and pictures to docs/results/reproduction/. Studies and data sets that
are not run keep their rows of the tables. Without a name after ``--studies`` nothing is run: text and
pictures are made again from the tables.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
from machine import RESULTS, facts
from pandas.api.types import is_numeric_dtype

from mlleaks.report.studies.page import as_markdown, save_reproduction
from mlleaks.results.reproduction import Chapter, Reproduction
from mlleaks.storage.atomic import cache_folder
from mlleaks.studies import REGISTRY
from mlleaks.studies.engine.chapter import build_chapter
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.findings import paper_claims
from mlleaks.studies.engine.runner import reproduce
from mlleaks.studies.engine.scale import FULL

FOLDER = RESULTS / "reproduction"
DOCS = RESULTS.parent / "reproduction.md"
LARGEST = 300_000
HEAD = """# The paper, reproduced

These are all studies of ML-Leaks (Salem et al., NDSS 2019), run with `mlleaks reproduce` in full.
`benchmarks/reproduction.py` writes this page. [Why figures differ from the paper's](account.md) is
explained separately.

The attackers:

- adversary 1 trains one shadow model on data like the target's;
- adversary 2 learns from one shadow model on another data set;
- adversary 3 trains nothing and only compares the largest posterior with a threshold.

Precision and recall have two readings:

- of the **members**: of the flagged records, how many are members; of the members, how many are flagged;
- of **both classes**: the averages over members and non-members, weighted by their records. The recall is
  then the accuracy. The authors' code prints these averages (the last line of scikit-learn's
  `classification_report`); whether the paper's figures are of this kind is not known.

We found the second reading after we had seen the published figures. Each claim that speaks of precision or
recall is checked under both, and neither replaces the other. Audits know the first alone.

How claims are checked:

- A claim counts as reproduced if the 95 % intervals of its figures lie on the right side of the criterion
  in its study's file, and as not reproduced if they lie on the other side. Where an interval contains the
  limit, the claim is **inconclusive**: these runs cannot decide it. A claim with several figures is
  reproduced in part if it holds for some of them.
- A claim about every data set is reproduced if it holds on each. It is not reproduced if one data set
  refutes it at a level that holds for all of them together (Bonferroni).
- Each claim is decided at 95 % by itself. Of twenty decided claims, about one may be wrong by chance.
- Nothing is tuned on a target's membership. One threshold in `attack-model`, called a bound, uses it. No
  attacker can choose that threshold.
- The limits are older than these figures. After a review, they were applied to more figures:
  - Each figure that a claim names is checked by itself, with the limit of its neighbours. This added recall
    in `overfitting` and `transfer`, the AUC in `first-adversary`, and precision and recall in `epochs`,
    `three-adversaries`, `structure` and `combining`. It also added precision and recall in `shadow-count`
    and `posteriors`, with the limit of `first-adversary`.
  - `overfitting` computes its correlation without Words-k. With Words-k, recall would have held.
  - `three-adversaries` compares only data sets on which all three attackers have a figure.
  - `transfer` and `pretrained` count CIFAR-10 and CIFAR-100 as one domain, as they did News and Words.
  - `dropout` and `stacking` must lower the AUC of every attacker on every data set that leaks, not only on
    average. Their adversary 2 knows of the defense.

How to read the tables:

- A cell is the mean over seeds with a 95 % interval. From three seeds on it contains the variation between
  seeds (Student's *t*) and the sampling of the records that all seeds share. With fewer seeds it spans the
  intervals of the runs, and the variation between trainings is not in it.
  [Statistics](statistics.md#means-over-seeds) has the formula and how often it covers.
- In the sentences, a change is followed by its 95 % interval in parentheses. It is computed within seeds.
- Figures that are named because they are the largest, the smallest or the best are more extreme than they
  would be in another run.
- Adversary 2 uses the same shadow model for all seeds of a target. Intervals over seeds therefore do not
  include the chance in its training. The column `source` of the CSV files names its data set.
- Networks are trained with a learning rate that decays at the end (see [performance](performance.md)).
- The CNNs of these tables started with plain Glorot weights (`CNNTrainer(gain=1.0)`). The gain of the
  authors' code has become the default since: a study that is run today starts with that.
- Purchase was not at hand, so nothing here is measured on it. Words-k stands in for it (see the
  [guide](guide.md)).
- The CSV files in `docs/results/reproduction/` have one row per measurement.

Machine: {machine}.
"""


def main() -> None:
    """Run, join with the stored tables, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=cache_folder() / "reproduce")
    parser.add_argument("--studies", nargs="*", default=list(REGISTRY), help="no name: run none")
    parser.add_argument("--datasets", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, help="of every data set; default 3, of the large ones 1")
    arguments = parser.parse_args()
    size = replace(FULL, seeds=arguments.seeds, repeats={}) if arguments.seeds else FULL
    machine, new = machine_of_docs(), Reproduction((), (), {}, {"scale": size.name})
    if arguments.studies:
        context = StudyContext(arguments.store, size)
        new = reproduce(REGISTRY.select(arguments.studies), context, only=arguments.datasets)
        machine = "{processor}, {cores} cores, {memory_gib} GB".format(**facts())
    by_name = {chapter.name: chapter for chapter in new.chapters}
    chapters = tuple(joined(name, by_name.get(name)) for name in REGISTRY)
    whole = replace(new, chapters=chapters, claims=paper_claims(chapters), skipped={})  # HEAD names Purchase
    save_reproduction(whole, FOLDER)
    for file in FOLDER.iterdir():
        if file.suffix not in (".csv", ".png"):
            file.unlink()
        elif file.stat().st_size > LARGEST:
            raise SystemExit(f"{file} is larger than {LARGEST:,} bytes")
    text = as_markdown(whole, pictures="results/reproduction/")
    DOCS.write_text(HEAD.format(machine=machine) + "\n" + text)
    print(f"{DOCS} and {FOLDER}")


def machine_of_docs() -> str:
    """Return the machine that the stored tables were measured on."""
    match = re.search(r"^Machine: (.*? GB)\.", DOCS.read_text(), re.MULTILINE)
    return match[1] if match else "unknown"


def joined(name: str, new: Chapter | None) -> Chapter:
    """Return a study's chapter from the rows of this run, and from the stored table where it did not run."""
    path, study = FOLDER / f"{name}.csv", REGISTRY[name]
    tidy = pd.DataFrame() if new is None else new.tidy
    if path.exists():
        stored = pd.read_csv(path)
        texts = [name for name in stored if stored[name].isna().all() or not is_numeric_dtype(stored[name])]
        stored[texts] = stored[texts].fillna("")
        stored = stored[stored["dataset"].isin(study.datasets)]
        measured = set() if tidy.empty else set(zip(tidy["dataset"], tidy["seed"], strict=True))
        pairs = zip(stored["dataset"], stored["seed"], strict=True)
        tidy = pd.concat([stored[[pair not in measured for pair in pairs]], tidy], ignore_index=True)
    return build_chapter(study, tidy, skipped=None if new is None else new.skipped)


if __name__ == "__main__":
    main()
