"""Run the paper's studies in full and write the results into the docs.

    python benchmarks/reproduction.py
    python benchmarks/reproduction.py --studies epochs transfer --datasets location news
    python benchmarks/reproduction.py --studies schedules --datasets cifar100 --seeds 3
    python benchmarks/reproduction.py --studies
    python benchmarks/reproduction.py --check

Trained models are stored in the cache folder: stop it at any time, run it again. Writes
docs/reproduction.md, and tables and pictures to docs/results/reproduction/. Studies and data sets that
are not run keep their rows of the tables. Without a name after ``--studies`` nothing is run: text and
pictures are made again from the tables. ``--check`` writes nothing either: exit code 1 says that the text
is not what follows from the tables.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
from machine import RESULTS, facts
from pandas.api.types import is_numeric_dtype
from reproduction_text import AFTER_TABLE, BEGIN, CAUSES, END

from mlleaks.report.audit.frames import to_csv
from mlleaks.report.studies.page import save_reproduction
from mlleaks.report.studies.text import as_markdown, evidence_table
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


def main() -> None:
    """Run, join with the stored tables, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=cache_folder() / "reproduce")
    parser.add_argument("--studies", nargs="*", default=list(REGISTRY), help="no name: run none")
    parser.add_argument("--datasets", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, help="of every data set; default 3, of the large ones 1")
    parser.add_argument("--check", action="store_true", help="only compare the text with the tables")
    arguments = parser.parse_args()
    if arguments.check:
        check()
        return
    size = replace(FULL, seeds=arguments.seeds, repeats={}) if arguments.seeds else FULL
    machine, new = machine_of_docs(), Reproduction((), (), {}, {"scale": size.name})
    if arguments.studies:
        context = StudyContext(arguments.store, size)
        new = reproduce(REGISTRY.select(arguments.studies), context, only=arguments.datasets)
        machine = "{processor}, {cores} cores, {memory_gib} GB".format(**facts())
    whole = joined(new)
    save_reproduction(whole, FOLDER)
    for file in FOLDER.iterdir():
        if file.suffix not in (".csv", ".png"):
            file.unlink()
        elif file.stat().st_size > LARGEST:
            raise SystemExit(f"{file} is larger than {LARGEST:,} bytes")
    DOCS.write_text(page(whole, machine))
    print(f"{DOCS} and {FOLDER}")


def check() -> None:
    """Exit with 1 if the text is not what follows from the tables."""
    whole = joined(Reproduction((), (), {}, {}))
    texts = {
        DOCS: page(whole, machine_of_docs()),
        FOLDER / "evidence.csv": to_csv(evidence_table(whole.chapters)),
    }
    stale = [path.name for path, text in texts.items() if path.read_text() != text]
    if stale:
        raise SystemExit(f"{' and '.join(stale)}: run python benchmarks/reproduction.py --studies")


def page(whole: Reproduction, machine: str) -> str:
    """Return the text of the docs."""
    table, chapters = as_markdown(whole, "results/reproduction/", CAUSES)
    return "\n".join([BEGIN, table, AFTER_TABLE, chapters, END.format(machine=machine)])


def machine_of_docs() -> str:
    """Return the machine that the stored tables were measured on."""
    match = re.search(r"^Machine: (.*? GB)\.", DOCS.read_text(), re.MULTILINE)
    return match[1] if match else "unknown"


def joined(new: Reproduction) -> Reproduction:
    """Return all studies: those of this run, and the stored tables where they did not run."""
    by_name = {chapter.name: chapter for chapter in new.chapters}
    chapters = tuple(joined_chapter(name, by_name.get(name)) for name in REGISTRY)
    return replace(
        new, chapters=chapters, claims=paper_claims(chapters), skipped={}
    )  # the text names Purchase


def joined_chapter(name: str, new: Chapter | None) -> Chapter:
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
