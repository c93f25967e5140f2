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
        records = records.astype(_DTYPES[entry.type])
        fixed = entry.shape[0] if entry.shape and isinstance(entry.shape[0], int) else len(records)
        parts = [
            self._table(self.session.run(None, {entry.name: _filled(records[i : i + fixed], fixed)}))
            for i in range(0, len(records), fixed)
        ]
        return np.concatenate(parts)[: len(records)]

    def _table(self, answers: list[Any]) -> Floats:
        """Return the posteriors among a graph's outputs."""
        for answer in reversed(answers):
            if isinstance(answer, list) and answer and isinstance(answer[0], dict):
                self.classes_ = sorted(answer[0])
                return np.array([[row[c] for c in self.classes_] for row in answer])
            if getattr(answer, "ndim", 0) == 2 and np.issubdtype(answer.dtype, np.floating):
                return np.asarray(answer)
        raise ValueError("no output of the graph is a table of floats: export probabilities")


def _filled(records: Any, size: int) -> Any:
    """Return ``records`` with the last one repeated up to ``size``, for graphs of a fixed batch."""
    lacking = size - len(records)
    return np.concatenate([records, np.repeat(records[-1:], lacking, axis=0)]) if lacking else records
