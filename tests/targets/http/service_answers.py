"""What the documentation of each protocol says that a service answers, for posteriors of ones own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mlleaks.targets.http.protocol import Settings

NAMES = ("setosa", "versicolor", "virginica")


@dataclass(frozen=True)
class Example:
    """An endpoint, and its answer to posteriors ``(n, 3)`` as nested lists.

    ``parsed`` is the answer as JSON (or text, for CSV); ``request`` is the body that was sent.
    """

    endpoint: str
    answer: Callable[[list[list[float]], Any], Any]
    settings: Settings = field(default_factory=Settings)
    text: bool = False
    """Whether the records are texts."""


def v2(p, request, *, name="predict_proba"):
    flat = [value for row in p for value in row]
    tensor = {"name": name, "shape": [len(p), len(p[0])], "datatype": "FP64", "data": flat}
    return {"model_name": "iris", "model_version": "3", "id": request["id"], "outputs": [tensor]}


def v2_nested(p, request):
    nested = {"name": "output-0", "shape": [len(p), len(p[0])], "datatype": "FP32", "data": p}
    return {"model_name": "iris", "id": request["id"], "outputs": [nested]}


def v2_onnx(p, request):
    best = [row.index(max(row)) for row in p]
    label = {"name": "output_label", "shape": [len(p)], "datatype": "INT64", "data": best}
    return v2(p, request, name="output_probability") | {
        "outputs": [label, *v2(p, request, name="output_probability")["outputs"]]
    }


def v2_columns(p, request):
    columns = [
        {"name": name, "shape": [len(p), 1], "datatype": "FP64", "data": [row[i] for row in p]}
        for i, name in enumerate(NAMES)
    ]
    return {"model_name": "iris", "id": request["id"], "outputs": columns}


def predictions(p, request):
    return {"predictions": p}


def vertex(p, request):
    rows = [{"classes": list(NAMES), "scores": row} for row in p]
    return {"predictions": rows, "deployedModelId": "42", "modelVersionId": "2", "modelDisplayName": "iris"}


def tf_columns(p, request):
    return {"outputs": {"probabilities": p, "class_ids": [[0]] * len(p)}}


def tf_rows(p, request):
    return {"predictions": [{"probabilities": row, "logits": [0, 1, 2]} for row in p]}


def mlflow_frame(p, request):
    return {"predictions": [dict(zip(("0", "1", "2"), row, strict=True)) for row in p]}


def mlflow_columns(p, request):
    return {"predictions": {name: [row[i] for row in p] for i, name in enumerate(NAMES)}}


def sagemaker(p, request):
    return {"predictions": [{"predicted_label": row.index(max(row)), "score": row} for row in p]}


def sagemaker_csv(p, request):
    return "\n".join(",".join(map(repr, row)) for row in p) + "\n"


def sagemaker_brackets(p, request):
    return "\n".join(str(row) for row in p)


def labels_and_scores(row):
    ranked = sorted(zip(NAMES, row, strict=True), key=lambda pair: -pair[1])
    return [{"label": name, "score": score} for name, score in ranked]


def hugging_face(p, request):
    return [labels_and_scores(row) for row in p]


def azure(p, request):
    import json

    return json.dumps({"result": p})


def bento(p, request):
    return p


def ray(p, request):
    return {"probabilities": p, "model": "iris"}


def own_json(p, request):
    return {"answer": [{"scores": row, "took_ms": 3} for row in p], "names": list(NAMES)}


TEMPLATE = '{"what": "classify", "items": "$rows", "n": "$n"}'
IRIS = "http://localhost:8080"

EXAMPLES: dict[str, list[Example]] = {
    "open-inference": [
        Example(f"{IRIS}/v2/models/iris/infer", v2),
        Example(f"{IRIS}/v2/models/iris", v2_nested),
        Example(f"{IRIS}/v2/models/iris/versions/3/infer", v2_onnx),
        Example(f"{IRIS}/v2/models/iris/infer", v2_columns),
    ],
    "kserve-v1": [Example(f"{IRIS}/v1/models/iris:predict", predictions)],
    "tf-serving": [
        Example(f"{IRIS}/v1/models/iris:predict", predictions),
        Example(f"{IRIS}/v1/models/iris/versions/2:predict", tf_rows),
        Example(f"{IRIS}/v1/models/iris:predict", tf_columns, Settings(body="inputs")),
        Example(f"{IRIS}/v1/models/iris:predict", lambda p, _: {"outputs": p}, Settings(body="inputs")),
    ],
    "vertex": [
        Example(
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/7:predict",
            vertex,
        )
    ],
    "mlflow": [
        Example(f"{IRIS}/invocations", predictions),
        Example(f"{IRIS}/invocations", mlflow_frame, Settings(body="inputs")),
        Example(f"{IRIS}/invocations", mlflow_columns, Settings(body="instances")),
        Example(f"{IRIS}/invocations", lambda p, _: {"predictions": {"dense": p}}),
    ],
    "bentoml": [
        Example("http://localhost:3000/predict", bento),
        Example("http://localhost:3000/predict", lambda p, _: {"output": p}, Settings(body="rows")),
    ],
    "azure-ml": [
        Example("https://iris.westeurope.inference.ml.azure.com/score", azure),
        Example("http://localhost:5001/score", bento, Settings(body="data")),
    ],
    "ray-serve": [Example("http://localhost:8000/iris", ray), Example("http://localhost:8000/", bento)],
    "sagemaker": [
        Example("https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/iris/invocations", sagemaker),
        Example(f"{IRIS}/invocations", sagemaker_csv, Settings(body="csv")),
        Example(f"{IRIS}/invocations", sagemaker_brackets, Settings(body="csv")),
    ],
    "hugging-face": [
        Example("https://router.huggingface.co/hf-inference/models/iris", hugging_face, text=True),
    ],
    "template": [
        Example(
            "http://localhost/classify",
            own_json,
            Settings(template=TEMPLATE, output="$.answer[*].scores", names="$.names"),
        ),
        Example(
            "http://localhost/classify",
            lambda p, _: {"answer": {"p": p}},
            Settings(template=TEMPLATE, output="$.answer.p"),
        ),
    ],
}
"""At least one example per registered protocol; a new protocol needs one."""
