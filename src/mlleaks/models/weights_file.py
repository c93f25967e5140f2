"""The weights of networks as bytes in the safetensors format, which holds numbers and no code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlleaks.errors import missing_extra


def pack_weights(weights: Mapping[str, Any]) -> bytes:
    """Return arrays as a safetensors file.

    Raises
    ------
    MissingExtra
        safetensors is not installed.
    """
    return bytes(_safetensors().save({name: np.array(w, order="C") for name, w in weights.items()}))


def unpack_weights(content: bytes) -> dict[str, Any]:
    """Return the arrays of a safetensors file by name.

    Raises
    ------
    ValueError
        It is damaged.
    MissingExtra
        safetensors is not installed.

    Examples
    --------
    >>> unpack_weights(pack_weights({"bias": np.array([0.0, 1.0])}))
    {'bias': array([0., 1.])}
    """
    safetensors = _safetensors()
    from safetensors import SafetensorError

    try:
        return dict(safetensors.load(content))
    except SafetensorError as error:
        raise ValueError(f"weights that are no safetensors file: {error}") from error


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ModuleNotFoundError as error:
        raise missing_extra("safetensors", "torch") from error
    return safetensors.numpy
