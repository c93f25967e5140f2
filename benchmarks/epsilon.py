"""How high the lower bounds on epsilon are, and how often they are wrong.

    python benchmarks/epsilon.py --audits 800 --nulls 1000 --peer-python peer/bin/python

``peer`` is an environment with ``pip install jax-privacy==2.0.0``; its bounds are of the same scores.

Each audit has 1,000 members and 1,000 non-members. Their scores are outputs of a mechanism whose epsilon is
known: Gaussian noise, or randomized response, for which the bounds that assume no more than
(epsilon, delta)-DP are tight. In null audits the scores do not depend on membership, and five attacks
compete. The five attacks on a real leak are its score and four noisier copies.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import write

from mlleaks.stats import intervals
from mlleaks.stats.canaries import one_run_lower_bound
from mlleaks.stats.epsilon import epsilon_lower_bound
from mlleaks.stats.gaussian_dp import gaussian_mu
from mlleaks.stats.guess_methods import BINOMIAL, F_DP
from mlleaks.stats.refuting import EpsilonBound
from mlleaks.stats.tradeoff import GAUSSIAN

SIZE, DELTA, SEED = 1000, 1e-5, 2026
EPSILONS = (4.38, 10.0)
COPIES = (0.5, 1.0, 2.0, 4.0)
"""The standard deviation of what the noisier copies of a score add."""

Method = Callable[[np.ndarray, Any], EpsilonBound]
METHODS: dict[str, Method] = {
    "independent scores": lambda member, scores: epsilon_lower_bound(member, scores, delta=DELTA),
    "one run": lambda member, scores: one_run_lower_bound(member, scores, delta=DELTA, method=BINOMIAL),
    "one run, f-DP (Gaussian)": lambda member, scores: one_run_lower_bound(
        member, scores, delta=DELTA, method=F_DP
    ),
    "independent scores, Gaussian": lambda member, scores: epsilon_lower_bound(
        member, scores, delta=DELTA, tradeoff=GAUSSIAN
    ),
}


def main() -> None:
    """Simulate, count, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=800, help="with one attack")
    parser.add_argument("--nulls", type=int, default=1000)
    parser.add_argument("--peer-python", help="of an environment with jax-privacy")
    args = parser.parse_args()
    figures = {
        "members": SIZE,
        "nonmembers": SIZE,
        "delta": DELTA,
        "level": 0.95,
        "seed": SEED,
        "gaussian noise": [
            row(name, epsilon, attacks, args.audits // (1 if attacks == 1 else 4), of_gaussian_noise)
            for epsilon in EPSILONS
            for attacks in (1, 5)
            for name in METHODS
        ],
        "randomized response": [
            row(name, epsilon, 1, args.audits, of_randomized_response)
            for epsilon in (0.5, 2.0)
            for name in METHODS
        ],
        "no leak": [row(name, 0.0, 5, args.nulls, of_nothing) for name in METHODS],
    }
    if args.peer_python:
        figures["jax-privacy"] = [
            *(peer(args.peer_python, e, args.audits // 8, of_gaussian_noise) for e in EPSILONS),
            peer(args.peer_python, 0.0, args.audits // 8, of_nothing),
        ]
    write("epsilon", figures)


def peer(python: str, epsilon: float, audits: int, simulate: Callable[..., np.ndarray]) -> dict[str, Any]:
    """Return the same of jax-privacy, on the audits that `row` simulates with one attack."""
    rng = generator(epsilon, 1)
    member = np.repeat([True, False], SIZE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.npy"
        np.save(path, np.array([simulate(member, epsilon, rng) for _ in range(audits)]))
        command = [python, "-c", _PEER, str(path), str(SIZE), str(DELTA)]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
    answer = json.loads(run.stdout.splitlines()[-1])
    rows = [
        {"method": name} | summary(np.array(bounds), epsilon) for name, bounds in answer["bounds"].items()
    ]
    return {"version": answer["version"], "epsilon": epsilon, "audits": audits, "methods": rows}


_PEER = """
import json, sys
from importlib import metadata
import numpy as np
from jax_privacy.auditing import CanaryScoreAuditor
path, size, delta = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
bounds = {}
def add(name, value):
    bounds.setdefault(name, []).append(float(value))
for scores in np.load(path):
    auditor = CanaryScoreAuditor(scores[:size], scores[size:])
    add("epsilon_clopper_pearson", auditor.epsilon_clopper_pearson(0.05, delta, one_sided=False))
    add("epsilon_one_run", auditor.epsilon_one_run(0.05, delta))
    add("epsilon_one_run_fdp", auditor.epsilon_one_run_fdp(0.05, delta))
    add("epsilon_from_gdp", auditor.epsilon_from_gdp(0.05, delta))
print(json.dumps({"version": metadata.version("jax-privacy"), "bounds": bounds}))
"""


def row(
    name: str, epsilon: float, attacks: int, audits: int, simulate: Callable[..., np.ndarray]
) -> dict[str, Any]:
    """Return the mean bound of one method, and how often it exceeds the true epsilon."""
    rng = generator(epsilon, attacks)
    member = np.repeat([True, False], SIZE)
    bounds = np.array(
        [
            METHODS[name](member, several(simulate, member, epsilon, attacks, rng)).epsilon
            for _ in range(audits)
        ]
    )
    return {"method": name, "epsilon": epsilon, "attacks": attacks, "audits": audits} | summary(
        bounds, epsilon
    )


def summary(bounds: np.ndarray, epsilon: float) -> dict[str, Any]:
    """Return the mean of bounds, and the share of them above the true epsilon."""
    above = intervals.share(int((bounds > epsilon).sum()), len(bounds))
    return {
        "mean bound": round(float(bounds.mean()), 3),
        "standard error": round(float(bounds.std(ddof=1) / math.sqrt(len(bounds))), 3),
        "above the truth": above.value,
        "interval": [round(above.low, 4), round(above.high, 4)],
    }


def generator(epsilon: float, attacks: int) -> np.random.Generator:
    """Return the generator of a row: all methods get the same scores."""
    return np.random.default_rng([SEED, round(100 * epsilon), attacks])


def several(
    simulate: Callable[..., np.ndarray],
    member: np.ndarray,
    epsilon: float,
    attacks: int,
    rng: np.random.Generator,
) -> Any:
    """Return the scores of one attack, or of several by name."""
    scores = simulate(member, epsilon, rng)
    if attacks == 1:
        return scores
    copies = {f"copy {sd}": scores + rng.normal(0, sd, len(scores)) for sd in COPIES[: attacks - 1]}
    if simulate is of_nothing:
        copies = {name: of_nothing(member, epsilon, rng) for name in copies}
    return {"score": scores} | copies


def of_gaussian_noise(member: np.ndarray, epsilon: float, rng: np.random.Generator) -> np.ndarray:
    """Return scores of the Gaussian mechanism that is ``(epsilon, DELTA)``-DP and no better."""
    return rng.normal(size=len(member)) + gaussian_mu(epsilon, DELTA) * member


def of_randomized_response(member: np.ndarray, epsilon: float, rng: np.random.Generator) -> np.ndarray:
    """Return the membership bits, each turned with the probability ``1 / (1 + exp(epsilon))``."""
    return (member ^ (rng.random(len(member)) < 1 / (1 + math.exp(epsilon)))).astype(float)


def of_nothing(member: np.ndarray, epsilon: float, rng: np.random.Generator) -> np.ndarray:
    """Return scores that do not depend on membership."""
    return rng.normal(size=len(member))


if __name__ == "__main__":
    main()
