"""Words, tables, charts and the page are pure functions of a stored result."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlleaks
from mlleaks.report.audit import charts, frames
from mlleaks.report.audit import text as audit_text
from mlleaks.report.audit.figures import interval, percent
from mlleaks.results import conditions, decision
from mlleaks.stats import intervals, rounding
from mlleaks.stats.metrics import ESTIMATES, roc
from tests.synthetic import planted


def audited(gap, n=1000, seed=0, **more):
    observations = planted(gap, n=n, seed=seed)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "posteriors": observations.outputs.posteriors,
    }
    return mlleaks.audit_posteriors(table | {"label": observations.outputs.labels} | more)


@pytest.fixture(scope="module")
def leaking():
    queries = {"posteriors": planted(0, n=200, seed=9).outputs.posteriors}
    observations = planted(2, n=1000)
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "posteriors": observations.outputs.posteriors,
    }
    return mlleaks.audit_posteriors(
        table | {"label": observations.outputs.labels}, random_queries=queries, name="leaky"
    )


@pytest.fixture(scope="module")
def page(leaking):
    return leaking.to_html()


def test_headlines_grow_with_the_leak():
    texts = [audited(gap).headline for gap in (0, 0.3, 1, 4)]
    assert texts[0] == "Undecided: no leak was found, but one that matters cannot be excluded."
    assert "slightly" in texts[1]
    assert texts[2].startswith("This model leaks: ")
    assert "strongly" in texts[3]


def test_a_clean_report_says_what_it_could_not_exclude():
    report = audited(0)
    text = " ".join(report.sentences)
    assert "may have an AUC of up to" in text
    assert "would be detected in 80 % of audits" in text
    assert "members and as many non-members would show it" in text
    assert f"None of the {len(report.verdicts)} attacks" in text


@pytest.mark.parametrize(("n", "fpr", "named", "seed"), [(1000, 0.01, "1.0 %", 0), (100, 0.02, "2.0 %", 1)])
def test_what_is_not_excluded_bounds_every_attack_at_once(n, fpr, named, seed):
    report = audited(0, n=n, seed=seed)
    assert not report.leaks
    bounds = re.search(
        r"AUC of up to ([\d.]+), and they may find up to ([\d.]+) % of the members at ([\d.]+ %) FPR",
        " ".join(report.sentences),
    )
    level = 1 - 0.05 / len(report.verdicts)
    member = report.result.member
    limits = [
        (
            intervals.auc(member, v.scores, level).high,
            intervals.tpr_at_fpr(roc(member, v.scores), fpr, level).high,
        )
        for v in report.verdicts
    ]
    auc, rate = (max(column) for column in zip(*limits, strict=True))
    assert auc <= float(bounds[1]) < auc + 0.01  # a bound is rounded outward
    assert rate <= float(bounds[2]) / 100 < rate + 0.001
    assert bounds[3] == named
    assert auc > max(v.estimates["auc"].high for v in report.verdicts)  # wider than one attack's own


@given(st.floats(-3, 3), st.integers(0, 3))
def test_bounds_in_sentences_are_rounded_outward(value, digits):
    low, high = float(rounding.rounded_down(value, digits)), float(rounding.rounded_up(value, digits))
    assert low - 1e-6 <= value <= high + 1e-6
    assert high - low <= 10**-digits + 1e-6


def test_intervals_in_sentences_are_rounded_outward():
    text = interval(mlleaks.Estimate(0.7, 0.66696, 0.71201, "exact"))
    assert text == "70.0 % (95 % interval 66.6 % to 71.3 %)"


@pytest.mark.slow
def test_few_records_make_no_strong_words():
    """Of true AUC 0.595, 30 and 30 records: those that are found have a high AUC by chance."""
    member, leaking_reports = np.repeat([True, False], 30), []
    for seed in range(200):
        scores = np.random.default_rng(seed).normal(size=60) + 0.34 * member
        p = 0.5 + 0.5 / (1 + np.exp(-scores))
        table = {"record_id": np.arange(60), "member": member, "posteriors": np.column_stack([p, 1 - p])}
        report = mlleaks.audit_posteriors(table)
        leaking_reports += [report] if report.leaks else []
    assert len(leaking_reports) >= 5
    assert max(report.best.estimates["auc"].value for report in leaking_reports) > decision.CLEAR
    assert not [report.headline for report in leaking_reports if "often tell" in report.headline]
    assert {report.severity for report in leaking_reports} <= {"doubt", "leaks"}


def test_words_go_by_the_ends_of_the_interval(leaking, monkeypatch):
    """The same leak, known more and more exactly."""
    ends = {
        (0.76, 0.9): "leaks strongly",
        (0.7, 0.9): "leaks: its answers often",
        (0.55, 0.9): "leaks, at least slightly",
        (0.52, 0.58): "leaks slightly",
    }
    for (low, high), said in ends.items():
        auc = mlleaks.Estimate(0.8, low, high, "made")
        for module in (decision, audit_text):
            monkeypatch.setattr(module, "strength", lambda _, auc=auc: auc)
        assert said in leaking.headline
        assert leaking.severity == ("leaks" if low >= decision.CLEAR else "doubt")


def test_too_few_non_members_are_named():
    assert "below 2.0 % cannot be measured" in " ".join(audited(4, n=100).sentences)


def test_reversed_scores_are_warned_of(leaking):
    turned = replace(leaking.result, member=~leaking.result.member)
    from mlleaks.attacks.needs import Evidence
    from mlleaks.attacks.threshold import ATTACKS
    from mlleaks.auditing.evaluating import evaluate
    from mlleaks.types import Observations

    observations = planted(2, n=1000)
    flipped = Observations(observations.outputs, ~observations.member)
    verdict = evaluate(ATTACKS[0], ATTACKS[0].build(Evidence({}), np.random.default_rng(0)), flipped)
    notes = audit_text.warnings(replace(turned, verdicts=(verdict,)))
    assert any("Were the two swapped" in note for note in notes)
    assert audit_text.headline(replace(turned, verdicts=(verdict,))).startswith(
        "Members and non-members differ"
    )
    with pytest.raises(mlleaks.InputError, match="the right way round"):
        conditions.parse("leaks").holds(replace(turned, verdicts=(verdict,)))


def test_the_frame_has_every_figure_with_its_interval(leaking):
    frame = leaking.to_frame()
    for name in ("precision", "recall", "fpr", "accuracy", "advantage", "auc", "tpr@10%fpr", "tpr@1%fpr"):
        some = frame.dropna(subset="threshold") if name in ESTIMATES[:5] else frame
        assert (some[f"{name}_low"] <= some[name]).all()
        assert (some[name] <= some[f"{name}_high"]).all()
    assert frame["tpr@0.1%fpr"].isna().all()


def test_json_is_strict_and_round_trips(leaking):
    document = json.loads(leaking.to_json(), parse_constant=pytest.fail)
    assert document["verdicts"][0]["estimates"]["tpr@0.1%fpr"]["value"] is None
    assert document["records"] == {"members": 500, "nonmembers": 500, "smallest_fpr": 0.002}


def test_the_repr_is_short(leaking):
    lines = repr(leaking).splitlines()
    assert lines[0].startswith("Report 'leaky': This model leaks strongly")
    assert len(lines) == 1 + len(leaking.verdicts) + len(set(leaking.result.skipped.values()))


def test_the_verdict_of_a_skipped_attack_says_why(leaking):
    with pytest.raises(mlleaks.InputError, match="'adversary-1', which was skipped"):
        leaking.verdict("adversary-1")
    with pytest.raises(
        mlleaks.InputError, match="attack 'nobody'; expected one of adversary-2, adversary-3-maximum"
    ):
        leaking.verdict("nobody")


def test_the_most_exposed_are_members_in_order(leaking):
    best = leaking.best
    rows = frames.most_exposed(leaking.result, best)
    assert len(rows) == 20
    scores = [row.score for row in rows]
    assert scores == sorted(scores, reverse=True)
    alarms = [row.false_alarms for row in rows]
    assert alarms == sorted(alarms)
    members = set(leaking.result.ids[leaking.result.member].astype(str))
    assert {row.record_id for row in rows} <= members
    nonmembers = best.scores[~leaking.result.member]
    assert alarms[-1] == int((nonmembers >= rows[-1].score).sum())


def test_class_rows_add_up(leaking):
    rows = frames.class_rows(leaking.result, audit_text.sharpest(leaking.result))
    assert sum(row.members for row in rows) == 500
    assert sum(row.nonmembers for row in rows) == 500
    shares = [row.members_share for row in rows]
    assert shares == sorted(shares, reverse=True)


def test_the_charts_are_valid_vega_lite(leaking):
    specs = charts.specs(leaking.result)  # what the page has
    for name, chart in charts.pictures(leaking.result).items():
        assert chart.to_dict(validate=True) == specs[name]


def test_roc_chart_points_are_exact(leaking):
    verdict = leaking.verdicts[0]
    steps = charts._steps(verdict, leaking.result)
    nonmembers = np.sort(verdict.scores[~leaking.result.member])[::-1]
    members = verdict.scores[leaking.result.member]
    for fpr, tpr in steps[["fpr", "tpr"]].to_numpy()[:20]:
        allowed = round(fpr * 500)
        assert tpr == pytest.approx((members > nonmembers[allowed]).mean())


def test_histograms_hold_every_record(leaking):
    table = charts._histogram(leaking.result, leaking.verdicts[0])
    assert table.groupby("who")["share"].sum().tolist() == pytest.approx([1, 1])


@pytest.mark.slow
def test_charts_become_files(leaking, tmp_path):
    files = leaking.save_charts(tmp_path / "charts", formats=("png", "svg", "html"))
    assert {file.name for file in files} >= {"roc.png", "roc.svg", "roc.html", "scores-gap.png"}
    assert (tmp_path / "charts" / "roc.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "charts" / "roc.svg").read_text()
    with pytest.raises(mlleaks.InputError, match="format 'pdf'"):
        leaking.save_charts(tmp_path, formats=("pdf",))


def test_the_page_asks_nothing_of_any_network(page):
    # what the browser would fetch: sources, links and styles, outside the inlined library's strings
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=\"(?!data:)", markup)
    assert "@import" not in markup
    assert "url(" not in markup


def test_the_page_says_what_it_must(leaking, page):
    for text in (leaking.headline, *leaking.sentences, "The most exposed records", "They don't mean"):
        assert text in page.replace("&#39;", "'").replace("\u00a0", " ")
    assert page.count('draw("chart-') == 1 + len(leaking.verdicts)


def test_names_cannot_break_the_page():
    nasty = "</script><script>alert(1)</script>"
    observations = planted(2, n=200)
    ids = np.array([f"{nasty}{i}" for i in range(200)])
    table = {"record_id": ids, "member": observations.member, "posteriors": observations.outputs.posteriors}
    page = mlleaks.audit_posteriors(table, name=nasty).to_html()
    assert "<script>alert" not in page


def test_a_stored_run_renders_the_same_page(leaking, page, tmp_path):
    folder = leaking.save(tmp_path / "run")
    assert mlleaks.AuditReport.load(folder).to_html() == page
    assert (folder / "report.html").read_text() == page


def test_adversary_1_always_has_its_plain_name_beside_it(leaking):
    verdict = replace(
        leaking.verdict("adversary-2"),
        attack="adversary-1",
        title="Adversary 1: one shadow model, three posteriors",
    )
    report = mlleaks.AuditReport(replace(leaking.result, verdicts=(verdict,)))
    assert "adversary-1 (one shadow model) flags" in " ".join(report.sentences)
    assert "scores of adversary-1 (one shadow model)" in report.to_html()


def test_undefined_figures_are_dashes():
    from mlleaks.report.audit.page import bounds

    nothing = mlleaks.Estimate(math.nan, math.nan, math.nan, "undefined")
    assert (rounding.number(nothing.value), bounds(nothing)) == ("–", "")
    assert interval(nothing) == "undefined"


def test_a_leak_of_a_handful_is_reported_as_one():
    clean = planted(0, n=2000, seed=3)
    p = clean.outputs.posteriors.copy()
    p[np.flatnonzero(clean.member)[:40]] = [0.9999, 0.0001, 0, 0, 0]
    report = mlleaks.audit_posteriors({"record_id": clean.ids, "member": clean.member, "posteriors": p})
    assert report.leaks
    assert "gives away some of its members" in report.headline
    assert report.sentences[0].startswith("Of the 40 records with the highest scores 40 are members")
    assert "by chance it would be about 20.0" in report.sentences[0]


def test_sure_nonmembers_alone_are_a_finding():
    """One non-member in twenty gets an answer that no member gets; the rest are alike."""
    member, rng = np.repeat([True, False], 400), np.random.default_rng(1)
    p = rng.uniform(0.6, 1, size=800)
    p[400:420] = rng.uniform(0.5, 0.55, size=20)
    table = {"record_id": np.arange(800), "member": member, "posteriors": np.column_stack([p, 1 - p])}
    report = mlleaks.audit_posteriors(table)
    assert "some records that it was not trained on" in report.headline
    assert report.sentences[0].startswith("Of the 16 records with the lowest scores 16 are non-members")
    assert report.severity == "doubt"


def test_a_weak_leak_of_many_is_not_called_one_of_few():
    """Holm lets pass a ranking that the level of a single test would not; nothing speaks for a few."""
    report = audited(0.35, n=600)
    best = audit_text.best(report.result)
    p_values = {"ranking": 0.00277, "tail": 0.36, "lead": 1.0}
    rest = [replace(v, p_value=1.0) for v in report.verdicts if v is not best]
    result = replace(report.result, verdicts=(replace(best, p_value=0.006, p_values=p_values), *rest))
    assert audit_text.leaks(result)
    assert "some of its members" not in audit_text.headline(result)


def test_rates_that_cannot_be_measured_are_named_in_few_words():
    (sentence,) = (s for s in audited(2, n=6000).sentences if "cannot be measured" in s)
    assert sentence.endswith("false-positive rates below 0.03 % cannot be measured.")


def test_the_order_of_the_classes_changes_no_score():
    """Rows that are permutations of each other tie exactly, to the last bit."""
    rng = np.random.default_rng(0)
    row = rng.dirichlet(np.ones(7))
    rolled = np.array([np.roll(row, i) for i in range(7)] * 30)
    member = rng.random(210) < 0.5
    report = mlleaks.audit_posteriors({"record_id": np.arange(210), "member": member, "posteriors": rolled})
    for v in report.verdicts:
        assert len(np.unique(v.scores)) == 1
        assert v.estimates["auc"].value == 0.5


def test_scores_that_differ_in_the_last_bit_are_drawn():
    p = np.where(np.arange(200)[:, None] % 2, [1.0, 0.0], [1 - 2**-53, 2**-53])
    table = {"record_id": np.arange(200), "member": np.arange(200) % 4 < 2, "posteriors": p}
    assert "chart-roc" in mlleaks.audit_posteriors(table).to_html()


def test_a_page_that_cannot_be_drawn_costs_no_numbers(leaking, tmp_path, monkeypatch):
    monkeypatch.setattr("mlleaks.report.audit.page.render", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        leaking.save(tmp_path / "run")
    assert mlleaks.AuditReport.load(tmp_path / "run").to_json() == leaking.to_json()


def test_the_classes_frame_has_every_attack_and_class(leaking):
    frame = leaking.classes()
    assert len(frame) == 5 * sum(not math.isnan(v.threshold) for v in leaking.verdicts)
    assert (frame.groupby("attack")["members"].sum() == 500).all()


def test_saved_estimates_can_be_exported_with_class_names():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)), np.array(["cat", "dog"])[rng.integers(2, size=200)]
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(class_weight={"cat": 1, "dog": 2}).fit(X[:60], y[:60])
    sides = {"members": (X[:60], y[:60]), "nonmembers": (X[60:120], y[60:120])}
    report = mlleaks.audit(tree, **sides, shadow=(X[120:], y[120:]))
    assert set(report.records()["label"]) == {"cat", "dog"}
    assert "adversary-1" not in report.result.skipped


def with_headline(report, attack):
    return mlleaks.AuditReport(replace(report.result, headline=attack))


def test_an_attack_chosen_beforehand_is_not_called_the_best(leaking):
    """Another has a higher AUC, and is not clearly better."""
    alike = tuple(v for v in leaking.verdicts if v.attack.startswith("adversary-3"))
    leaking = mlleaks.AuditReport(replace(leaking.result, verdicts=alike))
    second, *_, first = sorted(alike, key=lambda v: v.estimates["auc"].value)
    assert second.estimates["auc"].value < first.estimates["auc"].value
    report = with_headline(leaking, second.attack)
    assert report.best.attack == second.attack
    assert f"the attack chosen beforehand ({second.title}) picks" in report.sentences[0]
    highest = f"{percent(first.estimates['auc'].value)} ({first.attack})"
    assert report.sentences[0].endswith(f"The highest figure of all attacks is {highest}.")
    page = report.to_html()
    assert "AUC of the attack chosen beforehand" in page
    assert "was chosen before any figure was computed" in page
    assert "AUC of the best attack" in with_headline(leaking, first.attack).to_html()


def test_an_attack_chosen_beforehand_that_finds_far_less_does_not_lead(leaking):
    """Else bad reference models would make a strong leak look slight."""
    gap = leaking.verdict("gap")
    assert gap.estimates["auc"].high < leaking.best.estimates["auc"].low
    report = with_headline(leaking, "gap")
    assert report.best.attack == leaking.best.attack
    assert report.sentences == leaking.sentences
    assert report.headline == leaking.headline
