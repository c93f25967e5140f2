"""What the checks of skops files share: the error, and looks at ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlleaks.errors import UntrustedFile


def unsafe(what: str) -> UntrustedFile:
    """Return the error about a file that is no work of scikit-learn's own."""
    return UntrustedFile(
        f"a model file with {what}",
        expected="contents as scikit-learn itself leaves them",
        fix="Do not use this file unless you know who made it and how.",
    )


def require(holds: Any, what: str) -> None:
    """Raise `UntrustedFile` about a file with ``what`` unless something holds."""
    if not holds:
        raise unsafe(what)


def inside(values: Any, stop: Any, start: Any = 0) -> bool:
    """Return whether all whole numbers lie in ``start..stop-1``."""
    return bool(np.all((np.asarray(values) >= start) & (np.asarray(values) < stop)))
