"""``mlleaks report``: an audit's records as CSV, and the bound on epsilon at a delta of the user's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mlleaks import AuditReport, audit_posteriors
from tests.synthetic import planted


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    observations = planted(3, n=600)
    ids = [f"=record {i}" for i in range(600)]  # a spreadsheet would run this as a formula
    table = {"record_id": ids, "member": observations.member, "label": observations.outputs.labels}
    return audit_posteriors(table | {"posteriors": observations.outputs.posteriors}).save("run")


def test_records_have_their_risk(mlleaks_, run):
    code, out, err = mlleaks_("report", run, "--records", "risk.csv")
    assert (code, err) == (0, "")
    assert "can be named" in " ".join(out.split())
    table, report = pd.read_csv("risk.csv", keep_default_na=False), AuditReport.load(run)
    named = table.loc[table["member"] & table["named_prior_50"], "record_id"]
    assert set(named) == {f"'{name}" for name in report.named_members().ids}
    assert table["rank"].tolist() == report.records()["rank"].tolist()


def test_delta_is_on_the_page_and_printed(mlleaks_, run):
    code, out, _ = mlleaks_("report", run, "--delta", "1e-3")
    assert code == 0
    assert "at delta = 0.001" in " ".join(out.split())
    assert "delta = 0.001" in Path("run/report.html").read_text()


def test_a_delta_out_of_range_leaves_the_page_as_it_was(mlleaks_, run):
    before = Path("run/report.html").read_text()
    code, _, err = mlleaks_("report", run, "--delta", "1")
    assert (code, "delta = 1.0; expected a number in [0, 1)" in err) == (2, True)
    assert Path("run/report.html").read_text() == before


def test_a_file_that_cannot_be_written_is_explained(mlleaks_, run):
    code, _, err = mlleaks_("report", run, "--records", "no/such/risk.csv")
    assert (code, "no/such" in err) == (2, True)
