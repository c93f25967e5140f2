"""LiRA: a likelihood ratio between two normal distributions of each record's scaled logit.

Source: Carlini, Chien, Nasr, Song, Terzis, Tramer, *Membership Inference Attacks From First Principles*, IEEE
S&P 2022: equation (3) and algorithm 1 (online), equation (4) (offline), section VI for the variances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from mlleaks.attacks.clipping import choose_limit
from mlleaks.attacks.moments import moments
from mlleaks.attacks.needs import Evidence, Labels, ReferenceModels
from mlleaks.attacks.normals import Normals, Variance
from mlleaks.attacks.reference_attack import Fit, Formula, Mode, reference_attack
from mlleaks.attacks.reference_checks import check_references
from mlleaks.attacks.spec import Attack, AttackSpec
from mlleaks.attacks.transformed import clipped
from mlleaks.errors import InputError
from mlleaks.outputs.references import References
from mlleaks.types import Bools, Floats

LEAST_MODELS = 4
"""Two on each side of a record: of one there is no variance."""


def lira_scores(
    target: Floats,
    references: Floats | Sequence[Floats],
    *,
    trained_on: Bools,
    mode: Mode = "online",
    variance: Variance = "global",
) -> Floats:
    """Return LiRA's score of each record ``(n,)``; higher = more likely a member.

    Online: ``log N(target; in) - log N(target; out)``, the means of the models that were trained on the
    record, and of those that were not. Offline: ``-log Pr[N(out) > target]``, which looks at the models that
    were not.

    Parameters
    ----------
    target : float array (n,) or (n, q)
        The target's scaled logits; of several queries per record the mean of the scores counts.
    references : float array (m, n) or (m, n, q), or a sequence of m arrays
        Those of each reference model; read one model at a time.
    trained_on : bool array (m, n)
        Which records each model was trained on.
    mode : {"online", "offline"}
    variance : {"global", "per-record"}
        One variance per side for all records, around each record's own mean; or one for each record, which
        wants 64 models or more. A record with a single model on a side has the common variance there. Other
        implementations take the variance of all logits of a side around their common mean. That one contains
        the spread between records: on Location the ranks are the same, on Adult their correlation is 0.99.

    Raises
    ------
    InputError
        Shapes that do not fit, or values that are not finite.

    Notes
    -----
    A record without a model on a side that counts gets 0 online, the score of no evidence, and offline
    ``log 2``.

    The mean of the scores of ``q`` queries is the log-ratio of two normal distributions of all queries, taken
    to be independent of each other, divided by ``q``: it ranks as that ratio does.

    Examples
    --------
    >>> trained_on = np.array([[True], [True], [False], [False]])
    >>> references = np.array([[2.0], [4.0], [-1.0], [1.0]])
    >>> lira_scores(np.array([3.0]), references, trained_on=trained_on).round(2)
    array([4.5])
    """
    if mode not in ("online", "offline") or variance not in ("global", "per-record"):
        raise InputError(
            f"mode={mode!r} and variance={variance!r}",
            expected='"online" or "offline", "global" or "per-record"',
            fix="Pass one of each.",
        )
    target = np.asarray(target, dtype=np.float64)
    check_references(target, references, trained_on)
    return Normals.fit(moments(references, trained_on), variance).score(target, mode)


def lira(variance: Variance, mode: Mode, limit: float = np.inf) -> Fit:
    """Return how LiRA is fitted to reference models; see `mlleaks.attacks.reference_attack`.

    Scaled logits count within plus or minus ``limit``.
    """

    def fit(references: References, population: Floats | None) -> Formula:
        audited = references.audited
        normals = Normals.fit(moments(clipped(audited.values, limit), audited.trained_on), variance)
        return lambda target, rows: normals.take(rows).score(np.clip(target, -limit, limit), mode)

    return fit


def _build(variance: Variance, mode: Mode) -> Callable[[Evidence, np.random.Generator], Attack]:
    attack = partial(lira, variance, mode)

    def build(evidence: Evidence, rng: np.random.Generator) -> Attack:
        limit = choose_limit(evidence[ReferenceModels], attack)
        return reference_attack(evidence, attack(limit), least=LEAST_MODELS)

    return build


def _spec(name: str, how: str, variance: Variance, mode: Mode) -> AttackSpec:
    return AttackSpec(
        name=name,
        title=f"LiRA, {mode}: {how}",
        source="Carlini et al., S&P 2022, algorithm 1" + (", equation 4" if mode == "offline" else ""),
        needs=(ReferenceModels(LEAST_MODELS, online=mode == "online"), Labels()),
        build=_build(variance, mode),
        threshold_from="reference models",
    )


ATTACKS = (
    _spec("lira", "likelihood ratio, one variance for all records", "global", "online"),
    _spec("lira-per-record", "likelihood ratio, a variance per record", "per-record", "online"),
    _spec("lira-offline", "models without the record", "global", "offline"),
)
