"""What each attack achieves on one target with one number of reference models: rows, kept on disk.

A row is stored under the hash of the attack's code, of this module's code and of all evidence. So other code
or other answers never meet old rows, and a new attack computes its own rows only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mlleaks import attacks
from mlleaks.attacks.needs import Evidence, Need, Population, RandomQueries, ReferenceModels
from mlleaks.attacks.spec import AttackSpec
from mlleaks.auditing.evaluating import estimates_of
from mlleaks.runtime.threads import one_thread
from mlleaks.seeds import Seeds
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import ESTIMATES
from mlleaks.storage.hashing import hash_inputs
from mlleaks.storage.memo import key_of, memoize
from mlleaks.storage.versions import versions
from mlleaks.types import Floats, Observations, Outputs


def measure_attacks(
    specs: Iterable[AttackSpec],
    evidence: Evidence,
    target: Observations,
    seeds: Seeds,
    *,
    folder: Path,
) -> list[dict[str, Any]]:
    """Return a row for each attack; those that are in ``folder`` are read.

    Parameters
    ----------
    specs : iterable of AttackSpec
        All that they need is in ``evidence``.
    evidence : Evidence
    target : Observations
    seeds : Seeds
        Each attack has a stream of its own, named after it.
    folder : Path
    """
    specs = list(specs)
    hashes = {kind: _hash(evidence[kind]) for spec in specs for kind in _kinds(spec, evidence)}
    answers = _hash(target)
    rows: list[dict[str, Any]] = []
    for spec in specs:
        inputs = [(kind.__name__, hashes[kind]) for kind in _kinds(spec, evidence)]
        # what the definition says of the attack is code, too: the module is hashed
        key = key_of((_module_of(spec.name), __name__), spec.name, inputs, answers, seeds.root, versions())
        rows += memoize(folder, key, lambda spec=spec: [_measure(spec, evidence, target, seeds)])  # type: ignore[misc]
    return rows


def score(spec: AttackSpec, evidence: Evidence, outputs: Outputs, seeds: Seeds) -> tuple[Floats, float]:
    """Return the scores of an attack that is built from the evidence ``(n,)``, and its threshold.

    Parameters
    ----------
    spec : AttackSpec
    evidence : Evidence
    outputs : Outputs
        The target's answers about the audited records. They hold no membership.
    seeds : Seeds
    """
    attack = spec.build(evidence, seeds.stream(f"attack {spec.name}"))
    return attack.score(outputs), attack.threshold


def uses_references(spec: AttackSpec) -> bool:
    """Return whether the number of reference models matters to an attack."""
    return any(isinstance(need, ReferenceModels) for need in (*spec.needs, *spec.uses))


class _Scored:
    """Scores that are there already, as an attack."""

    def __init__(self, scores: Floats, threshold: float) -> None:
        self.scores, self.threshold = scores, threshold

    def score(self, outputs: Outputs) -> Floats:
        return self.scores


def _measure(spec: AttackSpec, evidence: Evidence, target: Observations, seeds: Seeds) -> dict[str, Any]:
    with one_thread():
        started = time.perf_counter()
        scores, threshold = score(spec, evidence, target.outputs, seeds)
        seconds = time.perf_counter() - started
    estimates = estimates_of(spec.name, _Scored(scores, threshold), target)
    row = {
        "attack": spec.name,
        "models": _models(spec, evidence),
        "queries": sum(
            len(evidence[kind]) for kind in (RandomQueries, Population) if kind in _kinds(spec, evidence)
        ),
        "seconds": round(seconds, 4),
    }
    return row | _figures(estimates)


def _figures(estimates: Mapping[str, Estimate]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name in ESTIMATES:
        e = estimates[name]
        figures |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
    return figures


def _models(spec: AttackSpec, evidence: Evidence) -> int:
    """Return how many models the attacker has to train: 0, the one shadow model, or reference models."""
    references = evidence.get(ReferenceModels) if uses_references(spec) else None
    return references.n_models if references is not None else int(spec.learns_from_shadows)


def _kinds(spec: AttackSpec, evidence: Evidence) -> list[type[Need[Any]]]:
    return [type(need) for need in (*spec.needs, *spec.uses) if type(need) in evidence]


@cache
def _module_of(name: str) -> str:
    """Return the name of the module that lists an attack."""
    prefix = f"{attacks.__name__}."
    modules = [(name, module) for name, module in sys.modules.items() if name.startswith(prefix)]
    return next(
        module
        for module, content in modules
        if name in [spec.name for spec in getattr(content, "ATTACKS", ())]
    )


def _hash(value: Any) -> str:
    """Return a hash of all arrays in an evidence's value."""
    if is_dataclass(value) and not isinstance(value, type):
        return hash_inputs(*(_hash(getattr(value, field.name)) for field in fields(value)))
    if isinstance(value, tuple):
        return hash_inputs(*map(_hash, value))
    return hash_inputs(value)
