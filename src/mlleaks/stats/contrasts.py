"""How much better attacks do against the target than against models that saw none of the records.

Such a model is a placebo: what an attack finds there cannot be membership, only a difference between the two
sides. Both are attacked on the same records, so much of their sampling error cancels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from mlleaks.stats.auc_interval import PSEUDO_RECORDS
from mlleaks.stats.contrasted import BEYOND, Contrasted
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.metrics import Roc, roc, tpr_at_fpr
from mlleaks.stats.power import POWER
from mlleaks.stats.shares import LEVEL
from mlleaks.stats.significance import from_bottom, values_within
from mlleaks.stats.weighted_auc import weighted_area
from mlleaks.types import Bools, Floats, Ints

METHOD = "DeLong, paired, max-T over all attacks"
FEW_MODELS = 4
"""Of fewer placebo models, how much models differ is not estimated."""
FPR = 0.01
_DRAWS = 20_000

Scored = tuple[Ints, Floats]
"""Records by position, and an attack's scores of them against one model."""


@dataclass(frozen=True)
class Contrast:
    """Areas under the ROC of one attack, by the reading of its scores: all ranks, the highest, the lowest.

    Parameters
    ----------
    member : bool array (n,)
    target, placebo : float arrays (r,)
        One area for each reading.
    influence, of_placebo : float arrays (r, n)
        How much each record adds to the error of ``target - placebo``, and of ``placebo``.
    extra, extra_placebo : float arrays (r,)
        Variance besides: for small samples, as much of it as remains of the records' own in the difference,
        and between placebo models.
    tpr : float
        The placebo's TPR at 1 % FPR; nan with too few non-members.
    """

    member: Bools
    target: Floats
    placebo: Floats
    influence: Floats
    of_placebo: Floats
    extra: Floats
    extra_placebo: Floats
    tpr: float


def contrast(
    member: Bools, scores: Floats, placebo: Sequence[Scored], *, weights: Floats | None = None
) -> Contrast | None:
    """Return how an attack does against the target and against placebo models.

    Parameters
    ----------
    member : bool array (n,)
    scores : float array (n,)
        Against the target; higher = more likely a member.
    placebo : sequence of (rows, scores)
        Against each placebo model, for the records that it was not trained on. Models without members or
        without non-members do not count.
    weights : float array (n,), optional
        How much each record counts; by default all the same.

    Returns
    -------
    Contrast or None
        None if no model counts, or a side is empty.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> member = np.repeat([True, False], 500)
    >>> both = contrast(member, rng.normal(size=1000) + member, [(np.arange(1000), rng.normal(size=1000))])
    >>> both.target.round(2).tolist(), both.placebo.round(2).tolist()
    ([0.78, 0.52, 0.51], [0.53, 0.5, 0.5])
    """
    each = np.ones(len(member)) if weights is None else weights
    parts = [part for rows, own in placebo if (part := _Part.of(member, rows, own, each)) is not None]
    target = _Part.of(member, np.arange(len(member)), scores, each)
    if target is None or not parts:
        return None
    weights = np.array([part.weight for part in parts])
    weights /= weights.sum()
    areas = np.stack([part.areas for part in parts])
    of_placebo = np.zeros_like(target.influence)
    for part, weight in zip(parts, weights, strict=True):
        of_placebo[:, part.rows] += np.float32(weight) * part.influence
    extra = (weights[:, None] * np.stack([part.extra for part in parts])).sum(axis=0)
    between = _between(areas, np.stack([part.variances for part in parts]))
    influence = target.influence - of_placebo
    apart = _squares(target.influence) + _squares(of_placebo)
    cancels = np.divide(_squares(influence), apart, out=np.ones_like(apart), where=apart > 0)
    return Contrast(
        member=member,
        target=target.areas,
        placebo=weights @ areas,
        influence=influence,
        of_placebo=of_placebo,
        extra=(target.extra + extra) * np.minimum(cancels, 1) + between * (1 + (weights**2).sum()),
        extra_placebo=extra + between * (weights**2).sum(),
        tpr=float(weights @ [part.tpr for part in parts]),
    )


