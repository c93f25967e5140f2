"""Hashes of values and documents."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse


def hash_inputs(*parts: Any) -> str:
    """Return the SHA-256 of arrays, tables and plain values, in their order.

    Examples
    --------
    >>> hash_inputs(np.arange(3), "seed", 0) == hash_inputs(np.arange(3), "seed", 0)
    True
    >>> hash_inputs(np.arange(3)) == hash_inputs(np.arange(3.0))
    False
    """
    total = hashlib.sha256()
    for part in parts:
        for piece in _pieces(part):
            total.update(bytes.fromhex(hashlib.sha256(piece).hexdigest()))
    return total.hexdigest()


def _pieces(part: Any) -> list[Any]:
    if hasattr(part, "iloc"):
        import pandas as pd  # a third of a second that only tables need

        hashes = pd.util.hash_pandas_object(part, index=False).to_numpy()
        types = [_type(dtype) for dtype in part.dtypes]  # equal values of another type train other models
        return [repr([list(part.columns), types]).encode(), hashes.tobytes()]
    if sparse.issparse(part):
        csr = sparse.csr_array(part)
        return [repr(csr.shape).encode(), *_pieces(csr.indptr), *_pieces(csr.indices), *_pieces(csr.data)]
    if isinstance(part, np.ndarray):
        if part.dtype.hasobject:
            import pandas as pd

            return _pieces(pd.DataFrame(part.reshape(len(part), -1)))
        return [
            f"{part.dtype}{part.shape}".encode(),
            np.ascontiguousarray(part).reshape(-1).view(np.uint8).data,
        ]
    return [repr(part).encode()]


def _type(dtype: Any) -> str:
    """Return a column's type, of categories with all of these in their order."""
    if not hasattr(dtype, "categories"):
        return str(dtype)
    return f"{dtype.categories.dtype} {dtype.categories.tolist()} {dtype.ordered}"


def checksum(document: dict[str, Any]) -> str:
    """Return the checksum of everything in a document but the checksum itself."""
    rest = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
