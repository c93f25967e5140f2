"""LiRA without models that were trained on the record: other records of its class show how members answer.

Source: Du, Chen, Li, Wang, *Cascading and Proxy Membership Inference Attacks*, NDSS 2026: proxy records stand
for an audited one on the side that cannot be observed, here records of its class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mlleaks.attacks.class_shifts import Shifts
from mlleaks.attacks.clipping import choose_limit
from mlleaks.attacks.lira import LEAST_MODELS
from mlleaks.attacks.moments import Moments, Side, moments
from mlleaks.attacks.needs import Evidence, Labels, ReferenceModels
from mlleaks.attacks.normals import LEAST, log_normal
from mlleaks.attacks.reference_attack import Formula, reference_attack
from mlleaks.attacks.reference_checks import check_references
from mlleaks.attacks.spec import Attack, AttackSpec
from mlleaks.attacks.transformed import clipped
from mlleaks.errors import InputError
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.types import Bools, Floats, Ints


def class_proxy_scores(
    target: Floats,
    references: Floats | Sequence[Floats],
    *,
    labels: Ints,
    proxies: Floats | Sequence[Floats],
    proxies_trained_on: Bools,
    proxy_labels: Ints,
) -> Floats:
    """Return ``log N(target; out mean + shift, in) - log N(target; out mean, out)`` per record ``(n,)``.

    Both variances are those of a signal around the mean of few models, so they hold what that mean errs by.
    The shift is what training on a record of this class adds to its signal: the mean over proxies of the
    class of (mean of models that were trained on the proxy) less (mean of models that were not), drawn
    towards the mean over all proxies where the class has few. Higher = more likely a member.

    Parameters
    ----------
    target : float array (n,)
        The target's scaled logits.
    references : float array (m, n), or a sequence of m arrays
        Those of reference models that were not trained on these records.
    labels : int array (n,)
        True classes.
    proxies : float array (m, r), or a sequence of m arrays
        What the same models answer about other records.
    proxies_trained_on : bool array (m, r)
        Which proxies each model was trained on.
    proxy_labels : int array (r,)

    Raises
    ------
    InputError
        Shapes that do not fit, values that are not finite, or no proxy with models of both kinds.

    Examples
    --------
    >>> member = np.array([[True, False], [False, True]])
    >>> proxies = np.array([[4.0, 0.0], [0.0, 2.0]])  # shifts of 4 and 2
    >>> classes = np.array([0, 0])
    >>> class_proxy_scores(np.array([3.0, 0.0]), np.array([[-1.0, 1.0], [1.0, -1.0]]), labels=classes,
    ...                    proxies=proxies, proxies_trained_on=member, proxy_labels=classes).round(2)
    array([ 2.05, -3.95])
    """
    target = np.asarray(target, dtype=np.float64)
    never = np.zeros((len(references), len(target)), dtype=bool)
    check_references(target, references, never)
    check_references(np.zeros(np.shape(proxies[0]) if len(proxies) else 0), proxies, proxies_trained_on)
    if np.shape(labels) != target.shape or np.shape(proxy_labels) != np.shape(proxies[0]):
        raise InputError(
            f"labels of shape {np.shape(labels)} and {np.shape(proxy_labels)}",
            expected=f"{target.shape} and {np.shape(proxies[0])}, one class per record",
            fix="Pass the true class of each record and of each proxy.",
        )
    shifts = Shifts.fit(moments(proxies, proxies_trained_on), np.asarray(proxy_labels))
    return _ClassProxies.fit(moments(references, never), np.asarray(labels), shifts).score(target)


@dataclass(frozen=True)
class _ClassProxies:
    """Each record's mean without training on it, and with it; one variance for each."""

    outside: Floats
    inside: Floats
    deviations: tuple[float, ...]

    @classmethod
    def fit(cls, both: Moments, labels: Ints, shifts: Shifts) -> _ClassProxies:
        mean = both.outside.mean
        outside = _predictive_variance(both.outside, otherwise=shifts.variance)
        deviations = (float(np.sqrt(max(value, LEAST))) for value in (shifts.variance, outside))
        return cls(mean, mean + shifts.of(labels), tuple(deviations))

    def score(self, target: Floats, rows: Ints | slice = slice(None)) -> Floats:
        inside = log_normal(target, self.inside[rows], self.deviations[0])
        scores = inside - log_normal(target, self.outside[rows], self.deviations[1])
        return np.where(np.isnan(scores), 0.0, scores)  # all models were trained on the record


def _predictive_variance(side: Side, *, otherwise: float) -> float:
    """Return the variance of another model's signal around the mean of a side's models.

    ``otherwise`` where no record has two models.
    """
    count = side.count[side.count > 0]
    freedom = int((count - 1).sum())
    return float(side.squares.sum() / freedom * (1 + np.mean(1 / count))) if freedom else otherwise


def class_proxies(limit: float, references: References, population: Floats | None) -> Formula:
    """Fit the attack to reference models; scaled logits count within plus or minus ``limit``."""
    audited, proxies = references.audited, _proxies(references)
    both = moments(clipped(audited.values, limit), audited.trained_on)
    side = both if proxies is audited else moments(clipped(proxies.values, limit), proxies.trained_on)
    fitted = _ClassProxies.fit(both, audited.labels, Shifts.fit(side, proxies.labels))
    return lambda target, rows: fitted.score(np.clip(target, -limit, limit), rows)


def _proxies(references: References) -> ReferenceSignals:
    """Return further records on which models were trained, or the audited ones if models were (online)."""
    further = references.further
    return further if further is not None and further.trained_on.any() else references.audited


def _build(evidence: Evidence, rng: np.random.Generator) -> Attack:
    references = evidence[ReferenceModels]
    limit = choose_limit(references, lambda limit: partial(class_proxies, limit))
    return reference_attack(evidence, partial(class_proxies, limit), least=LEAST_MODELS)


ATTACKS = (
    AttackSpec(
        name="class-proxies",
        title="Class proxies: members of the same class",
        source="Du et al., NDSS 2026",
        needs=(ReferenceModels(LEAST_MODELS, online=False, members=True), Labels()),
        build=_build,
        threshold_from="reference models",
    ),
)
