"""Serve a model with the server of KServe's SDK: `python serve_kserve.py FOLDER PORT`.

The same model answers both protocols: `/v1/models/linear:predict` and `/v2/models/linear/infer`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import kserve.model_server
import numpy as np
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.protocol.rest.server import RESTServer
from weights import load_linear


class LoopbackServer(RESTServer):
    """KServe's server listens on all addresses and has no option for that; this one stays on loopback."""

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self.config.host = "127.0.0.1"


class Classifier(Model):
    """Probabilities in both protocols, as KServe's manual builds a custom model."""

    def load(self, folder: Path) -> None:
        self.model = load_linear(folder)
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        if not isinstance(payload, InferRequest):
            return {"predictions": self.model.predict_proba(np.asarray(payload["instances"])).tolist()}
        answer = self.model.predict_proba(payload.inputs[0].as_numpy())
        output = InferOutput(name="probabilities", shape=list(answer.shape), datatype="FP64")
        output.set_data_from_numpy(answer, binary_data=False)
        return InferResponse(response_id=payload.id, model_name=self.name, infer_outputs=[output])


if __name__ == "__main__":
    folder, port = sys.argv[1:]
    sys.argv = sys.argv[:1]
    model = Classifier("linear")
    model.load(Path(folder))
    kserve.model_server.RESTServer = LoopbackServer
    ModelServer(http_port=int(port), enable_grpc=False).start([model])
