"""What one shadow on Location costs beyond the arithmetic, and adversary 1 from end to end.

    python benchmarks/shadow_cost.py

The floor is a bare PyTorch loop: tensors ready, the same batches, the same network, loss and
optimizer, nothing else. Both are timed in turns in one process; the ratio of the medians counts.
"""

from __future__ import annotations

from statistics import median

import numpy as np
import torch
from machine import seconds, write
from torch import nn

import mlleaks
from mlleaks import attacks
from mlleaks.attacks.needs import Evidence, ShadowModels
from mlleaks.auditing.collecting import observe_shadow
from mlleaks.auditing.evaluating import evaluate
from mlleaks.data.splits import four_way_member_split
from mlleaks.outputs.query import observe
from mlleaks.seeds import Seeds

ROUNDS, EPOCHS, BATCH = 7, 50, 100


def main() -> None:
    """Time both loops and the attack."""
    data = mlleaks.load_dataset("location")
    target, shadow = four_way_member_split(data, Seeds(0).stream("split"))
    members = shadow.members
    trainer = mlleaks.MLPTrainer()

    def ours() -> None:
        trainer(members, np.random.default_rng(0))

    def bare() -> None:
        bare_loop(members.X, members.y, members.n_classes)

    ours(), bare()
    pairs = [(seconds(ours), seconds(bare)) for _ in range(ROUNDS)]
    model = trainer(target.members, Seeds(0).stream("target"))

    def adversary_1() -> None:
        observations = observe(model, target)
        answers = observe_shadow(shadow, trainer, Seeds(0).stream("shadow"))
        evidence = Evidence({ShadowModels: (answers,)})
        spec = attacks.REGISTRY["adversary-1"]
        evaluate(spec, spec.build(evidence, Seeds(0).stream("attack")), observations)

    write(
        "shadow_cost",
        {
            "one shadow, seconds": round(median(a for a, _ in pairs), 3),
            "bare loop, seconds": round(median(b for _, b in pairs), 3),
            "ratio of medians": round(median(a for a, _ in pairs) / median(b for _, b in pairs), 3),
            "ratios by round": [round(a / b, 3) for a, b in pairs],
            "adversary 1 end to end (shadow, attack, scores, intervals), seconds": [
                round(seconds(adversary_1), 2) for _ in range(3)
            ],
        },
    )


def bare_loop(X: np.ndarray, y: np.ndarray, n_classes: int) -> None:
    """Train the same network on the same batches with nothing around."""
    records, labels = torch.from_numpy(X), torch.from_numpy(y)
    net = nn.Sequential(nn.Linear(X.shape[1], 128), nn.Tanh(), nn.Linear(128, n_classes))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001, fused=True)
    loss = nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        order = torch.randperm(len(X))
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH]
            optimizer.zero_grad()
            loss(net(records[rows]), labels[rows]).backward()
            optimizer.step()


if __name__ == "__main__":
    main()
