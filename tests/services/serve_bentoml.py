"""Serve a model with BentoML: `python serve_bentoml.py FOLDER PORT`.

BentoML imports this file again in each of its worker processes, which find the folder in the environment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import bentoml
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from weights import load_linear

FOLDER = "SERVED_FOLDER"


@bentoml.service(name="classifier", workers=1)
class Classifier:
    """Two routes, named after the methods: probabilities and labels."""

    def __init__(self) -> None:
        self.model = load_linear(Path(os.environ[FOLDER]))

    @bentoml.api
    def predict_proba(self, records: np.ndarray) -> np.ndarray:
        """Return one row of probabilities per record."""
        return self.model.predict_proba(records)

    @bentoml.api
    def predict(self, records: np.ndarray) -> np.ndarray:
        """Return one label per record."""
        return self.model.predict(records)


if __name__ == "__main__":
    folder, port = sys.argv[1:]
    os.environ[FOLDER] = folder
    os.chdir(Path(__file__).parent)
    command = [sys.executable, "-m", "bentoml", "serve", "serve_bentoml:Classifier"]
    os.execv(sys.executable, [*command, "--host", "127.0.0.1", "--port", port])
