"""Checks of what is passed to the pure functions of attacks with reference models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from mlleaks.errors import InputError
from mlleaks.types import Bools, Floats


def check_references(target: Floats, references: Floats | Sequence[Floats], trained_on: Bools) -> None:
    """Raise `InputError` unless the shapes fit and all signals are finite numbers.

    Parameters
    ----------
    target : float array (n,) or (n, q)
    references : float array (m, n) or (m, n, q), or a sequence of m arrays
    trained_on : bool array (m, n)
    """
    each = {np.shape(values) for values in references}
    member = np.asarray(trained_on)
    if each != {target.shape} or member.shape != (len(references), len(target)):
        raise InputError(
            f"a target of shape {target.shape}, {len(references)} references of shape "
            f"{' and '.join(map(str, sorted(each))) or '()'} and trained_on of shape {member.shape}",
            expected="(n,), (models, n) and (models, n), for the same records in the same order",
            fix="Pass one signal per record for the target and for each reference model.",
        )
    if member.dtype != bool:
        raise InputError(
            f"trained_on of type {member.dtype}",
            expected="True where a model was trained on a record, else False",
            fix="Pass trained_on.astype(bool).",
        )
    check_finite(target, "the target's signals")
    for model, values in enumerate(references):
        check_finite(values, f"the signals of reference model {model}")


def check_finite(values: Floats, what: str) -> None:
    """Raise `InputError` if some values are not finite, and name the first."""
    kind = np.asarray(values).dtype
    if kind.kind not in "biuf":
        raise InputError(
            f"{what} of type {kind}", expected="real numbers", fix="Pass an array of floating-point numbers."
        )
    finite = np.isfinite(values)
    if not finite.all():
        first = tuple(np.argwhere(~finite)[0].tolist())
        raise InputError(
            f"{int((~finite).sum())} values in {what} that are not finite, the first at {first}",
            expected="finite numbers",
            fix="Clip posteriors before taking log-odds: `mlleaks.outputs.signals.scaled_logit` does.",
        )


def check_posteriors(values: Iterable[Floats], what: str) -> None:
    """Raise `InputError` unless all values are in 0..1."""
    for part in values:
        if not ((np.asarray(part) >= 0) & (np.asarray(part) <= 1)).all():
            raise InputError(
                f"{what} outside of 0..1, or not a number",
                expected="posteriors of the true class",
                fix="Pass posteriors, not logits or losses.",
            )
