"""Serve a model with MLServer: `python serve_mlserver.py FOLDER PORT MODEL` (MODEL: linear or network)."""

from __future__ import annotations

import argparse
import asyncio
import socket
from pathlib import Path

import joblib
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec, NumpyRequestCodec
from mlserver.settings import ModelParameters
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor
from mlserver_sklearn import SKLearnModel
from weights import load_linear, load_network, logits


class NetworkModel(MLModel):
    """A runtime of one's own, as MLServer's manual shows it: one output with the network's logits."""

    async def load(self) -> bool:
        self.network = load_network(Path(self.settings.parameters.uri))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        answer = logits(self.network, self.decode_request(payload, default_codec=NumpyRequestCodec))
        return InferenceResponse(
            id=payload.id,
            model_name=self.name,
            model_version=self.version,
            outputs=[NumpyCodec.encode_output("logits", answer)],
        )


def model_settings(folder: Path, model: str, *, version: str, described: bool) -> ModelSettings:
    """Say which runtime serves which file, and what the metadata says of it."""
    if model == "network":
        path, runtime, output, features = folder, NetworkModel, "logits", load_network(folder)[0].in_features
    else:
        path, runtime, output = folder / "model.joblib", SKLearnModel, "predict_proba"
        linear = load_linear(folder)
        features = linear.n_features_in_
        joblib.dump(linear, path)  # the one form that its scikit-learn runtime reads
    settings = ModelSettings(
        name=model, implementation=runtime, parameters=ModelParameters(uri=str(path), version=version)
    )
    if described:
        settings.versions = [version]
        settings.inputs = [MetadataTensor(name="records", datatype="FP64", shape=[-1, features])]
        settings.outputs = [MetadataTensor(name=output, datatype="FP64", shape=[-1, -1])]
    return settings


def free_port() -> int:
    """Return a port for gRPC, which MLServer always opens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def serve(settings: Settings, model: ModelSettings) -> None:
    """Run until the process is stopped."""
    await MLServer(settings).start([model])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("model", choices=["linear", "network"])
    parser.add_argument("--version", default="v1")
    parser.add_argument("--described", action="store_true", help="with metadata, which MLServer leaves empty")
    args = parser.parse_args()
    settings = Settings(
        host="127.0.0.1",
        http_port=args.port,
        grpc_port=free_port(),
        metrics_endpoint=None,
        parallel_workers=0,
        debug=False,
    )
    model = model_settings(args.folder, args.model, version=args.version, described=args.described)
    asyncio.run(serve(settings, model))
