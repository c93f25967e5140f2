"""What it costs to train reference and shadow models by another algorithm than the target's.

    python benchmarks/surrogates.py --seeds 3

For each seed a data set is cut into four parts. The target is trained on the first. Adversary 1 (one shadow
model) learns from a model that is trained on the third. LiRA and BASE use 16 reference models, in
complementary pairs on halves of the first two parts. All of these are trained by each algorithm in turn: the
target's and the other candidates. `auto` is the algorithm that `choose_surrogate` takes from the target's
answers to the third and fourth part. What was trained is stored in ``--cache``: a killed run goes on where it
stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import write
from scipy.special import expit

import mlleaks
from mlleaks.attacks import top_k
from mlleaks.attacks.bayes_optimal import base_scores
from mlleaks.attacks.clipping import choose_limit
from mlleaks.attacks.lira import lira
from mlleaks.auditing.collecting import observe_shadow
from mlleaks.auditing.surrogate import candidate_trainers, choose_surrogate
from mlleaks.data.duplicates import drop_duplicates
from mlleaks.data.membership_plan import plan_members
from mlleaks.data.splits import four_way_split
from mlleaks.outputs.query import observe
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.outputs.signals import scaled_logit
from mlleaks.seeds import Seeds
from mlleaks.shadows import train_shadows
from mlleaks.stats.aggregation import summarize
from mlleaks.stats.metrics import auc, roc, tpr_at_fpr
from mlleaks.types import Dataset, Floats, MemberSplit, Observations

CASES = {
    "MLP on Location": ("location", "MLP"),
    "random forest on Adult": ("adult", "random forest"),
    "histogram boosting on Adult": ("adult", "histogram boosting"),
    "logistic regression on digits": ("digits", "logistic regression"),
}
MOST, MODELS = 6000, 16
SLOW = {("location", "histogram boosting")}
"""50 seconds per model, since it has 30 classes: not among the algorithms there."""


def main() -> None:
    """Run what is not in the cache yet, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--cache", type=Path, default=Path("~/.cache/mlleaks/surrogates").expanduser(), help="folder"
    )
    options = parser.parse_args()
    runs = [
        _stored(options.cache / f"{case}-{seed}.json", partial(run, case, seed, options.cache))
        for case in CASES
        for seed in range(options.seeds)
    ]
    table = summarize(pd.DataFrame([row for one in runs for row in one["rows"]]))
    figures = {
        "settings": {"most records": MOST, "reference models": MODELS, "seeds": options.seeds},
        "choices": [one["choice"] for one in runs],
        "right choices": f"{sum(one['choice']['right'] for one in runs)} of {len(runs)}",
        "table": json.loads(table.round(4).to_json(orient="records")),
    }
    write("surrogates", figures)


def run(case: str, seed: int, cache: Path) -> dict[str, Any]:
    """Return what each attack achieves on one target with each algorithm, and which one `auto` takes."""
    name, right = CASES[case]
    seeds, trainers = Seeds(seed), candidate_trainers(np.zeros((1, 1)))
    trainers = {algorithm: t for algorithm, t in trainers.items() if (name, algorithm) not in SLOW}
    audited, shadow = parts(name, seeds)
    target_model = trainers[right](audited.members, seeds.stream(f"target {right}"))
    target = observe(target_model, audited)
    further = joined(shadow)
    choice = choose_surrogate(target_model, further, seeds.stream("surrogate"), candidates=trainers)
    rows = []
    for algorithm, trainer in trainers.items():
        folder = cache / "references" / f"{name}-{seed}-{algorithm}"
        scores = {"adversary-1": adversary_1(target, shadow, trainer, seeds)}
        scores |= with_references(target, joined(audited), trainer, seeds, folder=folder)
        named = [algorithm, *(["auto"] if algorithm == choice.name else [])]
        rows += [
            {"case": case, "seed": seed, "trained as": label, "attack": attack} | figure
            for attack, values in scores.items()
            for label in named
            for figure in achieved(target, values)
        ]
    facts = {label: asdict(r) | {"total": r.total} for label, r in choice.resemblances.items()}
    facts_of_choice = {"case": case, "seed": seed, "auto": choice.name, "right": choice.name == right}
    return {"rows": rows, "choice": facts_of_choice | {"resemblance": facts}}


def parts(name: str, seeds: Seeds) -> tuple[MemberSplit, MemberSplit]:
    """Return the target's members and non-members, and the attacker's records."""
    data = drop_duplicates(mlleaks.load_dataset(name))
    if len(data) > MOST:
        data = data.take(seeds.stream("sample").permutation(len(data))[:MOST])
    a, b, c, d = (data.take(part) for part in four_way_split(data, seeds.stream("split")))
    return MemberSplit(a, b), MemberSplit(c, d)


def joined(split: MemberSplit) -> Dataset:
    """Return a split's members, then its non-members."""
    a, b = split.members, split.nonmembers
    return Dataset(
        a.name, np.concatenate([a.X, b.X]), np.r_[a.y, b.y], a.n_classes, np.arange(len(a) + len(b))
    )


def adversary_1(target: Observations, shadow: MemberSplit, trainer: Any, seeds: Seeds) -> Floats:
    """Return the scores of the attack that learns from one shadow model."""
    answers = observe_shadow(shadow, trainer, seeds.stream("shadow"))
    return top_k.learn(answers, seeds.stream("adversary-1")).score(target.outputs)


def with_references(
    target: Observations, records: Dataset, trainer: Any, seeds: Seeds, *, folder: Path
) -> dict[str, Floats]:
    """Return the scores of LiRA, as an audit runs it, and of BASE."""
    plan = plan_members(len(records), MODELS, seeds.stream("plan"))
    shadows = train_shadows(trainer, records, plan, seeds, folder=folder, signal=scaled_logit)
    values = np.stack([shadows.answers(i) for i in range(MODELS)]).astype(float)
    trained_on = np.stack([shadows.member(i) for i in range(MODELS)])
    signals = ReferenceSignals(values, trained_on, records.y, records.ids)
    references = References(signals, np.arange(MODELS) // 2)
    own = scaled_logit(target.outputs.posteriors, records.y)
    online = partial(lira, "global", "online")
    formula = online(choose_limit(references, online))(references, None)
    return {
        "lira": formula(own, np.arange(len(records))),
        "base": base_scores(expit(own), expit(values), trained_on=trained_on),
    }


def achieved(target: Observations, scores: Floats) -> list[dict[str, Any]]:
    """Return the AUC and the TPR at 1 % FPR as rows for `summarize`."""
    values = {
        "auc": auc(target.member, scores),
        "tpr@1%fpr": tpr_at_fpr(roc(target.member, scores), 0.01),
    }
    return [{"metric": m, "value": float(v), "low": float(v), "high": float(v)} for m, v in values.items()]


def _stored(path: Path, compute: Any) -> dict[str, Any]:
    if not path.exists():
        result = compute()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result))
        print(f"{path.stem} done", file=sys.stderr)
    return dict(json.loads(path.read_text()))


if __name__ == "__main__":
    main()