def contrast_all(
    contrasts: Mapping[str, Contrast], persons: Ints | None = None
) -> tuple[Mapping[str, Contrasted], float]:
    """Return each attack beside its placebo, and the p-value of "the two sides do not differ".

    The intervals of the differences hold for all attacks at once, and so do those of the placebo's AUCs. The
    p-value of a shift is that of all the placebo's areas in either direction: a few records of another kind
    on one side hardly move an AUC, and fill the ends of the ranking.

    Parameters
    ----------
    contrasts : mapping of str to Contrast
        By attack; all of the same records.
    persons : int array (n,), optional
        Whose record each is, in ``0..g-1``: then errors are those of other people, not of other records.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> member, rows = np.repeat([True, False], 500), np.arange(1000)
    >>> shifted, leaking = rng.normal(size=1000) + member, rng.normal(size=1000) + 2 * member
    >>> placebo = [(rows, shifted)]
    >>> a, b = contrast(member, leaking, placebo), contrast(member, shifted, placebo)
    >>> attacks, shift = contrast_all({"a": a, "b": b})
    >>> round(attacks["a"].difference.value, 2), attacks["a"].p_value < 0.001, attacks["b"].p_value > 0.5
    (0.15, True, True)
    >>> shift < 0.001
    True
    """
    if not contrasts:
        return {}, 1.0
    each, size = list(contrasts.values()), len(contrasts)
    difference = np.stack([c.target - c.placebo for c in each])
    member, readings = each[0].member, difference.shape[1]
    errors, root = _errors([c.influence for c in each], [c.extra for c in each], member, persons)
    freedom = math.inf if persons is None else min(_counts(member, persons)) - 1.0
    deviates = _deviates(root, freedom)
    highest = np.sort(deviates.max(axis=1))
    whole = np.quantile(np.abs(deviates[:, ::readings]).max(axis=1), LEVEL)
    reached = (difference / errors.reshape(size, readings)).max(axis=1)
    p_values = 1 - np.searchsorted(highest, reached, side="left") / _DRAWS
    detectable = (np.quantile(highest, 1 - BEYOND) + norm.ppf(POWER)) * errors.reshape(size, readings)
    placebo_errors, placebo_root = _errors(
        [c.of_placebo for c in each], [c.extra_placebo for c in each], member, persons
    )
    deviates = np.abs(_deviates(placebo_root, freedom))
    areas = np.stack([c.placebo for c in each])
    departure = np.max(np.abs(areas - 0.5) / placebo_errors.reshape(size, readings))
    shift = 1 - np.searchsorted(np.sort(deviates.max(axis=1)), departure, side="left") / _DRAWS
    critical = np.quantile(deviates[:, ::readings].max(axis=1), LEVEL)
    compared = {
        name: Contrasted(
            _estimate(areas[i, 0], critical * placebo_errors[readings * i], 0.0),
            c.tpr,
            _estimate(difference[i, 0], whole * errors[readings * i], -1.0),
            max(float(p_values[i]), 1 / _DRAWS),
            error=float(errors[readings * i]),
            detectable=float(detectable[i, 0]),
            detectable_share=float(2 * detectable[i, 1]),  # such members raise this area by half their share
        )
        for i, (name, c) in enumerate(contrasts.items())
    }
    return compared, max(float(shift), 1 / _DRAWS)


@dataclass(frozen=True)
class _Part:
    """One model's areas, by the reading of its scores."""

    rows: Ints
    areas: Floats
    influence: Floats
    extra: Floats
    variances: Floats
    weight: float
    tpr: float

    @classmethod
    def of(cls, member: Bools, rows: Ints, scores: Floats, weights: Floats) -> _Part | None:
        own, each = member[rows], weights[rows]
        if not own.any() or own.all():
            return None
        curve = roc(own, scores)
        readings = [scores, *(end.astype(float) for end in _ends(curve))]
        shares = [each[side] / each[side].sum() for side in (own, ~own)]
        areas, influence = np.empty(len(readings)), np.zeros((len(readings), len(rows)), dtype=np.float32)
        for i, reading in enumerate(readings):
            areas[i], influence[i] = weighted_area(own, reading, each)
        sizes = [1 / float(part @ part) for part in shares]  # records of equal weight that would say as much
        extra = PSEUDO_RECORDS * areas * (1 - areas) * sum(1 / size**2 for size in sizes)
        variances = _squares(influence) + extra
        weight = sizes[0] * sizes[1] / sum(sizes)
        return cls(rows, areas, influence, extra, variances, weight, tpr_at_fpr(curve, FPR))


def _ends(curve: Roc) -> list[Bools]:
    """Return which records are among the highest scores, and which are not among the lowest."""
    values = len(curve.flagged) - 1
    top = curve.first_flagged <= values_within(curve.flagged)
    return [top, curve.first_flagged <= values - values_within(from_bottom(curve))]


def _between(areas: Floats, variances: Floats) -> Floats:
    """Return how much areas vary between models, beyond what the records explain."""
    if len(areas) < FEW_MODELS:
        return np.zeros(areas.shape[1])
    return np.asarray(np.maximum(areas.var(axis=0, ddof=1) - variances.mean(axis=0), 0))


def _squares(influence: Floats) -> Floats:
    return np.asarray((influence.astype(np.float64) ** 2).sum(axis=1))


def _errors(
    influence: list[Floats], extra: list[Floats], member: Bools, persons: Ints | None
) -> tuple[Floats, Floats]:
    """Return standard errors ``(k,)`` and a root of the correlation ``(k, k)``.

    With persons, their records' influences are summed before they are squared, and each side's sum gets the
    factor ``g / (g - 1)`` of its ``g`` people; see `mlleaks.stats.clustered`.
    """
    values, few = np.concatenate(influence), np.concatenate(extra)
    covariance = np.diag(few).astype(np.float64)
    if persons is None:
        covariance += values @ values.T
    else:
        for side, people in zip((member, ~member), _counts(member, persons), strict=True):
            summed = np.stack([np.bincount(persons[side], row[side]) for row in values])
            covariance += summed @ summed.T * (people / max(people - 1, 1))
    errors = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    size, vectors = np.linalg.eigh(covariance / np.outer(errors, errors))
    return errors, np.asarray(vectors * np.sqrt(np.maximum(size, 0)))


def _counts(member: Bools, persons: Ints) -> tuple[int, int]:
    """Return how many people there are among the members, and among the others."""
    return len(np.unique(persons[member])), len(np.unique(persons[~member]))


def _deviates(root: Floats, freedom: float) -> Floats:
    """Return draws of what the differences are, in standard errors: normal, or of Student's *t*."""
    rng = np.random.default_rng(0)
    normal = rng.standard_normal((_DRAWS, len(root))) @ root.T
    if math.isinf(freedom):
        return np.asarray(normal)
    return np.asarray(normal / np.sqrt(rng.chisquare(max(freedom, 1), (_DRAWS, 1)) / max(freedom, 1)))


def _estimate(value: float, half: float, least: float) -> Estimate:
    low, high = max(value - half, least), min(value + half, 1.0)
    return Estimate(float(value), float(low), float(high), METHOD)
