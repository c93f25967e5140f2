"""Names, epsilon, classes and risk as sentences, tables and parts of the page."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import mlleaks
from mlleaks import AuditReport, InputError
from mlleaks.report.audit.by_class import leak_by_class
from mlleaks.report.audit.epsilon import epsilon_facts
from mlleaks.report.audit.frames import to_csv
from mlleaks.report.audit.naming import naming_facts
from mlleaks.results.blind_check import BlindCheck
from mlleaks.stats import intervals
from mlleaks.stats.record_evidence import RecordEvidence
from mlleaks.stats.slices import by_slice
from tests.synthetic import planted


def audited(gap, n=1000, seed=0):
    observations = planted(gap, n=n, seed=seed)
    table = {"record_id": observations.ids, "member": observations.member}
    answers = {"posteriors": observations.outputs.posteriors, "label": observations.outputs.labels}
    return mlleaks.audit_posteriors(table | answers)


@pytest.fixture(scope="module")
def leaking():
    return audited(3)


@pytest.fixture(scope="module")
def clean():
    return audited(0)


@pytest.fixture(scope="module")
def page(leaking):
    return leaking.to_html().replace("&#39;", "'").replace("\u00a0", " ")


class TestNames:
    def test_a_sentence_says_how_many_can_be_named(self, leaking):
        (said,) = (s for s in leaking.sentences if "can be named" in s)
        count, of = re.search(r"members, (\d+) of the (\d+) members", said).groups()
        assert (int(count), int(of)) == (len(leaking.named_members().ids), 500)

    def test_no_sentence_without_a_leak(self, clean):
        assert not [s for s in clean.sentences if "named" in s]
        assert "no member can be named" in naming_facts(clean.result)[0]

    def test_too_few_nonmembers_are_told_how_many_it_takes(self):
        facts = naming_facts(audited(3, n=120).result)
        assert "can be named" in facts[0]
        assert "at least 226 non-members; it has 60" in facts[1]

    def test_far_too_few_make_no_error(self):
        report = audited(4, n=40)
        assert "at least 24 non-members; it has 20" in naming_facts(report.result)[0]
        assert "Who can be named" in report.to_html()
        assert report.risk()["p_value"].isna().all()
        assert report.risk()["named_prior_50"].isna().all()

    def test_a_shift_is_said(self, leaking):
        auc = mlleaks.Estimate(0.9, 0.85, 0.95, "made")
        shifted = replace(leaking.result, blind=BlindCheck(auc=auc, p_value=0.001))
        assert "differ by themselves" in naming_facts(shifted)[-1]
        assert "differ by themselves" in epsilon_facts(shifted)[-1]
        assert not [s for s in AuditReport(shifted).sentences if "can be named" in s]

    def test_how_the_attack_was_chosen(self, leaking):
        assert "A random 25 % of the non-members chose the attack" in naming_facts(leaking.result)[2]
        best = leaking.best.attack
        beforehand = replace(leaking.result, headline=best)
        assert "before any figure was computed" in naming_facts(beforehand)[2]
        assert epsilon_facts(beforehand)[1] == "The attack was chosen before any figure was computed."


class TestEpsilon:
    def test_bound_delta_attack_and_assumption(self, leaking):
        bound, (said, chose, assumes) = leaking.epsilon(), epsilon_facts(leaking.result)
        stated = float(re.search(r"at least ([\d.]+) at delta = 1e-05", said)[1])
        assert bound.epsilon - 0.01 < stated <= bound.epsilon  # rounded down
        assert bound.attack in said
        assert "chose the attack" in chose
        assert "independent draws" in assumes

    def test_delta_is_the_user_s(self, leaking):
        assert "delta = 0.2" in leaking.to_html(delta=0.2)
        with pytest.raises(InputError, match="delta = 1.5"):
            leaking.to_html(delta=1.5)

    def test_0_is_no_proof_of_privacy(self, clean):
        assert "does not mean that the training is private" in epsilon_facts(clean.result)[0]

    def test_one_record_on_a_side_is_too_few(self, leaking):
        result = leaking.result
        rows = np.r_[np.flatnonzero(result.member)[:1], np.flatnonzero(~result.member)]
        verdicts = tuple(replace(v, scores=v.scores[rows]) for v in result.verdicts)
        few = replace(result, member=result.member[rows], verdicts=verdicts)
        assert epsilon_facts(few) == ["A bound on epsilon takes at least two members and two non-members."]


class TestClasses:
    def test_figures_are_those_of_the_slices_with_room_for_the_choice_of_the_attack(self, leaking):
        result, table = leaking.result, leaking.by_class()
        level = 1 - 0.05 / len(result.verdicts)
        slices = by_slice(result.member, leaking.best.scores, result.labels, level=level)
        np.testing.assert_array_equal(table[["auc", "low", "high"]], slices[["auc", "low", "high"]])
        own = leaking.by_class(leaking.best.attack)
        assert (own["low"] > table["low"]).all()
        assert table.index.name == "class"

    def test_flagged_shares_are_those_of_the_threshold(self, leaking):
        verdict = next(v for v in leaking.verdicts if v.per_class)
        table = leaking.by_class(verdict.attack)
        counts = {leaking.result.class_names[c.label]: c for c in verdict.per_class}
        for name, row in table.iterrows():
            assert row["members_flagged"] == counts[name].members_flagged / counts[name].members

    def test_a_class_that_leaks_is_found_and_the_others_are_not(self):
        observations, rng = planted(0, n=2000), np.random.default_rng(0)
        p, member = observations.outputs.posteriors.copy(), observations.member
        leaks = (observations.outputs.labels == 3) & member
        p[leaks] = 0.01
        p[leaks, 3] = 0.96 + rng.normal(size=leaks.sum()) * 0.001
        p /= p.sum(axis=1, keepdims=True)
        table = {"record_id": observations.ids, "member": member, "posteriors": p}
        report = mlleaks.audit_posteriors(table | {"label": observations.outputs.labels})
        leak = leak_by_class(report.result)
        assert [row["class"] for row in leak.rows] == ["3"]
        assert any("The class 3 leaks more than" in s for s in leak.sentences)
        assert report.by_class()["worst"].idxmax() == "3"

    def test_no_leak_is_no_table(self, clean):
        assert leak_by_class(clean.result).rows == []
        assert "In none of these" in leak_by_class(clean.result).sentences[0]

    def test_classes_without_enough_records_are_no_error_on_the_page(self):
        report = audited(3, n=60)
        assert leak_by_class(report.result) is None
        assert "Leakage by class" not in report.to_html()
        with pytest.raises(InputError, match="20 members and 20 non-members"):
            report.by_class()

    def test_predicted_classes_stand_in_for_unknown_ones(self):
        observations = planted(3, n=1000)
        table = {"record_id": observations.ids, "member": observations.member}
        report = mlleaks.audit_posteriors(table | {"posteriors": observations.outputs.posteriors})
        assert report.by_class()["members"].sum() == 500
        assert "Leakage by predicted class" in report.to_html()


class TestRisk:
    def test_one_row_per_record_the_most_exposed_first(self, leaking):
        table = leaking.risk()
        assert table["record_id"].is_unique
        assert len(table) == 1000
        assert table["rank"].is_monotonic_increasing
        assert table["p_value"].between(0, 1).all()
        named = set(table.loc[table["named_prior_50"] & table["member"], "record_id"])
        assert named == set(leaking.named_members().ids)
        assert table["agreement"].between(0, 1).all()
        assert table["named_prior_10"].sum() <= table["named_prior_50"].sum()

    def test_records_have_the_same_in_their_own_order(self, leaking):
        records = leaking.records()
        np.testing.assert_array_equal(records["record_id"], leaking.result.ids)
        risk = leaking.risk().set_index("record_id").loc[records["record_id"]]
        for name in ("rank", "p_value", "named_prior_50", "agreement", "reasons"):
            assert records[name].tolist() == risk[name].tolist()
        assert set(records) >= {v.attack for v in leaking.verdicts}

    def test_reasons_are_a_rare_class_and_a_wrong_answer(self):
        observations = planted(3, n=1000)
        labels = np.where(np.arange(1000) < 30, observations.outputs.labels, 0)
        table = {"record_id": observations.ids, "member": observations.member, "label": labels}
        report = mlleaks.audit_posteriors(table | {"posteriors": observations.outputs.posteriors})
        records = report.records()
        rare = records["reasons"].str.contains("rare class")
        assert set(records.loc[rare, "label"]) == {1, 2, 3, 4}
        other = records["reasons"].str.contains("answers another class")
        assert (other == (records["label"] != records["predicted"])).all()

    def test_what_the_caller_knows_is_added(self, leaking):
        far = np.linspace(0, 1, 1000)
        table = leaking.risk(RecordEvidence(outlier_rank=far)).set_index("record_id")
        outliers = table["reasons"].str.contains("outlier")
        assert set(table.index[outliers]) == set(leaking.result.ids[far > 0.95])
        with pytest.raises(InputError, match="outlier_rank"):
            leaking.risk(RecordEvidence(outlier_rank=far[:5]))

    def test_csv_round_trip(self, leaking, tmp_path):
        (tmp_path / "r.csv").write_text(to_csv(leaking.records()))
        again = pd.read_csv(tmp_path / "r.csv", keep_default_na=False, na_values={"p_value": [""]})
        records = leaking.records()
        assert list(again) == list(records)
        for name in ("record_id", "member", "rank", "named_prior_50", "reasons"):
            assert again[name].tolist() == records[name].tolist()
        np.testing.assert_allclose(again["p_value"], records["p_value"])
        np.testing.assert_allclose(again["agreement"], records["agreement"])


class TestPage:
    def test_it_has_names_classes_and_epsilon(self, leaking, page):
        for text in (*naming_facts(leaking.result), *epsilon_facts(leaking.result)):
            assert text in page
        for heading in ("Who can be named", "Leakage by class", "Epsilon from below"):
            assert page.count(f"<h2>{heading}</h2>") == 1

    def test_the_table_has_the_worst_classes_first(self, leaking, page):
        section = page.split("<h2>Leakage by class</h2>")[1].split("</section>")[0]
        table = leaking.by_class()
        assert re.findall(r"<tr><td>(\w+)</td>", section) == table.index[table["low"] > 0.5].tolist()
        assert (np.diff(table["auc"]) <= 0).all()

    def test_intervals_of_the_classes_are_not_those_of_one_class_alone(self, leaking):
        result, table = leaking.result, leaking.by_class()
        inside = result.labels == int(table.index[0])
        alone = intervals.auc(result.member[inside], leaking.best.scores[inside])
        assert table["high"].iloc[0] > alone.high
