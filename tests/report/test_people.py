"""What the page and the sentences say where several records belong to one person."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import mlleaks
from mlleaks import InputError
from mlleaks.report.audit.page import render
from mlleaks.report.audit.people import people_section
from mlleaks.stats.groups import by_person


@cache
def report(*, leak=1.5, people=60, rows=10, uneven=False):
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 2 * rows, size=people) if uneven else np.full(people, rows)
    person = np.repeat(np.arange(people), sizes)
    n, member = len(person), person < people // 2
    logit = rng.normal(size=people)[person] + rng.normal(size=n) + leak * member
    p = 0.5 + 0.5 / (1 + np.exp(-logit))
    table = {"record_id": np.arange(n), "member": member, "p_0": 1 - p, "p_1": p}
    columns = {"who": [f"ann <{i}>" for i in person], "region": np.where(np.arange(n) % 2, "north", "south")}
    return mlleaks.audit_posteriors(pd.DataFrame(table | columns), groups="who", slices="region")


def test_the_table_of_people_is_that_of_the_statistics():
    result = report().result
    table = report().people()
    expected = by_person(result.member, report().best.scores, result.persons)
    assert table["person"].tolist() == expected.ids.tolist()
    assert table["score"].tolist() == expected.scores.tolist()
    assert set(table["records"]) == {10}
    other = report().people("adversary-3-std", how="max")
    assert other["score"].max() == report().verdict("adversary-3-std").scores.max()


def test_the_section_counts_people():
    section = people_section(report().result, report().verdicts)
    assert (section.members, section.nonmembers) == (30, 30)
    counts = "300 records of 30 people who are members and 300 records of 30 people who are not"
    assert section.facts[0] == f"There are {counts}."
    assert len(section.columns) == 6
    first = by_person(
        report().result.member, report().verdicts[0].scores, report().result.persons
    ).estimates()
    assert section.rows[0].estimates[0] == first["auc"]
    table = report().people()
    members = table[table["member"]].sort_values("score", ascending=False)
    assert [one.person for one in section.exposed] == members["person"].head(10).tolist()
    assert section.exposed[0].false_alarms == int(
        (table.loc[~table["member"], "score"] >= section.exposed[0].score).sum()
    )


def test_the_highest_score_is_compared_only_where_people_have_equally_many_records():
    section = people_section(report(uneven=True).result, report(uneven=True).verdicts)
    assert (section.highest, len(section.columns)) == (False, 3)
    assert "higher by chance alone" in section.facts[-1]


def test_the_sentences_count_people():
    text = " ".join(report().sentences)
    assert report().leaks
    assert "Counting people, each with the mean score of their records" in text
    assert "10 % of the 30 people who are not members" in text
    assert "With 300 non-members" not in text


def test_what_cannot_be_excluded_is_for_other_people():
    quiet = report(leak=0.0)
    assert not quiet.leaks
    text = next(s for s in quiet.sentences if "cannot be excluded" in s)
    assert "all records of a person count together" in text
    assert "% of the people among the members" in text


def test_the_page_says_what_counts_rows_and_what_people():
    page = render(report().result)
    assert "<h2>People</h2>" in page
    assert "<h2>Leakage by slice</h2>" in page
    assert "People audited" in page
    assert "ann &lt;" in page
    assert "ann <" not in page.split("<script")[0]
    assert "Every figure but the TPRs has its 95 % interval" in page


def test_without_persons_the_page_is_as_before():
    table = report().records()[["record_id", "member"]].assign(p_0=0.4, p_1=0.6)
    plain = mlleaks.audit_posteriors(table)
    page = render(plain.result)
    assert "<h2>People</h2>" not in page
    assert "Leakage by slice" not in page
    with pytest.raises(InputError, match="an audit without persons.*--group COLUMN"):
        plain.people()
    with pytest.raises(InputError, match="an audit without slices.*--slice COLUMN"):
        plain.by_slice()


def test_infinite_scores_have_a_mean():
    verdict = report().verdicts[0]
    scores = verdict.scores.copy()
    scores[0], scores[1] = np.inf, -np.inf
    odd = replace(report().result, verdicts=(replace(verdict, scores=scores),))
    table = mlleaks.AuditReport(odd).people(verdict.attack)
    assert np.isfinite(table["score"]).all()


def test_slices_that_are_too_small_say_so():
    small = report(people=24, rows=4)
    assert "There are no figures by slice: 2 slices, none of them with 20 people who are members" in render(
        small.result
    )


def test_a_stored_run_keeps_persons_and_slices(tmp_path):
    loaded = mlleaks.AuditReport.load(report().save(tmp_path / "run"))
    for name in ("persons", "slices"):
        stored = getattr(loaded.result, name)
        assert stored.dtype.kind == "U"
        assert stored.tolist() == getattr(report().result, name).tolist()
    assert loaded.result.p_values == report().result.p_values
    assert loaded.sentences == report().sentences
    assert (tmp_path / "run" / "report.html").read_text() == render(loaded.result)
