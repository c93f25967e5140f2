"""Every study on real data, at the smallest scale: it runs, leaves its files, and a second run is idle."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

import mlleaks
from mlleaks.attacks.transfer import from_json
from mlleaks.cli import main
from mlleaks.datasets import REGISTRY as datasets
from mlleaks.datasets.files import at_hand
from mlleaks.shadows import InProcess
from mlleaks.studies import REGISTRY
from mlleaks.studies.engine.context import StudyContext
from mlleaks.studies.engine.runner import reproduce
from mlleaks.studies.engine.scale import SMOKE

PAIR = ("location", "cifar10")
"""An MLP's and a CNN's."""
HERE = [name for name in (*PAIR, "digits") if at_hand(datasets[name]) is not None]
FILES = {"csv", "html", "png", "svg"}
pytestmark = pytest.mark.slow


def run(folder: Path, *arguments: str) -> None:
    """Call the command; it must finish with nothing skipped."""
    settings = ("--scale", "smoke", "--backend", "in-process", "--store", folder / "store", "--out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sys, "argv", ["mlleaks", "reproduce", *arguments, *map(str, settings), str(folder / "out")]
        )
        with pytest.raises(SystemExit) as stop:
            main()
    assert not stop.value.code


def choice(names: list[str]) -> list[str]:
    return [word for name in names for word in ("--datasets", name)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reproduce")
    run(folder, *choice(HERE))
    return folder


@pytest.mark.parametrize("name", REGISTRY)
def test_every_study_leaves_table_and_pictures(finished, name):
    if name == "why-it-transfers":
        pytest.skip("it needs a pair of the paper's data sets: the next test has one")
    files = [file.suffix[1:] for file in (finished / "out").glob(f"{name}.*")]
    assert set(files) == FILES
    table = pd.read_csv(finished / "out" / f"{name}.csv")
    assert {"dataset", "seed", "metric", "value", "low", "high"} <= set(table)
    assert table["value"].notna().any()
    defined = table.dropna(subset=["value", "low"])
    assert ((defined["low"] <= defined["value"]) & (defined["value"] <= defined["high"])).all()
    if name in (
        "stacking",
        "stacking-parts",
        "stacking-price",
    ):  # at this scale a class of Location has too few records for three parts
        assert {"digits"} <= set(table["dataset"]) <= set(HERE)
    else:
        assert set(table["dataset"]) == set(HERE)
    pictures = list((finished / "out").glob(f"{name}*.png"))
    assert max(picture.stat().st_size for picture in pictures) < 300_000


@pytest.mark.skipif(
    any(at_hand(datasets[name]) is None for name in ("face", "cifar10")), reason="they are not at hand"
)
def test_the_answers_of_a_pair_of_data_sets_are_drawn(tmp_path):
    run(tmp_path, "why-it-transfers", *choice(["face", "cifar10"]))
    table = pd.read_csv(tmp_path / "out" / "why-it-transfers.csv")
    assert set(table["metric"]) == {"same side", "plane"}
    assert (tmp_path / "out" / "why-it-transfers.png").stat().st_size > 10_000


def test_one_page_and_one_text_tell_all(finished):
    page, text = ((finished / "out" / f"reproduction.{end}").read_text() for end in ("html", "md"))
    assert "This is a smoke run" in page
    for name, study in REGISTRY.items():
        assert f'<section id="{name}">' in page
        assert f"## {study.title}\n" in text
    assert sorted(file.name for file in (finished / "out").iterdir() if file.name[0] == ".") == []


def test_the_pretrained_attack_can_be_read(finished):
    attack = from_json((finished / "out" / "transferred.json").read_text())
    observations = StudyContext(finished / "store", SMOKE, InProcess()).observe(
        "digits", 0, SMOKE.reference("digits")
    )
    scores = attack.score(observations.outputs)
    assert scores.shape == (300,)
    assert scores.min() < scores.max()


def test_a_second_run_is_idle_and_says_the_same(finished):
    store = finished / "store"
    before = {file: file.stat().st_mtime_ns for file in store.rglob("*.*") if file.suffix != ".lock"}
    assert len(before) > 50
    context = StudyContext(store, SMOKE, InProcess())
    again = reproduce(REGISTRY.select(REGISTRY), context, only=HERE)
    assert context._files == {}
    for chapter in again.chapters:
        if not chapter.tidy.empty:
            table = (finished / "out" / f"{chapter.name}.csv").read_text()
            assert chapter.tidy.round(6).to_csv(index=False) == table
    after = {file: file.stat().st_mtime_ns for file in store.rglob("*.*") if file.suffix != ".lock"}
    assert after == before


@pytest.mark.parametrize("name", ["news", "face", "words-10", "words-100", "mnist", "cifar100", "adult"])
def test_other_data_sets_run_too(name, tmp_path):
    if at_hand(datasets[name]) is None:
        pytest.skip(f"{name} is not at hand: set MLLEAKS_DATA to a folder that holds it")
    run(tmp_path, "training-free", *choice([name]))
    table = pd.read_csv(tmp_path / "out" / "training-free.csv")
    assert set(table["dataset"]) == {name}
    assert len(list((tmp_path / "store" / "models").glob("*.npy"))) == 2


def test_a_data_set_that_is_unknown_or_nowhere(tmp_path):
    with pytest.raises(mlleaks.InputError, match="the data set 'mnits'; expected one of adult, "):
        reproduce(REGISTRY.select(REGISTRY), StudyContext(tmp_path, SMOKE, InProcess()), only=["mnits"])
