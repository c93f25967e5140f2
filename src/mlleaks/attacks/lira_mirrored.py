"""LiRA with two queries per image: the image itself, and its mirror image.

Source: Carlini et al., *Membership Inference Attacks From First Principles*, IEEE S&P 2022, section VI.C. A
model that was trained on mirrored images remembers these, too. Each query has normal distributions of its
own, and `lira_scores` are the mean over the queries. Shifted images find no more: see
``benchmarks/lira_queries.py``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from mlleaks.attacks.clipping import choose_limit
from mlleaks.attacks.lira import LEAST_MODELS, lira
from mlleaks.attacks.needs import Evidence, Labels, ReferenceModels, Variants
from mlleaks.attacks.reference_attack import Mode, ReferenceAttack, players_of, threshold
from mlleaks.attacks.spec import AttackSpec
from mlleaks.outputs.references import References, positions_of
from mlleaks.outputs.variant_signals import VariantSignals
from mlleaks.types import Floats, Ints


def lira_with_variants(references: References, variants: VariantSignals, mode: Mode) -> ReferenceAttack:
    """Return LiRA over the queries of `variants` and of the records themselves.

    Parameters
    ----------
    references : References
        About the records themselves.
    variants : VariantSignals
        Of the same models, and of the target, about the same records in any order.
    mode : {"online", "offline"}
    """
    audited, rows = references.audited, positions_of(references.audited.ids, variants.ids)
    changed = variants.target[rows]
    values = np.concatenate([audited.values[:, :, None], variants.references[:, rows]], axis=2)
    several = References(replace(audited, values=values), references.pairs)
    fit = lira("global", mode, choose_limit(references, partial(lira, "global", mode)))
    formula = fit(several, None)

    def scores(target: Floats, records: Ints) -> Floats:
        return formula(np.column_stack([target, changed[records]]), records)

    players = players_of(several, fit, least=LEAST_MODELS)
    return ReferenceAttack(audited.ids, scores, threshold(players), lambda: players)


def _spec(name: str, title: str, mode: Mode) -> AttackSpec:
    def build(evidence: Evidence, rng: np.random.Generator) -> ReferenceAttack:
        return lira_with_variants(evidence[ReferenceModels], evidence[Variants], mode)

    online = mode == "online"
    return AttackSpec(
        name=name,
        title=title,
        source="Carlini et al., S&P 2022, section VI.C",
        needs=(ReferenceModels(LEAST_MODELS, online=online), Labels(), Variants()),
        build=build,
        threshold_from="reference models",
    )


ATTACKS = (
    _spec("lira-mirrored", "LiRA, online: the image and its mirror image", "online"),
    _spec("lira-mirrored-offline", "LiRA, offline: the image and its mirror image", "offline"),
)
