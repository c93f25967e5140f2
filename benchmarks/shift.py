"""What an audit says where members and non-members differ by themselves, with and without a leak.

    MLLEAKS_DATA=... python benchmarks/shift.py
    python benchmarks/shift.py --settings "moderate shift, no leak" --runs 200 --seconds 3600

Members are drawn from Adult with a preference for records that are easy to classify, non-members without.
Without a leak, the target is trained on other records that are drawn as the members are. The preference is
chosen so that the loss attack's AUC without any leak is about .60 (moderate) or .80 (strong), or that the
shift is shown in some of the audits only (slight). A weak leak is that of a forest with larger leaves. Runs
that are done are kept below ``--cache``, so that a stopped benchmark goes on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from machine import write
from repeated import arguments_of, repeat, share
from scipy.special import logit
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mlleaks
from mlleaks.auditing.preparing import prepare_audit
from mlleaks.datasets import load_dataset
from mlleaks.results.decision import beats_chance
from mlleaks.types import Dataset, Floats

NAME, SEED = "shift", 2026
SIDE, WEAK = 500, 10


@dataclass(frozen=True)
class Setting:
    """How strongly easy records are preferred as members, and whether the target was trained on these."""

    preference: float
    leak: bool
    members: int = SIDE
    shadows: int = 1
    leaf: int = 2


SETTINGS = {
    "fair, no leak": Setting(0.0, leak=False),
    "fair, leak": Setting(0.0, leak=True),
    "fair, no leak, 3,000 records": Setting(0.0, leak=False, members=3_000),
    "fair, weak leak": Setting(0.0, leak=True, leaf=WEAK),
    "slight shift, no leak": Setting(0.2, leak=False),
    "slight shift, weak leak": Setting(0.2, leak=True, leaf=WEAK),
    "moderate shift, no leak": Setting(0.5, leak=False),
    "moderate shift, leak": Setting(0.5, leak=True),
    "strong shift, no leak": Setting(3.0, leak=False),
    "strong shift, leak": Setting(3.0, leak=True),
    "moderate shift, no leak, 8 reference models": Setting(0.5, leak=False, shadows=8),
    "moderate shift, leak, 8 reference models": Setting(0.5, leak=True, shadows=8),
}


def main() -> None:
    """Audit, count, store."""
    arguments = arguments_of(str(__doc__), SETTINGS, NAME)
    pool, ease = records()
    settings = {name: partial(audited, SETTINGS[name], pool, ease) for name in arguments.settings}
    stored = repeat(settings, arguments.runs, cache=arguments.cache, seconds=arguments.seconds)
    write(NAME, {"seed": SEED, **{name: counted(rows) for name, rows in stored.items()}})


def records() -> tuple[Dataset, Floats]:
    """Return Adult without the records that a first classifier was trained on, and how easy each is."""
    data = load_dataset("adult")
    order = np.random.default_rng(SEED).permutation(len(data))
    first, pool = data.take(order[:5_000]), data.take(order[5_000:])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(first.X, first.y)
    p = model.predict_proba(pool.X)[np.arange(len(pool)), pool.y]
    ease = logit(np.clip(p, 1e-6, 1 - 1e-6))
    return pool, (ease - ease.mean()) / ease.std()


def audited(setting: Setting, pool: Dataset, ease: Floats, run: int) -> dict[str, Any]:
    """Return what one audit says."""
    rng = np.random.default_rng([SEED, run])
    weights = np.exp(setting.preference * np.clip(ease, -3, 3))
    easy = rng.permutation(
        rng.choice(len(pool), 2 * setting.members, replace=False, p=weights / weights.sum())
    )
    rest = np.setdiff1d(np.arange(len(pool)), easy)
    members, other = pool.take(easy[: setting.members]), pool.take(easy[setting.members :])
    nonmembers = pool.take(rng.choice(rest, setting.members, replace=False))
    trained = members if setting.leak else other
    model = RandomForestClassifier(30, min_samples_leaf=setting.leaf, random_state=run).fit(
        trained.X, trained.y
    )
    prepared = prepare_audit(
        model,
        members=(members.X, members.y),
        nonmembers=(nonmembers.X, nonmembers.y),
        shadows=setting.shadows,
        drop_overlap=True,
        seed=run,
    )
    return outcome(replace(prepared, stronger=None).run())


def outcome(report: mlleaks.AuditReport) -> dict[str, Any]:
    """Return the verdict of an audit, and the figures of its loss attack."""
    result = report.result
    assert result.placebo is not None
    assert result.blind is not None
    beyond = result.placebo.weighted.get("loss")
    return {
        "outcome": report.outcome,
        "chance": beats_chance(result),
        "p of a shift": [result.blind.p_value, result.placebo.p_value],
        "p": result.p_values,
        "p beyond": {attack: c.p_value for attack, c in result.placebo.attacks.items()},
        "p alike": {attack: c.p_value for attack, c in result.placebo.weighted.items()},
        "blind": result.blind.differs,
        "placebo": result.placebo.differs,
        "loss": result.verdict("loss").estimates["auc"].value,
        "placebo loss": result.placebo.attacks["loss"].placebo.value,
        "beyond": None if beyond is None else beyond.difference.value,
    }


def counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the share of each outcome, with its interval, and mean AUCs."""
    outcomes = Counter(row["outcome"] for row in rows)
    shifts = sum(row["blind"] or row["placebo"] for row in rows)
    beyond = [row["beyond"] for row in rows if row["beyond"] is not None]
    return {
        "runs": len(rows),
        **{name: share(outcomes[name], len(rows)) for name in ("leaks", "no detectable leak", "undecided")},
        "beats chance": share(sum(row["chance"] for row in rows), len(rows)),
        "blind check sees a shift": share(sum(row["blind"] for row in rows), len(rows)),
        "either sees a shift": share(shifts, len(rows)),
        "AUC of the loss": round(float(np.mean([row["loss"] for row in rows])), 3),
        "of the placebo": round(float(np.mean([row["placebo loss"] for row in rows])), 3),
        "difference among records that are alike": round(float(np.mean(beyond)), 3) if beyond else None,
    }


if __name__ == "__main__":
    main()
