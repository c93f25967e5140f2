"""Serve a model with Ray Serve: `python serve_ray.py FOLDER PORT`."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import ray
from ray import serve
from weights import load_linear


@serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 0.1})
class Classifier:
    """Ray Serve prescribes no form: this one answers a list of records with a list of probabilities."""

    def __init__(self, folder: str) -> None:
        self.model = load_linear(Path(folder))

    async def __call__(self, request) -> list:
        return self.model.predict_proba(np.asarray(await request.json())).tolist()


if __name__ == "__main__":
    folder, port = sys.argv[1:]
    ray.init(
        "local",  # whatever other clusters run here
        num_cpus=1,
        include_dashboard=False,
        object_store_memory=80_000_000,
        runtime_env={"env_vars": {"PYTHONPATH": str(Path(__file__).parent)}},
        _node_ip_address="127.0.0.1",
        _temp_dir=tempfile.gettempdir(),
    )
    serve.start(http_options={"host": "127.0.0.1", "port": int(port)})
    serve.run(Classifier.bind(folder), route_prefix="/")
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    serve.shutdown()
    ray.shutdown()
