"""The limit of scaled logits: found without the target, where it matters."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from mlleaks.attacks.clipping import choose_limit, is_saturated
from mlleaks.attacks.lira import lira
from tests.synthetic import planted_references

LIRA = partial(lira, "global", "online")


def saturated(share=0.2, seed=0):
    """References of which some answers are as certain as can be, at random."""
    references = planted_references(2.0, models=8, seed=seed)
    signals = references.audited
    rng = np.random.default_rng(seed)
    sign = np.where(rng.random(signals.values.shape) < 0.5, -1, 1)
    values = np.where(rng.random(signals.values.shape) < share, 103.6 * sign, signals.values)
    return replace(references, audited=replace(signals, values=values))


def test_saturated_answers_are_cut_off():
    references = saturated()
    assert is_saturated(references)
    assert choose_limit(references, LIRA) <= 6.0


def test_plain_answers_keep_their_tails():
    references = planted_references(2.0)
    assert not is_saturated(references)
    assert choose_limit(references, LIRA) >= 2.0


def test_offline_the_further_records_decide():
    references = saturated()
    never = replace(references.audited, trained_on=np.zeros_like(references.audited.trained_on))
    further = replace(references.audited, ids=references.audited.ids + 10_000)
    offline = replace(references, audited=never, further=further)
    assert choose_limit(offline, LIRA) == choose_limit(references, LIRA)


def test_nothing_is_cut_off_where_nothing_can_play():
    references = planted_references(2.0)
    never = replace(references.audited, trained_on=np.zeros_like(references.audited.trained_on))
    assert choose_limit(replace(references, audited=never), LIRA) == np.inf
    assert choose_limit(references.models(np.array([0, 1])), LIRA) == np.inf
