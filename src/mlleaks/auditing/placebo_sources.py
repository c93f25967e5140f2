"""From the settings of an audit to its placebo."""

from __future__ import annotations

from copy import deepcopy
from functools import partial

from mlleaks.auditing.cross_fitted_placebo import CrossFittedPlacebo
from mlleaks.auditing.overlap_weights import overlap_weights
from mlleaks.auditing.placebo import PlaceboCheck
from mlleaks.auditing.placebo_models import Impossible
from mlleaks.auditing.reference_settings import ReferenceSettings
from mlleaks.auditing.reference_sources import NO_TRAINER
from mlleaks.data.audit_data import AuditData
from mlleaks.data.record_groups import RecordGroups
from mlleaks.seeds import Seeds
from mlleaks.types import Trainer


def placebo_check(
    data: AuditData,
    trainer: Trainer | None,
    seeds: Seeds,
    *,
    shadows: int,
    settings: ReferenceSettings,
    groups: RecordGroups,
) -> PlaceboCheck:
    """Return the placebo of an audit of a model.

    Parameters
    ----------
    data : AuditData
    trainer : Trainer or None
    seeds : Seeds
    shadows : int
        0: nothing is trained.
    settings : ReferenceSettings
        Of the reference models, beside which the placebo's answers are kept.
    groups : RecordGroups
        Whose record each is: a placebo sees all of a person's records, or none.
    """
    weights = None  # a classifier that sees some records of a person recognises the others
    if groups.persons is None:
        weights = partial(overlap_weights, data.target, seeds.stream("overlap weights"))
    why_not = _why_not(data, trainer, shadows)
    if why_not is not None or trainer is None:
        return PlaceboCheck(Impossible(why_not or NO_TRAINER), weights)
    persons = groups.person_codes(data.target.members.ids)
    unused = deepcopy(trainer)  # one that has changed by training other models would have other answers kept
    models = CrossFittedPlacebo(data.target, data.shadow, unused, settings, persons)
    return PlaceboCheck(models, weights)


def _why_not(data: AuditData, trainer: Trainer | None, shadows: int) -> str | None:
    if shadows == 0:
        return "no model was to be trained: shadows=0 (command line: --shadows 0)"
    if not data.labelled:
        return "it needs true classes: pass members=(X, y) (command line: --label COLUMN)"
    return NO_TRAINER if trainer is None else None
