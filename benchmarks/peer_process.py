"""Attacks of the Adversarial Robustness Toolbox, run by `peers.py` in an environment of their own.

    PEER_PYTHON benchmarks/peer_process.py

The first line of output holds versions and attacks. Then each line of input is a request, ``{"arrays": FILE,
"attack": NAME, "seed": NUMBER, "scores": FILE}``: the attack learns from the shadow model's answers and
scores the target's. The answer is a line with the seconds that this took. It needs NumPy and the toolbox
alone.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import metadata
from typing import Any

import numpy as np

PACKAGES = ("adversarial-robustness-toolbox", "numpy", "scipy", "scikit-learn", "torch")


def main() -> None:
    """Answer requests until there are no more."""
    import torch

    torch.set_num_threads(1)
    answers, sys.stdout = sys.stdout, sys.stderr  # what the toolbox prints is no answer
    versions = {name: metadata.version(name) for name in PACKAGES}
    hello = {"versions": {"python": platform.python_version()} | versions, "attacks": list(ATTACKS)}
    print(json.dumps(hello), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        np.random.seed(request["seed"])  # noqa: NPY002 -- the toolbox has no other way
        torch.manual_seed(request["seed"])
        with np.load(request["arrays"]) as file:
            arrays = dict(file)
        wall, processor = time.perf_counter(), time.process_time()
        scores = ATTACKS[request["attack"]](arrays)
        seconds = {
            "seconds": time.perf_counter() - wall,
            "processor seconds": time.process_time() - processor,
        }
        np.save(request["scores"], np.asarray(scores, dtype=np.float64))
        print(json.dumps(seconds), file=answers, flush=True)


def learned(arrays: dict[str, np.ndarray], *, kind: str) -> np.ndarray:
    """Return the score of an attack model of this kind, over posteriors and true class ``(n,)``."""
    from art.attacks.inference.membership_inference import MembershipInferenceBlackBox

    posteriors, labels, member = (arrays[f"shadow_{name}"] for name in ("posteriors", "labels", "member"))
    attack = MembershipInferenceBlackBox(_estimator(posteriors), "prediction", kind)
    attack.fit(
        y=labels[member], test_y=labels[~member], pred=posteriors[member], test_pred=posteriors[~member]
    )
    scores = attack.infer(None, arrays["target_labels"], pred=arrays["target_posteriors"], probabilities=True)
    return scores[:, 0]


def rule_based(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Return 1 for a correct answer, else 0 ``(n,)``."""
    from art.attacks.inference.membership_inference import MembershipInferenceBlackBoxRuleBased

    posteriors = arrays["target_posteriors"]
    attack = MembershipInferenceBlackBoxRuleBased(_estimator(posteriors))
    return attack.infer(posteriors, arrays["target_labels"])


def _estimator(posteriors: np.ndarray) -> Any:
    """Return a model whose records are its answers: all that these attacks see of it."""
    from art.estimators.classification import BlackBoxClassifier

    classes = posteriors.shape[1]
    return BlackBoxClassifier(lambda x: x, input_shape=(classes,), nb_classes=classes)


ATTACKS: dict[str, Callable[[dict[str, np.ndarray]], np.ndarray]] = {
    "MembershipInferenceBlackBox, nn": partial(learned, kind="nn"),
    "MembershipInferenceBlackBox, rf": partial(learned, kind="rf"),
    "MembershipInferenceBlackBox, gb": partial(learned, kind="gb"),
    "MembershipInferenceBlackBox, lr": partial(learned, kind="lr"),
    "MembershipInferenceBlackBoxRuleBased": rule_based,
}

if __name__ == "__main__":
    main()
