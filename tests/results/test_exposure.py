"""Names and bounds on epsilon of a stored result: nothing without a leak, and valid after a choice."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from mlleaks import AuditReport, InputError, audit_posteriors
from mlleaks.results.exposure import exposure_of
from mlleaks.stats.epsilon import epsilon_lower_bound
from mlleaks.stats.naming import name_members
from tests.synthetic import planted

OLD = Path(__file__).parent / "data" / "run-of-schema-1"
NULLS = 150
MOST = binom.ppf(0.9999, NULLS, 0.05)


@cache
def audited(gap, n=600, seed=0):
    observations = planted(gap, n=n, seed=seed)
    table = {"record_id": observations.ids, "member": observations.member}
    answers = {"posteriors": observations.outputs.posteriors, "label": observations.outputs.labels}
    return audit_posteriors(table | answers)


def with_scores(scores, member, **more):
    """Return an audit's result in which the attacks have these scores, by name."""
    result = audited(0.0).result
    verdicts = [replace(result.verdicts[0], attack=name, scores=s) for name, s in scores.items()]
    n = len(member)
    rows = {"member": member, "predicted": result.predicted[:n], "labels": result.labels[:n]}
    return replace(result, verdicts=tuple(verdicts), ids=np.arange(n), **rows | more)


def null_results():
    """Yield results of audits whose eight attacks are alike and know nothing."""
    member = np.repeat([True, False], 150)
    for seed in range(NULLS):
        rng = np.random.default_rng(seed)
        common = rng.normal(size=300)
        yield with_scores({f"attack {i}": common + rng.normal(size=300).round(i) for i in range(8)}, member)


class TestNoLeak:
    @pytest.mark.slow
    def test_epsilon_is_0_and_nobody_is_named_in_nearly_all_audits(self):
        bounds, names = 0, 0
        for result in null_results():
            bounds += exposure_of(result).epsilon().epsilon > 0
            names += len(exposure_of(result).named_members().ids) > 0
        assert bounds <= MOST
        assert names <= 3

    @pytest.mark.slow
    def test_the_same_without_allowance_for_the_choice_would_be_noticed(self):
        bounds = [
            max(epsilon_lower_bound(result.member, v.scores).epsilon for v in result.verdicts) > 0
            for result in null_results()
        ]
        assert sum(bounds) > MOST

    def test_a_real_audit_without_a_leak(self):
        report = audited(0.0)
        assert report.epsilon().epsilon == 0
        assert len(report.named_members().ids) == 0


class TestLeak:
    def test_named_members_are_members_in_the_order_of_their_scores(self):
        report = audited(3.0)
        listed = report.named_members()
        assert len(listed.ids) == round(listed.share.value * 300) > 100
        members = set(report.result.ids[report.result.member].tolist())
        assert set(listed.ids.tolist()) <= members
        place = {name: i for i, name in enumerate(report.result.ids.tolist())}
        scores = report.verdict(listed.attack).scores[[place[i] for i in listed.ids.tolist()]]
        assert (np.diff(scores) <= 0).all()

    @pytest.mark.slow
    def test_false_names_among_fresh_nonmembers_keep_the_level(self):
        """A planted leak; the fresh non-members are records that had no part in the audit."""
        false = []
        for seed in range(60):
            whole = planted(3.0, n=2000, seed=seed)
            fresh = ~whole.member & (np.arange(2000) % 2 == 0)
            rows = np.flatnonzero(~fresh)
            p, y = whole.outputs.posteriors, whole.outputs.labels
            table = {"record_id": rows, "member": whole.member[rows], "posteriors": p[rows], "label": y[rows]}
            report = audit_posteriors(table)
            listed = exposure_of(report.result).names().listed
            scores = {"record_id": np.arange(2000), "member": whole.member, "posteriors": p, "label": y}
            all_scores = audit_posteriors(scores).verdict(report.named_members().attack).scores
            fpr = (all_scores[fresh] >= listed.threshold).mean()
            false.append(fpr / (fpr + listed.share.value))
        assert 0.02 < np.mean(false) < 0.05 + 3 * np.std(false) / np.sqrt(len(false))

    def test_a_lower_prior_names_fewer(self):
        listed = {prior: audited(3.0, n=3000).named_members(prior=prior) for prior in (0.5, 0.1)}
        assert 0 < len(listed[0.1].ids) < len(listed[0.5].ids)

    def test_epsilon_falls_with_delta_and_level(self):
        report = audited(3.0)
        assert report.epsilon().epsilon > 1
        assert report.epsilon(delta=0.2).epsilon < report.epsilon().epsilon
        assert report.epsilon(level=0.999).epsilon < report.epsilon().epsilon
        assert "independent" in report.epsilon().assumption


