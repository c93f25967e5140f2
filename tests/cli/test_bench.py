"""``mlleaks bench`` from a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("empty_folder")

TINY = ("bench", "digits", "--trainer", "tree", "--targets", 2, "--largest-part", 150)
HERE = ("--backend", "in-process")


@pytest.mark.slow
def test_attacks_are_compared_and_the_page_opens_again(mlleaks_):
    arguments = (*TINY, *HERE, "--models", "1,2,4", "--attacks", "base,gap,adversary-1")
    code, out, err = mlleaks_(*arguments)
    assert code == 0, err
    assert "TPR at 1 % FPR by the number of models" in out
    folder = Path("runs/digits-bench")
    assert str(folder / "attacks.html") in out
    page = (folder / "attacks.html").read_text(encoding="utf-8")
    assert "Every attack was run on the same 2 targets" in page
    stored = json.loads((folder / "attacks.json").read_text())
    assert stored["facts"]["reference models"] == "2, 4"
    assert (folder / "attacks.csv").read_text().startswith("seed,target,attack,models,queries,seconds,auc")
    answers = {path: path.stat().st_mtime_ns for path in (folder / "answers").glob("*.npy")}
    assert len(answers) == 7
    assert mlleaks_(*arguments)[0] == 0  # the same command continues
    assert {path: path.stat().st_mtime_ns for path in (folder / "answers").glob("*.npy")} == answers
    code, _, err = mlleaks_(*TINY, *HERE, "--models", "2")
    assert (code, "another comparison in" in err, "attacks, reference models" in err) == (2, True, True)
    (folder / "attacks.html").unlink()
    code, again, err = mlleaks_("report", folder, "--charts", "png")
    assert code == 0, err
    assert again == out
    assert (folder / "attacks.html").read_text(encoding="utf-8") == page
    assert {path.name for path in (folder / "charts").iterdir()} == {"power.png", "cost.png"}
    code, _, err = mlleaks_("report", folder, "--records", "scores.csv")
    assert (code, "--records with a comparison of attacks" in err) == (2, True)


def test_attacks_are_listed(mlleaks_):
    code, out, _ = mlleaks_("bench", "--list")
    assert code == 0
    assert {"gap", "lira", "rmia", "combined"} <= set(out.split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--models", "2,three"), "--models three; expected whole numbers"),
        (("--models", "2,5"), "5 reference models; expected 1 for one shadow model, or even numbers"),
        (("--attacks", "gap,lyra"), "the attack 'lyra'; expected one of"),
        (("--jobs", 2, "--backend", "in-process"), "--jobs 2 with --backend in-process"),
    ],
)
def test_what_cannot_be_is_refused(mlleaks_, options, message):
    code, out, err = mlleaks_(*TINY, *options)
    assert (code, out, message in err) == (2, "", True)
    assert not Path("runs").exists()


def test_a_folder_of_no_run_is_said_to_be_none(mlleaks_):
    code, _, err = mlleaks_("report", ".")
    assert (code, "no result.json in ." in err) == (2, True)


def test_attacks_that_query_variants_are_skipped_with_a_reason(mlleaks_):
    code, out, err = mlleaks_(*TINY, *HERE, "--models", "2", "--attacks", "base,label-noise,lira")
    assert code == 0, err
    assert "label-noise: this comparison queries no variants of records" in out
    assert "lira: 2 reference models; the attack needs 4\n" in out
