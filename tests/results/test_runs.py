"""Runs on disk: whole or not at all, and nothing damaged is read as a result."""

from __future__ import annotations

import json
import math
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlleaks import AuditReport, CorruptRun, DataUnavailable, InputError, RunExists, audit_posteriors
from mlleaks.results import runs, stored_audit
from mlleaks.storage import atomic, atomic_folder
from tests.synthetic import planted

ROOT = Path(__file__).parents[2]
FILES = {"arrays.npz", "report.html", "result.json"}


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


def result(**changes):
    return replace(report().result, **changes)


def same(a, b):
    assert stored_audit.to_dict(a) == runs.to_dict(b)
    for name in ("member", "predicted", "labels", "ids"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    for verdict, other in zip(a.verdicts, b.verdicts, strict=True):
        np.testing.assert_array_equal(verdict.scores, other.scores)
    return True


def left(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def run(tmp_path):
    runs.save_run(result(), tmp_path / "run", pages={"report.html": "a page"})
    return tmp_path / "run"


def edit(run, change):
    document = json.loads((run / "result.json").read_text())
    change(document)
    (run / "result.json").write_text(json.dumps(document))


def test_a_run_comes_back_as_it_was(tmp_path):
    run = report().save(tmp_path / "run")
    assert same(AuditReport.load(run).result, report().result)
    assert {path.name for path in run.iterdir()} == FILES


def test_a_run_is_stored_without_scratch_beside_it(run):
    assert [path.name for path in run.parent.iterdir()] == ["run"]


def test_undefined_numbers_come_back_undefined(run):
    undefined = [v for v in AuditReport.load(run).verdicts if math.isnan(v.threshold)]
    assert undefined
    assert "NaN" not in (run / "result.json").read_text()
    assert math.isnan(undefined[0].estimates["precision"].value)


def test_an_undefined_p_value_comes_back_undefined(tmp_path):
    verdict = replace(report().verdicts[0], p_value=math.nan)
    runs.save_run(result(verdicts=(verdict,)), tmp_path / "run")
    assert math.isnan(runs.load_run(tmp_path / "run").verdicts[0].p_value)


@pytest.mark.parametrize(
    "ids",
    [
        np.array([f"é{i}" for i in range(200)]),
        np.array([f"id {i}" for i in range(200)], dtype=object),
        pd.Series([f"p{i}" for i in range(200)]).to_numpy(),
        np.arange(200) * 0.5,
        np.arange("2020-01-01", "2020-07-19", dtype="datetime64[D]"),
    ],
    ids=["text", "objects", "pandas", "floats", "dates"],
)
def test_ids_of_any_kind_come_back(tmp_path, ids):
    runs.save_run(result(ids=ids), tmp_path / "run")
    assert runs.load_run(tmp_path / "run").ids.tolist() == ids.tolist()


def test_mixed_ids_come_back_as_text(tmp_path):
    ids = np.array([1, "b", None, 2.5] * 50, dtype=object)
    runs.save_run(result(ids=ids), tmp_path / "run")
    assert runs.load_run(tmp_path / "run").ids.tolist()[:4] == ["1", "b", "None", "2.5"]


def test_a_run_without_labels_comes_back(tmp_path):
    runs.save_run(result(labels=None, target={}), tmp_path / "run")
    assert runs.load_run(tmp_path / "run").labels is None


def test_names_of_any_script_come_back(tmp_path):
    runs.save_run(result(name="模型 ü </script>", class_names=("ä", "b", "c")), tmp_path / "run")
    again = runs.load_run(tmp_path / "run")
    assert (again.name, again.class_names) == ("模型 ü </script>", ("ä", "b", "c"))


def test_parents_are_made(tmp_path):
    runs.save_run(result(), tmp_path / "a" / "b" / "run")
    assert (tmp_path / "a" / "b" / "run" / "result.json").is_file()


def test_an_existing_run_is_not_replaced(run):
    before = (run / "result.json").read_bytes()
    with pytest.raises(RunExists, match="a run at .*Choose another name, or pass overwrite=True"):
        runs.save_run(result(), run)
    assert (run / "result.json").read_bytes() == before


def test_an_existing_run_is_replaced_when_asked(run):
    runs.save_run(result(name="second"), run, pages={"report.html": "a page"}, overwrite=True)
    assert AuditReport.load(run).result.name == "second"
    assert {path.name for path in run.iterdir()} == FILES
    assert [path.name for path in run.parent.iterdir()] == ["run"]


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_is_no_run_is_never_replaced(tmp_path, overwrite):
    folder, file = tmp_path / "thesis", tmp_path / "file"
    folder.mkdir()
    (folder / "chapter.txt").write_text("years of work")
    file.write_text("more work")
    for place in (folder, file):
        with pytest.raises(RunExists, match="a folder or file that is no run at"):
            runs.save_run(result(), place, overwrite=overwrite)
    assert (folder / "chapter.txt").read_text() == "years of work"
    assert file.read_text() == "more work"


def test_a_failed_replacement_leaves_the_old_run(run):
    bad = replace(report().verdicts[0], p_value=object())
    with pytest.raises(TypeError, match="not JSON serializable"):
        runs.save_run(result(verdicts=(bad,)), run, overwrite=True)
    assert same(runs.load_run(run), report().result)
    assert [path.name for path in run.parent.iterdir()] == ["run"]


def test_a_replacement_that_fails_at_the_last_step_leaves_the_old_run(run, monkeypatch):
    rename = Path.rename

    def failing(self, target):
        if self.name == "new":
            raise OSError("the disk went away")
        return rename(self, target)

    monkeypatch.setattr(atomic_folder, "_exchange", lambda a, b: False)  # a system without renameat2
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(InputError, match="which cannot be written .the disk went away"):
        runs.save_run(report().result, run, overwrite=True)
    assert same(runs.load_run(run), report().result)


def test_a_folder_that_is_no_run_says_so(tmp_path):
    with pytest.raises(DataUnavailable, match=r"no result\.json in .*Pass the folder"):
        AuditReport.load(tmp_path)
    with pytest.raises(DataUnavailable, match=r"no result\.json in"):
        AuditReport.load(tmp_path / "nowhere")


def test_missing_arrays_are_a_corrupt_run(run):
    (run / "arrays.npz").unlink()
    with pytest.raises(CorruptRun, match=r"cannot be read .*arrays\.npz.*Run the audit again"):
        AuditReport.load(run)


@pytest.mark.parametrize("cut", [0, 10, 1000])
def test_truncated_arrays_are_a_corrupt_run(run, cut):
    content = (run / "arrays.npz").read_bytes()
    (run / "arrays.npz").write_bytes(content[:cut])
    with pytest.raises(CorruptRun, match=r"arrays\.npz does not belong to result\.json"):
        AuditReport.load(run)


def test_one_flipped_bit_in_the_arrays_is_noticed(run):
    content = bytearray((run / "arrays.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (run / "arrays.npz").write_bytes(bytes(content))
    with pytest.raises(CorruptRun, match="does not belong"):
        AuditReport.load(run)


def test_the_arrays_of_another_run_are_noticed(run, tmp_path):
    runs.save_run(result(ids=np.arange(200) + 1), tmp_path / "other")
    (run / "arrays.npz").write_bytes((tmp_path / "other" / "arrays.npz").read_bytes())
    with pytest.raises(CorruptRun, match="does not belong"):
        AuditReport.load(run)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"1", b"null", b'"text"', b"{}", b"\xff\xfe\x00"])
def test_a_json_that_is_none_is_a_corrupt_run(run, content):
    (run / "result.json").write_bytes(content)
    with pytest.raises(CorruptRun, match="cannot be read"):
        AuditReport.load(run)


@pytest.mark.parametrize("version", [0, 3, None, "2"])
def test_another_schema_version_is_named(run, version):
    edit(run, lambda document: document.update(schema=version))
    with pytest.raises(CorruptRun, match=f"schema version {version}, not 2"):
        AuditReport.load(run)


KEYS = ("name", "verdicts", "skipped", "target", "class_names", "notes", "provenance", "arrays_sha256")


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_was_deleted_is_noticed(run, key):
    edit(run, lambda document: document.pop(key))
    with pytest.raises(CorruptRun, match="cannot be read"):
        AuditReport.load(run)


def better_auc(document):
    document["verdicts"][0]["estimates"]["auc"]["value"] = 0.5


def no_estimate(document):
    del document["verdicts"][0]["estimates"]["auc"]


def text_for_a_number(document):
    document["verdicts"][0]["estimates"]["auc"]["low"] = "high"


def text_for_a_p_value(document):
    document["verdicts"][0]["p_value"] = "none"


def unknown_attack(document):
    document["verdicts"][0]["attack"] = "adversary-9"


def no_verdicts(document):
    document["verdicts"] = []


def fewer_members(document):
    document["records"]["members"] = 3


def other_name(document):
    document["name"] = ["a", "list"]


EDITS = (
    better_auc,
    no_estimate,
    text_for_a_number,
    text_for_a_p_value,
    unknown_attack,
    no_verdicts,
    fewer_members,
    other_name,
)


@pytest.mark.parametrize("change", EDITS, ids=lambda change: change.__name__)
def test_a_result_that_was_edited_is_noticed(run, change):
    edit(run, change)
    with pytest.raises(CorruptRun, match="cannot be read"):
        AuditReport.load(run)


def in_a_process(code, **options):
    code = (
        "from pathlib import Path\nfrom mlleaks.results import runs, stored_audit\n"
        f"from mlleaks.storage import atomic_folder\n{code}"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, **options
    )


AGAIN = """
again = runs.load_run(Path({run!r}))
runs.save_run(again, Path({new!r}), pages={{"report.html": "x" * 1_000_000}}, overwrite=True)
"""


def limited_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.parametrize("name", ["other", "run"])
def test_a_file_limit_leaves_nothing_new_and_the_old_run_whole(run, name):
    code = AGAIN.format(run=str(run), new=str(run.parent / name))
    done = in_a_process(code, preexec_fn=limited_files)
    assert "File too large" in done.stderr
    assert [path.name for path in run.parent.iterdir()] == ["run"]
    assert same(runs.load_run(run), report().result)


def test_a_full_disk_leaves_nothing(small_disk):
    with pytest.raises(InputError, match="which cannot be written .No space left on device"):
        runs.save_run(report().result, small_disk / "run", pages={"report.html": "x" * 2_000_000})
    assert left(small_disk) == []


def test_a_full_disk_leaves_the_old_page(small_disk):
    page = small_disk / "report.html"
    page.write_text("old")
    with pytest.raises(InputError, match="which cannot be written .No space left on device"):
        atomic.write_text(page, "x" * 2_000_000)
    assert left(small_disk) == ["report.html"]
    assert page.read_text() == "old"


DIE = """
import os, signal
calls, original = iter(range(100)), {patched}
def dying(*arguments):
    if next(calls) == {after}:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments)
{patched} = dying
"""


def dying(run, new, patched, after):
    return DIE.format(patched=patched, after=after) + AGAIN.format(run=str(run), new=str(new))


@pytest.mark.parametrize(
    ("patched", "after", "name"),
    [
        ("runs.file_checksum", 0, "other"),
        ("runs.flush", 1, "other"),
        ("Path.rename", 0, "other"),
        ("runs.flush", 1, "run"),
        ("atomic_folder._exchange", 0, "run"),
    ],
)
def test_a_killed_save_leaves_no_half_of_a_run(run, patched, after, name):
    assert in_a_process(dying(run, run.parent / name, patched, after)).returncode == -signal.SIGKILL
    assert [path.name for path in run.parent.iterdir() if not path.name.startswith(".")] == ["run"]
    assert same(runs.load_run(run), report().result)
    assert {path.name for path in run.iterdir()} == FILES
    runs.save_run(result(), run.parent / "next")


def test_a_replacement_is_one_step(run):
    """Killed right after the exchange, before anything is cleaned up: the new run is there, whole."""
    dies_after = (
        "runs.put_in_place = (lambda put: lambda *a: (put(*a), os.kill(os.getpid(), 9)))(runs.put_in_place)\n"
    )
    again = AGAIN.format(run=str(run), new=str(run))
    assert in_a_process(f"import os\n{dies_after}{again}").returncode == -signal.SIGKILL
    assert runs.load_run(run).name == report().result.name
    assert {path.name for path in run.iterdir()} == FILES
    hidden = [path for path in run.parent.iterdir() if path.name.startswith(".")]
    assert same(runs.load_run(hidden[0] / "new"), report().result)


def test_two_paths_are_exchanged_or_left_alone(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("a")
    b.write_text("b")
    swapped = atomic_folder._exchange(a, b)
    assert (a.read_text(), b.read_text()) == (("b", "a") if swapped else ("a", "b"))
    assert not atomic_folder._exchange(a, tmp_path / "nothing")


OLD = Path(__file__).parent / "data" / "run-of-schema-1"


def test_a_run_of_an_earlier_version_opens_with_the_same_figures():
    report = AuditReport.load(OLD)
    stored = {v["attack"]: v for v in json.loads((OLD / runs.RESULT).read_text())["verdicts"]}
    old_name = next(name for name in stored if name.endswith("gap"))
    assert old_name != "gap"
    assert {v.attack for v in report.verdicts} == {*stored} - {old_name} | {"gap"}
    gap, maximum = report.verdict("gap"), report.verdict("adversary-3-maximum")
    assert gap.estimates["auc"].value == stored[old_name]["estimates"]["auc"]["value"]
    assert (gap.uses_labels, gap.reads, maximum.threshold_from) == (True, "predicted class", "random queries")
    assert sum(counts.nonmembers for counts in gap.per_class) == 40
    assert set(report.result.skipped) == {"adversary-1", "shokri"}
    with np.load(OLD / runs.ARRAYS) as arrays:
        np.testing.assert_array_equal(gap.scores, arrays[f"scores {old_name}"])


def test_a_run_that_does_not_say_what_the_attacker_had_still_opens(run):
    edit(run, lambda document: [verdict.pop("needs") for verdict in document["verdicts"]])
    document = json.loads((run / runs.RESULT).read_text())
    document["sha256"] = runs.checksum({key: value for key, value in document.items() if key != "sha256"})
    (run / runs.RESULT).write_text(json.dumps(document))
    assert {v.needs for v in AuditReport.load(run).verdicts} == {None}
