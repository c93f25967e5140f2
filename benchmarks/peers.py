"""Our attacks beside those of other tools: the same arrays, one run, one thread.

    python -m venv peer
    peer/bin/pip install adversarial-robustness-toolbox==1.20.1 'torch>=2.6,<2.14' packaging
    OMP_NUM_THREADS=1 python benchmarks/peers.py --peer-python peer/bin/python

Target and shadow model are trained once, by the protocol of `mlleaks.audit_trainer`; every attack gets their
posteriors, labels and the shadow's members. Timed is the attack alone: learning from the shadow, and scoring.
Ours and theirs alternate, one round per seed, after one that does not count; each time is the median of these
rounds. The second part compares attacks with reference models with plain NumPy, in this process.

``--try NAME MODULE PYTHON`` records whether another tool can be imported in its own environment.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from machine import write
from one_shadow import CASES, RECORDS
from peers_with_references import compare_references

import mlleaks
from mlleaks.attacks.needs import Evidence, ShadowModels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.auditing.collecting import collect
from mlleaks.auditing.preparing_trainer import prepare_trainer
from mlleaks.runtime.threads import one_thread
from mlleaks.seeds import Seeds
from mlleaks.stats import intervals
from mlleaks.stats.aggregation import summarize
from mlleaks.stats.metrics import roc
from mlleaks.types import Floats, Observations

SEEDS = (0, 1, 2)
COMPARED = ("location, MLP", "adult, forest")
ALIKE = 0.01
"""A tool whose AUC is lower by no more than this reaches it."""
TIMES = ("seconds", "processor seconds")


class Case(NamedTuple):
    """One target, and what our attacks are built from."""

    attacks: tuple[AttackSpec, ...]
    target: Observations
    evidence: Evidence
    seeds: Seeds


class Peer:
    """Another tool, in a process of its own that runs its attacks on request."""

    def __init__(self, python: str, folder: Path) -> None:
        command = [python, str(Path(__file__).with_name("peer_process.py"))]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=sys.stderr, text=True)
        self._folder = folder
        hello = self._read()
        self.versions, self.attacks = hello["versions"], hello["attacks"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def run(self, attack: str, arrays: Path, seed: int) -> tuple[Floats, dict[str, float]]:
        """Return the scores ``(n,)`` of an attack and its seconds."""
        scores = self._folder / "scores.npy"
        request = {"arrays": str(arrays), "attack": attack, "seed": seed, "scores": str(scores)}
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        seconds = self._read()
        return np.load(scores), seconds

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Compare on every case, then with reference models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", required=True, help="interpreter that imports the toolbox")
    parser.add_argument("--try", dest="tried", nargs=3, action="append", default=[], metavar=TRIED)
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/mlleaks/peers").expanduser())
    options = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != "1":
        sys.exit("set OMP_NUM_THREADS=1: both tools get one thread")
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(options.peer_python, Path(folder))
        cases = {name: compare(name, peer, Path(folder)) for name in COMPARED}
        peer.close()
    figures = {
        "seeds": list(SEEDS),
        "peer versions": peer.versions,
        "cases": cases,
        "reference models": compare_references(options.cache, len(SEEDS)),
        "other tools": {name: imports(module, python) for name, module, python in options.tried},
    }
    write("peers", figures)
    print("\n".join(table(cases)))


TRIED = ("NAME", "MODULE", "PYTHON")


def prepared(name: str, seed: int) -> Case:
    """Return the target of one seed and the evidence of all attacks that need no reference models."""
    data, make, _ = CASES[name]
    records = mlleaks.load_dataset(data)
    if len(records) > RECORDS:
        records = records.take(np.random.default_rng(0).permutation(len(records))[:RECORDS])
    audit = prepare_trainer(records, make(), seed=seed)
    target, _ = audit.observe()
    evidence = collect(audit.plan, audit.sources, audit.seeds)
    return Case(audit.plan.attacks, target, evidence, audit.seeds)


def compare(name: str, peer: Peer, folder: Path) -> dict[str, Any]:
    """Return the figures of all attacks on one case."""
    runs: list[dict[str, Any]] = []
    for seed in SEEDS:
        case, arrays = prepared(name, seed), folder / f"{seed}.npz"
        save(arrays, case)
        for warm in (False, True) if seed == SEEDS[0] else (True,):
            done = [
                *(("mlleaks", spec.name, *ours(spec, case)) for spec in case.attacks),
                *((TOOLBOX, attack, *peer.run(attack, arrays, seed)) for attack in peer.attacks),
            ]
            for tool, attack, scores, seconds in done if warm else ():
                runs.append({"tool": tool, "attack": attack, "seed": seed, **seconds, "scores": scores})
        evaluate([run for run in runs if run["seed"] == seed], case.target)
        print(f"{name} seed {seed} done", file=sys.stderr)
    rows = [row(*key, group) for key, group in pd.DataFrame(runs).groupby(["tool", "attack"], sort=False)]
    return {"records": len(case.target), "attacks": [with_fastest(one, rows) for one in rows]}


TOOLBOX = "ART"


def save(path: Path, case: Case) -> None:
    """Write what every tool gets."""
    (shadow,) = case.evidence[ShadowModels]
    np.savez(
        path,
        shadow_posteriors=shadow.outputs.posteriors,
        shadow_labels=shadow.outputs.labels,
        shadow_member=shadow.member,
        target_posteriors=case.target.outputs.posteriors,
        target_labels=case.target.outputs.labels,
    )


def ours(spec: AttackSpec, case: Case) -> tuple[Floats, dict[str, float]]:
    """Return the scores ``(n,)`` of one of our attacks and its seconds."""
    rng = case.seeds.stream(spec.name)
    with one_thread():
        return timed(lambda: spec.build(case.evidence, rng).score(case.target.outputs))


def timed(work: Callable[[], Floats]) -> tuple[Floats, dict[str, float]]:
    """Return what ``work`` returns, and the seconds that it took."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, dict(
        zip(TIMES, (time.perf_counter() - wall, time.process_time() - processor), strict=True)
    )


