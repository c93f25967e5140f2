"""Made observations with a known leak: the oracle that attacks and statistics are tested against."""

from __future__ import annotations

import io
import tarfile

import numpy as np

from mlleaks.types import Dataset, Observations, Outputs


def planted(gap: float, n: int = 2000, k: int = 5, seed: int = 0) -> Observations:
    """Answers whose members are more confident of their true class by ``gap``; 0 is no leak at all."""
    rng = np.random.default_rng(seed)
    member = rng.permutation(n) % 2 == 0
    labels = rng.integers(k, size=n)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), labels] += 0.5 + gap * member
    p = np.exp(logits)
    return Observations(Outputs(p / p.sum(axis=1, keepdims=True), labels), member)


def images(n=80, side=14, channels=None, seed=0):
    """Two classes that differ in the brightness of one corner."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    shape = (n, side, side) if channels is None else (n, side, side, channels)
    X = rng.integers(0, 100, size=shape).astype(np.uint8)
    X[:, :5, :5] += (y * 100).astype(np.uint8).reshape(-1, *([1] * (len(shape) - 1)))
    return Dataset("made", X, y, 2)


def tar_gz(files):
    """Return a gzipped tar archive of ``{name: content}``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def masks_of(plan):
    """Return which records each model of a plan is trained on ``(models, records)``."""
    return np.array([plan.mask(model) for model in range(len(plan))])
