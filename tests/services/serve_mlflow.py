"""Serve a model with `mlflow models serve`: `python serve_mlflow.py FOLDER PORT MODEL`.

MODEL: `linear` (answers labels, MLflow's default), `linear-probabilities` or `network` (answers logits).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import mlflow
from mlflow.models.cli import commands as serve  # `mlflow models`, without the start of another Python
from weights import load_linear, load_network


def save(folder: Path, model: str) -> Path:
    """Write the model in MLflow's format and return where."""
    path = folder / "mlflow-model"
    if model == "network":
        network = load_network(folder)
        mlflow.pytorch.save_model(network, path, serialization_format="pickle", pip_requirements=["torch"])
        return path
    predict = "predict" if model == "linear" else "predict_proba"
    mlflow.sklearn.save_model(
        load_linear(folder),
        path,
        pyfunc_predict_fn=predict,
        serialization_format="skops",
        pip_requirements=["scikit-learn"],  # else MLflow looks for them, which takes half a minute
    )
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("model", choices=["linear", "linear-probabilities", "network"])
    args = parser.parse_args()
    path = save(args.folder, args.model)
    serve(
        ["serve", "--env-manager", "local", "--host", "127.0.0.1", "--port", str(args.port), "-m", str(path)]
    )