def evaluate(runs: Iterable[dict[str, Any]], target: Observations) -> None:
    """Replace scores by figures with their intervals."""
    for run in runs:
        curve = roc(target.member, run.pop("scores"))
        run["auc"], run["tpr@1%fpr"] = intervals.area(curve), intervals.tpr_at_fpr(curve, 0.01)


def row(tool: str, attack: str, runs: pd.DataFrame) -> dict[str, Any]:
    """Return medians of the seconds, and the mean over seeds of each figure with its interval."""
    figures: dict[str, Any] = {"tool": tool, "attack": attack}
    for name in TIMES:
        figures[name] = round(statistics.median(runs[name]), 5)
        figures[f"{name} by seed"] = runs[name].round(5).tolist()
    for name in ("auc", "tpr@1%fpr"):
        values = [
            {"metric": name, "seed": seed, "value": e.value, "low": e.low, "high": e.high}
            for seed, e in zip(runs["seed"], runs[name], strict=True)
        ]
        mean = summarize(pd.DataFrame(values)).iloc[0]
        figures[name] = {end: round(float(mean[end]), 4) for end in ("value", "low", "high")}
        figures[name]["by seed"] = [
            {end: round(value[end], 4) for end in ("value", "low", "high")} for value in values
        ]
    return figures


def with_fastest(one: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a row of ours with the fastest attack of the other tool whose AUC reaches its own."""
    least = one["auc"]["value"] - ALIKE
    reaching = [r for r in rows if r["tool"] != "mlleaks" and r["auc"]["value"] >= least]
    if one["tool"] != "mlleaks" or not reaching:
        return one
    fastest = min(reaching, key=lambda r: r[TIMES[1]])
    ratio = round(one[TIMES[1]] / fastest[TIMES[1]], 3)
    return one | {"fastest with this AUC": fastest["attack"], "share of its processor seconds": ratio}


def imports(module: str, python: str) -> str:
    """Return "imported", or the last line of the error without the path of the file."""
    done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return "imported"
    return done.stderr.strip().splitlines()[-1].partition(" (/")[0]


def table(cases: dict[str, Any]) -> list[str]:
    """Return the lines of a Markdown table: each attack's time, AUC, and share of the toolbox's time."""
    names = [(one["tool"], one["attack"]) for one in next(iter(cases.values()))["attacks"]]
    lines = ["| tool | attack |" + "".join(f" {name}: ms | AUC | share |" for name in cases)]
    lines.append("|---|---|" + "---|---|---|" * len(cases))
    for tool, attack in names:
        cells = [tool, attack.removeprefix("MembershipInference")]
        for case in cases.values():
            one = next(r for r in case["attacks"] if (r["tool"], r["attack"]) == (tool, attack))
            share = one.get("share of its processor seconds")
            whose = one.get("fastest with this AUC", "").removeprefix("MembershipInferenceBlackBox")
            cells += [
                f"{1000 * one[TIMES[1]]:,.1f}",
                "{value:.3f} ({low:.3f}–{high:.3f})".format(**one["auc"]),
                "–" if share is None else f"{share:.3f} of {whose.removeprefix(', ')}",
            ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


if __name__ == "__main__":
    main()
