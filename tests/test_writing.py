"""What cannot be written says so in three parts, and leaves nothing; what is exported runs nowhere."""

from __future__ import annotations

import csv
import shutil
from contextlib import suppress
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlleaks import (
    AuditReport,
    CorruptRun,
    Dataset,
    InputError,
    SklearnTrainer,
    audit_posteriors,
    compare_defenses,
)
from mlleaks.comparisons import defenses
from mlleaks.report.audit.frames import to_csv
from mlleaks.report.comparison.report import ComparisonReport
from mlleaks.report.studies.page import save_reproduction
from mlleaks.results import runs
from mlleaks.results.reproduction import Reproduction
from mlleaks.shadows import InProcess
from mlleaks.storage.atomic import is_unwritable, write_bytes
from mlleaks.studies.engine.runner import Unit, measure_unit
from tests.synthetic import planted
from tests.system_commands import make_read_only

FULL = r"which cannot be written .No space left on device.; expected a place .* Free space"


@cache
def report():
    observations = planted(1.0, n=200, k=3)
    p = {f"p_{i}": column for i, column in enumerate(observations.outputs.posteriors.T)}
    table = {
        "record_id": observations.ids,
        "member": observations.member,
        "label": observations.outputs.labels,
    }
    return audit_posteriors(table | p, name="a run")


def comparison():
    row = {"seed": 0, "defense": "none", "adversary": "either", "attack": "target", "low": 0.0, "high": 1.0}
    rows = [row | {"metric": "test_accuracy", "value": 0.5}]
    rows += [row | {"attack": "gap", "metric": m, "value": 0.5} for m in ("auc", "tpr@1%fpr")]
    return ComparisonReport("made", pd.DataFrame(rows), {"data": "made"})


def fill(disk):
    """Leave no room."""
    with suppress(OSError), (disk / "filler").open("wb") as file:
        for _ in range(10**4):
            file.write(b"x" * 4096)
            file.flush()
    assert shutil.disk_usage(disk).free < 4096


