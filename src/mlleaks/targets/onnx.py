"""ONNX files, run by onnxruntime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from mlleaks.types import Floats, Records

_DTYPES = {
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


@dataclass
class OnnxModel:
    """A graph with one numeric input and an output of posteriors.

    The posteriors are the last output that is a float tensor with two axes, or the list of
    ``{class: probability}`` that converters of scikit-learn models write by default.
    """

    session: Any
    classes_: list[Any] | None = None
    """Names of the columns, once an answer has told them."""

    @classmethod
    def load(cls, path: Path) -> OnnxModel:
        """Return the model of an ONNX file, on the CPU."""
        return cls(onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]))

    def predict_proba(self, X: Records) -> Floats:
        """Return posteriors ``(n, k)``; records are cast to the graph's input type."""
        entry = self.session.get_inputs()[0]
        if entry.type not in _DTYPES:
            raise ValueError(f"an input of type {entry.type}: only one of numbers can be asked")
        records = np.asarray(X.toarray() if hasattr(X, "toarray") else X)
        answers = self.session.run(None, {entry.name: records.astype(_DTYPES[entry.type])})
        for answer in reversed(answers):
            if isinstance(answer, list) and answer and isinstance(answer[0], dict):
                self.classes_ = sorted(answer[0])
                return np.array([[row[c] for c in self.classes_] for row in answer])
            if getattr(answer, "ndim", 0) == 2 and np.issubdtype(answer.dtype, np.floating):
                return np.asarray(answer)
        raise ValueError("no output of the graph is a table of floats: export probabilities")
