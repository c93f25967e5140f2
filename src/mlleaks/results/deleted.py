"""Whether records that should be forgotten are still answered like members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlleaks.results.blind_check import BlindCheck
from mlleaks.stats.estimate import Estimate
from mlleaks.stats.joint_test import joint_p_values
from mlleaks.stats.metrics import roc
from mlleaks.stats.simultaneous import simultaneous_areas
from mlleaks.types import Floats, Ids, Ints

ALPHA = 0.05
"""If all deleted records were forgotten, at most this share of audits says otherwise."""


@dataclass(frozen=True)
class DeletedRecords:
    """Records that the model was once trained on, and how every attack scores them.

    Parameters
    ----------
    ids : array (n,)
        What each record is called.
    predicted : int array (n,)
        The target's answered class.
    scores : mapping of str to float array (n,)
        By the attacks' names; higher = more likely a member. Each attack scored them in one call with the
        members and non-members, so that scores can be compared.
    blind : BlindCheck, optional
        Whether deleted records and non-members differ by themselves.
    """

    ids: Ids
    predicted: Ints
    scores: Mapping[str, Floats]
    blind: BlindCheck | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Erasure:
    """Deleted records against non-members: if they are forgotten, nothing distinguishes the two.

    Parameters
    ----------
    aucs : mapping of str to Estimate
        Of each attack by name: the probability that a deleted record scores higher than a non-member. The
        95 % intervals hold for all attacks at once.
    p_values : mapping of str to float
        Of each attack, corrected for all attacks: see `mlleaks.stats.joint_test`.
    """

    aucs: Mapping[str, Estimate]
    p_values: Mapping[str, float]

    @property
    def remembered(self) -> bool:
        """Whether some attack finds more deleted records than chance would (5 % level for all together)."""
        return min(self.p_values.values()) <= ALPHA

    @property
    def reversed(self) -> bool:
        """Whether deleted records are answered even less like members than non-members are."""
        return not self.remembered and any(auc.high < 0.5 for auc in self.aucs.values())

    def shown(self, leading: str) -> str:
        """Return the attack that words are about: the leading one, unless only others find something."""
        if self.reversed:
            return min(self.aucs, key=lambda name: self.aucs[name].high)
        if not self.remembered or self.p_values[leading] <= ALPHA:
            return leading
        return min(self.p_values, key=lambda name: (self.p_values[name], -self.aucs[name].value))


def erasure_of(deleted: DeletedRecords, nonmembers: Mapping[str, Floats]) -> Erasure:
    """Return the comparison of deleted records with non-members.

    Parameters
    ----------
    deleted : DeletedRecords
    nonmembers : mapping of str to float array (m,)
        The non-members' scores of the same attacks.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> records = DeletedRecords(np.arange(200), np.zeros(200, int), {"loss": rng.normal(1, 1, 200)})
    >>> erasure_of(records, {"loss": rng.normal(size=200)}).remembered
    True
    """
    side = np.repeat([True, False], [len(deleted), len(next(iter(nonmembers.values())))])
    curves = [roc(side, np.concatenate([deleted.scores[name], rest])) for name, rest in nonmembers.items()]
    return Erasure(
        dict(zip(nonmembers, simultaneous_areas(curves), strict=True)),
        dict(zip(nonmembers, joint_p_values(curves), strict=True)),
    )
