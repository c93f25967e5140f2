"""Mounting every attack that what is held allows, and judging it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mlleaks import attacks
from mlleaks.attacks.base import AttackSpec, Held
from mlleaks.auditing.evaluating import evaluate, target_facts
from mlleaks.outputs.signals import predicted_classes
from mlleaks.progress import track
from mlleaks.results.audit import AuditResult
from mlleaks.results.provenance import record
from mlleaks.seeds import Seeds
from mlleaks.types import Observations


def _lacking(spec: AttackSpec, held: Held) -> list[str]:
    """Return what the attack needs and the adversary does not hold."""
    return [need for need in spec.needs if getattr(held, need) is None or getattr(held, need) is False]


def mount(
    seen: Observations,
    held: Held,
    *,
    seeds: Seeds,
    name: str,
    class_names: tuple[str, ...],
    notes: tuple[str, ...],
    missing: Mapping[str, str],
    settings: Mapping[str, Any],
    inputs: tuple[Any, ...],
    started: float,
) -> AuditResult:
    """Return the result of all attacks of the catalogue that ``held`` allows.

    Parameters
    ----------
    seen : Observations
        The target's answers to records whose membership is known; attacks get the answers only.
    held : Held
    seeds : Seeds
        Every attack has its own stream, named after it.
    name, class_names, notes
        See `AuditResult`.
    missing : mapping of str to str
        Field of `Held` -> what the user can do to fill it.
    settings, inputs
        What else the numbers depend on, for the provenance.
    started : float
        ``time.monotonic()`` at the start of the run.
    """
    specs = attacks.REGISTRY.values()
    lacking = {spec.name: _lacking(spec, held) for spec in specs}
    ready = [spec for spec in specs if not lacking[spec.name]]
    verdicts = tuple(
        evaluate(spec, spec.build(held, seeds.stream(f"attack {spec.name}")), seen)
        for spec in track(ready, "attacking")
    )
    return AuditResult(
        name=str(name),
        verdicts=verdicts,
        left_out={name: "; ".join(missing[n] for n in needs) for name, needs in lacking.items() if needs},
        target=target_facts(seen),
        member=seen.member,
        predicted=predicted_classes(seen.outputs.posteriors),
        labels=seen.outputs.labels,
        ids=seen.ids,
        class_names=class_names,
        notes=notes,
        provenance=record(
            *inputs,
            seen,
            held.shadow,
            held.noise,
            settings=settings,
            seed=seeds.root,
            seconds=time.monotonic() - started,
        ),
    )