def left(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_run_on_a_full_disk(small_disk):
    fill(small_disk)
    with pytest.raises(InputError, match="No space left.*report.save.FOLDER. loses nothing"):
        report().save(small_disk / "run")
    assert left(small_disk) == ["filler"]


def test_charts_on_a_full_disk(small_disk):
    (small_disk / "charts").mkdir()
    fill(small_disk)
    with pytest.raises(InputError, match=FULL):
        report().save_charts(small_disk / "charts", formats=("svg", "png"))
    assert not [path for path in (small_disk / "charts").iterdir() if path.name.startswith(".")]


def test_a_comparison_on_a_full_disk(small_disk):
    fill(small_disk)
    with pytest.raises(InputError, match=FULL):
        comparison().save(small_disk / "c")
    assert not [name for name in left(small_disk) if "/." in name or name.endswith(".html")]


def test_a_reproduction_on_a_full_disk(small_disk):
    fill(small_disk)
    with pytest.raises(InputError, match=FULL):
        save_reproduction(Reproduction((), (), {}, {"scale": "smoke"}), small_disk)
    assert left(small_disk) == ["filler"]


@pytest.mark.parametrize("save", [lambda p: report().save(p), lambda p: report().save_charts(p)])
@pytest.mark.parametrize("where", ["file/below", "x" * 300, "/proc/below"])
def test_a_place_that_is_no_folder(save, where, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="which cannot be written .*; expected a place"):
        save(tmp_path / where)
    assert left(tmp_path) == ["file"]


def test_a_disk_that_is_read_only(small_disk):
    make_read_only(small_disk)
    with pytest.raises(InputError, match="Read-only file system"):
        comparison().save(small_disk / "c")
    with pytest.raises(InputError, match="Read-only file system"):
        report().save(small_disk / "run")


def test_an_unwritable_place_is_known_in_other_processes_too(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="Is a directory") as error:
        write_bytes(tmp_path / "folder", b"x")
    rebuilt = error.value.__reduce__()
    assert is_unwritable(rebuilt[0](*rebuilt[1]))
    assert not is_unwritable(InputError("a", expected="b", fix="c"))
    assert left(tmp_path) == ["folder"]


def refusing(*_, **__):
    write_bytes(Path("/proc/nothing"), b"x")


def test_a_study_stops_where_nothing_can_be_written():
    study = SimpleNamespace(name="made", run=refusing)
    with pytest.raises(InputError, match="cannot be written"):
        measure_unit(Unit(study, "digits", 0, ()), None)


def test_a_comparison_stops_where_nothing_can_be_written(monkeypatch):
    X = np.random.default_rng(0).normal(size=(400, 3))
    data = Dataset("made", X, np.arange(400) % 2, 2)
    answered, original = [], defenses._answers

    def answers(*arguments):
        if answered:
            refusing()
        answered.append(original(*arguments))
        return answered[-1]

    monkeypatch.setattr(defenses, "_answers", answers)
    tree = SklearnTrainer(DecisionTreeClassifier())
    names = ["stacking", "rounding", "label-only"]
    with pytest.raises(InputError, match="cannot be written"):
        compare_defenses(data, tree, names, seeds=1, backend=InProcess())


def posteriors(path):
    observations = planted(1.5, n=120, k=3)
    table = pd.DataFrame(observations.outputs.posteriors, columns=["p_0", "p_1", "p_2"])
    table.assign(
        record_id=observations.ids, member=observations.member, label=observations.outputs.labels
    ).to_csv(path, index=False)


def test_a_run_that_cannot_be_saved_where_it_should_be_is_kept_elsewhere(small_disk, mlleaks_, monkeypatch):
    posteriors(small_disk.parent / "p.csv")
    temporary = small_disk.parent / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with (small_disk / "filler").open("wb") as file:  # room for the first look, not for the page
        file.write(b"x" * 900_000)
    code, out, err = mlleaks_("audit", small_disk.parent / "p.csv", "--out", small_disk / "run")
    assert (code, left(small_disk)) == (2, ["filler"])
    assert "This model leaks" in out
    assert "No space left on device" in err
    [run] = temporary.glob("mlleaks-*/run")
    assert f"The run is saved in {run}: move it" in err.replace("\n", "")
    assert AuditReport.load(run).leaks


def refused_by_the_system(*_, **__):
    raise InputError("a place", expected="room", fix="Free space.")


@pytest.mark.parametrize(
    "fails", ["report.AuditReport.to_html", "results.runs._save"], ids=["the page", "everything"]
)
def test_a_run_is_kept_once_or_leaves_nothing(fails, tmp_path, mlleaks_, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    posteriors(tmp_path / "p.csv")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr(f"mlleaks.{fails}", refused_by_the_system)
    code, _, err = mlleaks_("audit", tmp_path / "p.csv", "--out", tmp_path / "run")
    assert (code, "Free space." in err) == (2, True)
    assert (tmp_path / "run" / runs.RESULT).exists() is (fails != "results.runs._save")
    assert not list(temporary.glob("mlleaks-*"))


def test_exports_of_a_run_that_cannot_be_written(tmp_path, mlleaks_):
    report().save(tmp_path / "run")
    (tmp_path / "file").touch()
    for records in (tmp_path / "run", tmp_path / "file" / "scores.csv", tmp_path / "none" / "scores.csv"):
        code, _, err = mlleaks_("report", tmp_path / "run", "--records", records)
        assert (code, "which cannot be written" in err, "Traceback" in err) == (2, True, False)
    assert not list(tmp_path.rglob(".*"))


def test_an_error_of_the_system_has_three_parts(mlleaks_, monkeypatch):
    def fails(*_, **__):
        raise OSError(5, "Input/output error", "disk")

    monkeypatch.setattr("mlleaks.report.AuditReport.load", fails)
    code, _, err = mlleaks_("report", "run")
    assert code == 2
    assert err.startswith("error: got OSError: [Errno 5] Input/output error: 'disk'; expected files")


@pytest.mark.parametrize("name", ["../../escape", "", "a\nb", "x" * 200])
def test_a_name_stays_in_the_folder_of_runs(name, tmp_path, mlleaks_, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    posteriors("p.csv")
    code, _, err = mlleaks_("audit", "p.csv", "--name", name)
    assert (code, "expected a plain file name" in err) == (2, True)
    assert left(tmp_path) == ["here", "here/p.csv"]
    assert mlleaks_("audit", "p.csv", "--name", name, "--out", "run")[0] == 0


@pytest.mark.parametrize("command", ["defend", "shadows"])
def test_the_name_of_a_file_becomes_no_other_folder(command, tmp_path, mlleaks_, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "x" * 150 + ".csv"
    pd.DataFrame({"a": np.arange(40.0), "label": np.arange(40) % 2}).to_csv(name, index=False)
    code, _, err = mlleaks_(command, name)
    assert (code, "expected a plain file name" in err) == (2, True)
    assert left(tmp_path) == [name]


def test_charts_of_a_crafted_run_stay_in_their_folder(tmp_path):
    evil = replace(report().result.verdicts[0], attack="/../../../escape")
    runs.save_run(replace(report().result, verdicts=(evil,)), tmp_path / "run")
    with pytest.raises(InputError, match="plain file name"):
        AuditReport.load(tmp_path / "run").save_charts(tmp_path / "run" / "charts", formats=("svg",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3+cmd",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "-",
    "+inf",
]
HARMLESS = ["a=1", "1-2", "-1", "-1.5e-3", "+7", "", "é", "'quoted"]


def rows(text):
    return list(csv.reader(StringIO(text, newline="")))


@pytest.mark.parametrize("kind", [object, "str"])
def test_a_cell_that_a_spreadsheet_would_run_is_a_text(kind):
    table = pd.DataFrame({"id": pd.Series(FORMULAS + HARMLESS, dtype=kind)})
    cells = [row[0] for row in rows(to_csv(table.assign(n=0)))[1:]]
    assert cells == [f"'{text}".replace("\r", "\n") for text in FORMULAS] + HARMLESS


def test_a_carriage_return_begins_no_row():
    text = to_csv(pd.DataFrame({"id": ["a\r=1", "b\r\n=1"]}))
    assert rows(text) == [["id"], ["a\n=1"], ["b\n=1"]]
    assert "\r" not in text


def test_numbers_stay_numbers_and_names_of_columns_are_cells_too():
    table = pd.DataFrame({"=a": [-1, 2], "b": [-0.5, np.nan], "c": [True, False], "d": ["-1", "=1"]})
    assert rows(to_csv(table)) == [
        ["'=a", "b", "c", "d"],
        ["-1", "-0.5", "True", "-1"],
        ["2", "", "False", "'=1"],
    ]
    assert list(table.columns) == ["=a", "b", "c", "d"]


def test_ids_and_classes_run_in_no_export(tmp_path, mlleaks_):
    ids = np.array([f"=1+{i}" for i in range(200)])
    runs.save_run(replace(report().result, ids=ids, class_names=("@a", "-b", "c")), tmp_path / "run")
    assert mlleaks_("report", tmp_path / "run", "--records", tmp_path / "scores.csv")[0] == 0
    header, *cells = rows((tmp_path / "scores.csv").read_text())
    assert [row[0] for row in cells] == [f"'{name}" for name in ids]
    assert {row[header.index("label")] for row in cells} == {"'@a", "'-b", "c"}
    table = comparison().tidy.assign(defense="none").replace("gap", "=gap")
    ComparisonReport("made", table, {"data": "made"}).save(tmp_path / "c")
    assert "'=gap" in (tmp_path / "c" / "comparison.csv").read_text()


def test_names_that_are_no_unicode_are_written_as_escapes(tmp_path):
    odd = replace(report().result, name="a\udc80", notes=("b\udcff",))
    run = AuditReport(odd).save(tmp_path / "run")
    assert "a\\udc80" in (run / "report.html").read_text(encoding="utf-8")
    assert AuditReport.load(run).result.name == odd.name


def test_ids_that_are_no_unicode_are_refused(tmp_path):
    ids = np.array([f"a\udc80{i}" for i in range(200)])
    observations = planted(1.0, n=200, k=3)
    with pytest.raises(InputError, match="'record_id' .* which is no Unicode"):
        audit_posteriors(
            {"record_id": ids, "member": observations.member, "posteriors": observations.outputs.posteriors}
        )
    runs.save_run(replace(report().result, ids=ids), tmp_path / "run")
    with pytest.raises(CorruptRun, match="which is no Unicode"):
        AuditReport.load(tmp_path / "run")
