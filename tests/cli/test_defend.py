"""``mlleaks defend`` from a shell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("empty_folder")


def a_file(n=240):
    rng = np.random.default_rng(0)
    y = np.arange(n) % 3
    table = pd.DataFrame(rng.normal(size=(n, 6)) + y[:, None] * 0.3).add_prefix("x")
    table.assign(kind=np.array(["a", "b", "c"])[y]).to_csv("mine.csv", index=False)


@pytest.mark.slow
def test_defenses_of_a_file_of_records(mlleaks_, tmp_path):
    a_file()
    arguments = ("defend", "mine.csv", "--label", "kind", "--trainer", "tree", "--seeds", 1)
    code, out, err = mlleaks_(*arguments, "--defenses", "label-only,rounding", "--backend", "in-process")
    assert code == 0, err
    assert "AUC of the strongest attack" in out
    assert "label-only" in out
    page = "runs/mine-defenses/comparison.html"
    assert page in out
    assert "Every defense was attacked" in Path(page).read_text(encoding="utf-8")
    code, _, err = mlleaks_(*arguments, "--defenses", "label-only")
    assert (code, "another comparison in" in err) == (2, True)
    assert mlleaks_(*arguments, "--defenses", "label-only", "--overwrite", "--backend", "in-process")[0] == 0


def test_a_defense_that_does_not_fit_offers_stacking(mlleaks_):
    a_file()
    code, _, err = mlleaks_(
        "defend", "mine.csv", "--label", "kind", "--trainer", "tree", "--defenses", "dropout"
    )
    assert code == 2
    assert "Use stacking" in err


def test_defenses_are_listed(mlleaks_):
    code, out, _ = mlleaks_("defend", "--list")
    assert code == 0
    assert out.split()[:2] == ["dropout", "stacking"]


def test_without_data_the_command_says_what_is_missing(mlleaks_):
    code, out, err = mlleaks_("defend")
    assert (code, out) == (2, "")
    assert "Missing argument 'DATA'" in err


@pytest.mark.parametrize(
    "names", [("--defenses", "rounding,drop out"), ("--defenses", "rounding", "--defenses", "drop out")]
)
def test_an_unknown_defense_is_refused_however_the_names_are_passed(mlleaks_, names):
    code, _, err = mlleaks_("defend", "digits", "--trainer", "tree", *names)
    assert (code, "the defense 'drop out'; expected one of dropout, stacking" in err) == (2, True)


def test_a_label_does_not_go_with_a_data_set(mlleaks_):
    code, _, err = mlleaks_("defend", "digits", "--label", "y")
    assert (code, "--label y with the data set digits; expected --label only with a file" in err) == (2, True)
