"""LiRA with several queries per image: the mean of one score per query, whatever the records' order."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from mlleaks.attacks.clipping import choose_limit
from mlleaks.attacks.lira import lira, lira_scores
from mlleaks.attacks.lira_mirrored import lira_with_variants
from mlleaks.outputs.signals import scaled_logit
from mlleaks.outputs.variant_signals import VariantSignals
from mlleaks.stats.metrics import auc
from mlleaks.types import Outputs
from tests.synthetic import planted_references, planted_variants

REFERENCES = planted_references(1.0, n=400, models=12)
N = len(REFERENCES.audited)


def target_of(member, gap=1.0, seed=3):
    """Return outputs whose scaled logits are higher by ``gap`` for members."""
    logits = np.random.default_rng(seed).normal(gap * member)
    labels = REFERENCES.audited.labels
    posteriors = np.full((N, 5), 0.0)
    posteriors[np.arange(N), labels] = 1 / (1 + np.exp(-logits))
    rest = (1 - posteriors[np.arange(N), labels]) / 4
    posteriors = np.where(posteriors == 0, rest[:, None], posteriors)
    return Outputs(posteriors, labels, REFERENCES.audited.ids)


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_each_query_has_distributions_of_its_own(mode):
    member = np.arange(N) % 2 == 0
    outputs = target_of(member)
    variants = planted_variants(1.0, member, REFERENCES, queries=3, seed=8)
    attack = lira_with_variants(REFERENCES, variants, mode)
    target = np.column_stack([scaled_logit(outputs.posteriors, outputs.labels), variants.target])
    values = np.concatenate([REFERENCES.audited.values[:, :, None], variants.references], axis=2)
    trained_on = REFERENCES.audited.trained_on
    limit = choose_limit(REFERENCES, partial(lira, "global", mode))
    target, values = np.clip(target, -limit, limit), np.clip(values, -limit, limit)
    each = [lira_scores(target[:, q], values[:, :, q], trained_on=trained_on, mode=mode) for q in range(4)]
    one_variance = lira_scores(target, values, trained_on=trained_on, mode=mode)
    np.testing.assert_allclose(attack.score(outputs), one_variance, rtol=1e-9)
    assert np.corrcoef(np.mean(each, axis=0), one_variance)[0, 1] > 0.999


def test_more_queries_find_more_and_the_threshold_holds():
    member = np.arange(N) % 2 == 0
    outputs = target_of(member)
    variants = planted_variants(1.0, member, REFERENCES, queries=9, seed=8)
    several = lira_with_variants(REFERENCES, variants, "online")
    empty = VariantSignals(variants.target[:, :0], variants.references[:, :, :0], variants.ids)
    single = lira_with_variants(REFERENCES, empty, "online")
    scores = several.score(outputs)
    assert auc(member, scores) > auc(member, single.score(outputs)) + 0.1
    assert (scores[~member] > several.threshold).mean() <= 0.05
    assert (scores[member] > several.threshold).mean() > 0.3


def test_records_are_found_by_their_ids():
    member = np.arange(N) % 2 == 0
    outputs = target_of(member)
    variants = planted_variants(1.0, member, REFERENCES, seed=8)
    order = np.random.default_rng(1).permutation(N)
    mixed = VariantSignals(variants.target[order], variants.references[:, order], variants.ids[order])
    expected = lira_with_variants(REFERENCES, variants, "online").score(outputs)
    np.testing.assert_allclose(lira_with_variants(REFERENCES, mixed, "online").score(outputs), expected)
    np.testing.assert_allclose(
        lira_with_variants(REFERENCES, mixed, "online").score(outputs.take(order)), expected[order]
    )
