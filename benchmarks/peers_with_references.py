"""Attacks with reference models beside plain NumPy; see `peers.py`, which runs this.

Location, 64 perceptrons, seed 0. Each formula is timed three ways: the whole attack as an audit runs it
(look-up by id, the choice of constants, a threshold from models that play the target), our function on
arrays, and `plain_formulas` on the same arrays.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import plain_formulas
from scipy.special import expit

import mlleaks
from mlleaks.attacks.lira import lira_scores
from mlleaks.attacks.needs import Evidence, Population, ReferenceModels
from mlleaks.attacks.rmia import rmia_scores
from mlleaks.auditing.collecting import collect
from mlleaks.auditing.prepared import PreparedAudit
from mlleaks.auditing.preparing_trainer import prepare_trainer
from mlleaks.outputs.references import positions_of
from mlleaks.outputs.signals import scaled_logit
from mlleaks.runtime.threads import one_thread
from mlleaks.stats import intervals
from mlleaks.types import Floats, Observations

MODELS = 64
SEED = 0


def compare_references(cache: Path, rounds: int) -> dict[str, Any]:
    """Return the figures of all attacks with reference models; the models are kept in ``cache``."""
    data = mlleaks.load_dataset("location")
    audit = prepare_trainer(data, mlleaks.MLPTrainer(), seed=SEED, shadows=MODELS, cache=cache)
    target, _ = audit.observe()
    evidence = collect(audit.plan, audit.sources, audit.seeds)
    works = whole(audit, evidence, target) | functions(evidence, target)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    scores: dict[str, Floats] = {}
    for turn in range(rounds + 1):  # the first round warms up
        for name, work in works.items():
            with one_thread():
                wall, processor = time.perf_counter(), time.process_time()
                scores[name] = work()
                took = (time.perf_counter() - wall, time.process_time() - processor)
            if turn:
                seconds[name].append(took)
    rows = {
        name: {
            "seconds": round(statistics.median(wall for wall, _ in took), 5),
            "processor seconds": round(statistics.median(processor for _, processor in took), 5),
            "auc": _estimate(target, scores[name]),
        }
        for name, took in seconds.items()
    }
    return {"models": MODELS, "records": len(target), "seed": SEED, "attacks": rows}


def whole(audit: PreparedAudit, evidence: Evidence, target: Observations) -> dict[str, Callable[[], Floats]]:
    """Return our attacks as an audit builds them."""
    specs = [
        spec for spec in audit.plan.attacks if any(isinstance(need, ReferenceModels) for need in spec.needs)
    ]
    return {
        spec.name: lambda spec=spec: spec.build(evidence, audit.seeds.stream(spec.name)).score(target.outputs)
        for spec in specs
    }


def functions(evidence: Evidence, target: Observations) -> dict[str, Callable[[], Floats]]:
    """Return our functions and the plain ones, on the same arrays in the order of the target's answers."""
    references, population = evidence[ReferenceModels], evidence[Population]
    audited = references.audited.records(positions_of(target.ids, references.audited.ids))
    assert references.further is not None
    further = references.further.records(positions_of(population.ids, references.further.ids))
    x = scaled_logit(target.outputs.posteriors, target.outputs.labels).astype(np.float64)
    z = scaled_logit(population.posteriors, population.labels).astype(np.float64)
    logits, inside = np.asarray(audited.values, dtype=np.float64), np.asarray(audited.trained_on)
    p, p_z = expit(logits), expit(np.asarray(further.values, dtype=np.float64))
    ours = partial(
        rmia_scores,
        expit(x),
        p,
        trained_on=inside,
        population_target=expit(z),
        population_references=p_z,
    )
    lira = partial(lira_scores, x, logits, trained_on=inside)
    return {
        "lira_scores": lira,
        "plain LiRA": partial(plain_formulas.lira, x, logits, inside, each=False),
        "lira_scores, a variance per record": partial(lira, variance="per-record"),
        "plain LiRA, a variance per record": partial(plain_formulas.lira, x, logits, inside, each=True),
        "lira_scores, offline": partial(lira, mode="offline"),
        "plain LiRA, offline": partial(plain_formulas.lira_offline, x, logits, inside),
        "rmia_scores": ours,
        "plain RMIA": partial(plain_formulas.rmia, expit(x), p, expit(z), p_z),
        "rmia_scores, offline, a = 0.3": partial(ours, mode="offline", offline_a=0.3),
        "plain RMIA, offline, a = 0.3": partial(
            plain_formulas.rmia_offline, expit(x), p, inside, expit(z), p_z, np.zeros(p_z.shape, dtype=bool)
        ),
    }


def _estimate(target: Observations, scores: Floats) -> dict[str, float]:
    auc = intervals.auc(target.member, scores)
    return {end: round(getattr(auc, end), 4) for end in ("value", "low", "high")}
