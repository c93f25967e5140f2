"""What the combined attack looks at: the statistics of the attacks with reference models, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, log_expit

from mlleaks.attacks.clipping import choose_limit, is_saturated
from mlleaks.attacks.lira import lira
from mlleaks.attacks.moments import Side, moments
from mlleaks.attacks.normals import log_normal
from mlleaks.attacks.student_t import predictive
from mlleaks.attacks.student_t_density import StudentT
from mlleaks.attacks.variance_prior import Prior, fit_prior
from mlleaks.outputs.references import References, ReferenceSignals
from mlleaks.types import Bools, Floats, Ints

LEAST = 1e-12
"""Posteriors and deviations below this count as that."""
MARGINAL = 0.3
"""RMIA's offline constant. The attack learns what the statistic is worth, so nothing is chosen."""


@dataclass(frozen=True)
class ReferenceStatistics:
    """What reference models say about records.

    Parameters
    ----------
    outside, inside : StudentT
        The predictive densities of the models that were not trained on a record, and of those that were.
    mean_out, mean_in : float arrays (n,)
        Their mean scaled logits.
    posterior_out, posterior : float arrays (n,)
        The mean posteriors of the true class, over the models that were not trained on a record and over all.
    """

    outside: StudentT
    mean_out: Floats
    posterior_out: Floats
    inside: StudentT
    mean_in: Floats
    posterior: Floats

    def take(self, rows: Ints) -> ReferenceStatistics:
        """Return what is known about the records at some positions."""
        return ReferenceStatistics(
            self.outside.take(rows),
            self.mean_out[rows],
            self.posterior_out[rows],
            self.inside.take(rows),
            self.mean_in[rows],
            self.posterior[rows],
        )


@dataclass(frozen=True)
class Statistics:
    """How a record's statistics are computed, with what is common to all records.

    Parameters
    ----------
    limit : float
        Where scaled logits are cut off, for normal distributions.
    student_limit : float
        The same for Student-t distributions.
    deviations : tuple of float
        Of signals around each record's own mean: of models that were trained on it, and of the rest.
    inside, outside : Prior
        Of the signals of either side.
    online : bool
        Whether models were trained on the records. If not, only one side is looked at.
    """

    limit: float
    student_limit: float
    deviations: tuple[float, float]
    inside: Prior
    outside: Prior
    online: bool

    @classmethod
    def fit(cls, references: References, signals: ReferenceSignals) -> Statistics:
        """Return limits and priors, from all reference models together.

        ``signals`` are those of the records on which models play the target.
        """
        limit = choose_limit(references, partial(lira, "global", "online"))
        student = limit if is_saturated(references) else np.inf
        narrow = moments(np.clip(signals.values, -limit, limit), signals.trained_on)
        deviations = _deviation(narrow.inside), _deviation(narrow.outside)
        both = moments(np.clip(signals.values, -student, student), signals.trained_on)
        priors = fit_prior(both.inside), fit_prior(both.outside)
        return cls(limit, student, deviations, *priors, online=references.online)

    def about(self, signals: ReferenceSignals) -> ReferenceStatistics:
        """Return what some reference models say about records, whatever the target answers."""
        both = moments(np.clip(signals.values, -self.limit, self.limit), signals.trained_on)
        wide = moments(np.clip(signals.values, -self.student_limit, self.student_limit), signals.trained_on)
        posteriors = expit(signals.values.astype(np.float64))
        out, inside = predictive(wide.outside, self.outside), predictive(wide.inside, self.inside)
        return ReferenceStatistics(
            outside=out,
            mean_out=np.where(both.outside.count > 0, both.outside.mean, out.location),
            posterior_out=_mean(posteriors, ~signals.trained_on),
            inside=inside,
            mean_in=np.where(both.inside.count > 0, both.inside.mean, inside.location),
            posterior=np.maximum(posteriors.mean(axis=0), LEAST),
        )

    def of(self, target: Floats, reference: ReferenceStatistics) -> Floats:
        """Return the statistics of each record ``(n, d)``.

        Parameters
        ----------
        target : float array (n,)
            The target's scaled logits.
        reference : ReferenceStatistics
            What reference models say about the same records.
        """
        x = np.asarray(target, dtype=np.float64)
        at, far = np.clip(x, -self.limit, self.limit), np.clip(x, -self.student_limit, self.student_limit)
        evidence, out, inside = log_expit(x), reference.outside, reference.inside
        columns = [
            at,
            np.maximum(evidence, -20),
            reference.mean_out,
            (at - reference.mean_out) / self.deviations[1],
            (far - out.location) / out.scale,
            np.log(out.scale),
            evidence - np.log(reference.posterior_out),
            evidence - np.log(((1 + MARGINAL) * reference.posterior_out + 1 - MARGINAL) / 2),
        ]
        if not self.online:
            return np.column_stack(columns)
        columns += [
            log_normal(at, reference.mean_in, self.deviations[0])
            - log_normal(at, reference.mean_out, self.deviations[1]),
            inside.log_density(far) - out.log_density(far),
            evidence - np.log(reference.posterior),
            reference.posterior,
            reference.mean_in,
            (at - reference.mean_in) / self.deviations[0],
            (far - inside.location) / inside.scale,
            np.log(inside.scale),
            reference.mean_in - reference.mean_out,
        ]
        return np.column_stack(columns)


def _mean(posteriors: Floats, counted: Bools) -> Floats:
    """Return the mean over the models that count; over all where none does."""
    number = counted.sum(axis=0)
    some = (posteriors * counted).sum(axis=0) / np.maximum(number, 1)
    return np.asarray(np.maximum(np.where(number > 0, some, posteriors.mean(axis=0)), LEAST))


def _deviation(side: Side) -> float:
    """Return the deviation from each record's own mean, as an unbiased estimate; 1 where it is unknown."""
    freedom = int(np.maximum(side.count - 1, 0).sum())
    return max(float(np.sqrt(side.squares.sum() / freedom)), LEAST) if freedom else 1.0
