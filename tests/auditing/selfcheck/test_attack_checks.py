"""A broken attack is named by the self-check; each attack of the registry is broken in turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from mlleaks.attacks import REGISTRY
from mlleaks.auditing.selfcheck.attack_checks import attack_checks
from mlleaks.auditing.selfcheck.planted_leak import GAP, plant
from mlleaks.errors import missing_extra

LEAK, NULL = plant(GAP, 1), plant(0.0, 2)


@dataclass(frozen=True)
class Broken:
    """An attack whose scores are changed."""

    attack: Any
    change: Any

    @property
    def threshold(self):
        return self.attack.threshold

    def score(self, outputs):
        return self.change(self.attack.score(outputs), outputs)


def checks_of(spec, change):
    broken = replace(spec, build=lambda evidence, rng: Broken(spec.build(evidence, rng), change))
    return list(attack_checks([broken], LEAK, NULL))


@pytest.fixture(params=REGISTRY.values(), ids=REGISTRY.keys())
def spec(request):
    return request.param


def test_every_attack_is_checked_and_right(spec):
    checks = checks_of(spec, lambda scores, outputs: scores)
    assert len(checks) >= 2
    assert {(check.name, check.status) for check in checks} == {(spec.name, "ok")}


@pytest.mark.parametrize(
    "change",
    [
        lambda scores, outputs: -scores,
        lambda scores, outputs: np.zeros(len(scores)),
        lambda scores, outputs: np.random.default_rng(0).permutation(scores),
    ],
    ids=["flipped", "constant", "shuffled"],
)
def test_a_broken_attack_is_named(spec, change):
    failed = [check for check in checks_of(spec, change) if check.status == "FAILED"]
    assert failed[0].name == spec.name
    assert failed[0].truth.startswith("a leak")


def test_an_attack_that_knows_the_truth_finds_more_than_there_is(spec):
    """Membership is nowhere in what an attack is given; here it is smuggled in by the first answer."""
    members = {LEAK.target.outputs.posteriors[0, 0]: LEAK.target.member}

    def peek(scores, outputs):
        member = members.get(outputs.posteriors[0, 0], NULL.target.member)
        return member + 0.01 * np.random.default_rng(0).normal(size=len(scores))

    failed = [check.truth for check in checks_of(spec, peek) if check.status == "FAILED"]
    assert "no leak" in failed
    if LEAK.best_auc(spec) < 0.9:
        assert failed[0].startswith("a leak")


def test_an_attack_that_flags_members_only_fails_at_its_own_threshold():
    spec = REGISTRY["gap"]
    failed = checks_of(spec, lambda scores, outputs: np.where(NULL.target.member, scores, -np.inf))
    assert "no leak, own threshold" in [check.truth for check in failed if check.status == "FAILED"]


def test_an_attack_that_raises_is_named():
    def score(scores, outputs):
        raise TypeError("no such thing")

    [check] = checks_of(REGISTRY["loss"], score)
    assert (check.name, check.status, check.got) == ("loss", "FAILED", "TypeError: no such thing")


def test_an_attack_whose_extra_is_missing_is_not_checked():
    def score(scores, outputs):
        raise missing_extra("torch", "torch")

    [check] = checks_of(REGISTRY["loss"], score)
    assert (check.name, check.status) == ("loss", "not checked")
    assert check.got == "needs the optional dependency torch. Install it with: pip install 'mlleaks[torch]'."


def test_an_attack_that_needs_another_kind_of_evidence_is_not_checked():
    class Horoscopes:
        """A kind of evidence that is not made."""

    spec = replace(REGISTRY["loss"], needs=(Horoscopes(),))
    [check] = attack_checks([spec], LEAK, NULL)
    assert (check.status, check.got) == ("not checked", "needs made evidence of the kind Horoscopes")