class TestTheAttackChosenBeforehand:
    def test_it_makes_list_and_bound_with_all_records(self):
        result = audited(3.0).result
        best = max(result.verdicts, key=lambda v: v.estimates["auc"].value)
        report = AuditReport(replace(result, headline=best.attack))
        listed = report.named_members()
        assert (listed.attack, listed.beforehand, listed.calibration) == (best.attack, True, 300)
        alone = name_members(result.member, best.scores)
        assert len(listed.ids) == alone.named[result.member].sum()
        assert report.epsilon().epsilon == epsilon_lower_bound(result.member, best.scores).epsilon

    def test_one_that_is_clearly_worse_does_not(self):
        result = audited(3.0).result
        report = AuditReport(replace(result, headline="gap"))
        assert not exposure_of(report.result).beforehand
        assert report.named_members().attack != "gap"

    def test_it_stays_if_nothing_leaks(self):
        report = AuditReport(replace(audited(0.0).result, headline="gap"))
        assert exposure_of(report.result).beforehand
        assert report.epsilon().attack == "gap"

    def test_a_name_that_no_verdict_has_is_none(self):
        assert not exposure_of(replace(audited(3.0).result, headline="nobody")).beforehand


class TestTooFewRecords:
    member = np.repeat([True, False], [40, 20])

    def result(self, attacks=2, member=member):
        values = np.random.default_rng(0).normal(size=len(member))
        return with_scores({str(i): values for i in range(attacks)}, member)

    def test_it_says_how_many_nonmembers_a_list_needs(self):
        exposure = exposure_of(self.result())
        assert not exposure.enough()
        assert (exposure.nonmembers_needed(), exposure.nonmembers_needed(prior=0.1)) == (24, 226)
        with pytest.raises(InputError, match="at least 24"):
            AuditReport(self.result()).named_members()

    def test_one_attack_needs_fewer(self):
        assert exposure_of(self.result(1)).enough()

    def test_bad_settings(self):
        report = audited(0.0)
        with pytest.raises(InputError, match="delta = 2"):
            report.epsilon(delta=2)
        with pytest.raises(InputError, match="prior 0"):
            report.named_members(prior=0)
        with pytest.raises(InputError, match="level 1"):
            report.named_members(level=1)


def test_each_list_and_bound_is_computed_once():
    exposure = exposure_of(audited(3.0).result)
    assert exposure.names() is exposure.names()
    assert exposure.epsilon() is exposure.epsilon()
    assert exposure.names() is not exposure.names(prior=0.1)


def test_a_run_of_an_earlier_version_has_them(tmp_path):
    report = AuditReport.load(OLD)
    assert report.epsilon().epsilon >= 0
    assert len(report.risk()) == len(report.result.member)
    assert "Who can be named" in report.to_html()


def test_people_bound_epsilon_not_their_rows():
    """Thirty people a side with twenty records each, which resemble each other: rows refute too often."""
    refuted = 0
    for seed in range(NULLS):
        rng = np.random.default_rng(seed)
        person = np.repeat(np.arange(60), 20)
        member = person < 30
        scores = (rng.normal(size=60)[person] + 0.5 * rng.normal(size=len(person))).astype(float)
        result = with_scores({"loss": scores}, member, persons=person, headline="loss", placebo=None)
        refuted += exposure_of(result).epsilon(level=0.95).epsilon > 0
    assert refuted <= MOST


@pytest.mark.parametrize("prior", ["x", None])
def test_a_prior_that_is_no_number_is_refused(prior):
    with pytest.raises(InputError, match="prior"):
        AuditReport(audited(0.5).result).named_members(prior=prior)
