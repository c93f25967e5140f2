"""Pictures and pages of studies, made from tables of the size that a full run has."""

from __future__ import annotations

import json
import math
from io import BytesIO
from itertools import product

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mlleaks import defenses
from mlleaks.report.studies import figures
from mlleaks.report.studies import page as reproduction
from mlleaks.report.studies.png import reduce_png
from mlleaks.report.studies.tables import full_table, short_table
from mlleaks.report.studies.text import as_markdown
from mlleaks.results.reproduction import BOTH, Chapter, Claim, Finding, Picture, Reproduction
from mlleaks.stats.aggregation import summarize
from mlleaks.studies import REGISTRY
from mlleaks.studies.engine.study import PAPER, READINGS, Study
from mlleaks.studies.paper import stacking_parts, stacking_price

GRIDS: dict[str, dict[str, tuple]] = {
    "first-adversary": {"attack": ("adversary-1", "shokri")},
    "overfitting": {"attack": ("adversary-1", "target")},
    "epochs": {"attack": ("adversary-1", "target"), "epochs": (5, 10, 20, 30, 50)},
    "posteriors": {"attack": ("adversary-1",), "posteriors": ("1", "2", "3", "10", "all")},
    "shadow-count": {"attack": ("adversary-1",), "shadows": (1, 2, 5, 10)},
    "hyperparameters": {
        "attack": ("adversary-1",),
        "shadow": ("as the target", "hidden x 0.5", "hidden x 2", "learning_rate x 0.5", "epochs x 2"),
    },
    "structure": {
        "attack": ("adversary-1",),
        "target": ("network", "logistic", "forest"),
        "shadow": ("network", "logistic", "forest"),
    },
    "combining": {
        "attack": ("combining", "same algorithm", "network shadow", "logistic shadow", "forest shadow"),
        "target": ("network", "logistic", "forest"),
    },
    "transfer": {"attack": ("adversary-2",), "target": (*PAPER, "words-10", "words-100")},
    "training-free": {"attack": ("maximum", "standard deviation", "entropy")},
    "threshold": {"attack": ("adversary-3-maximum",), "t": (1, 5, 10, 25, 50, 75, 90)},
    "mlaas": {
        "attack": ("adversary-1", "combining", "adversary-2", "adversary-3", "gap", "target"),
        "answers": ("all posteriors", "top three", "label"),
        "algorithm": ("random forest", "logistic regression"),
    },
    "three-adversaries": {"attack": ("adversary-1", "adversary-3", "adversary-2")},
    "dropout": {"attack": ("adversary-1", "adversary-2", "target"), "defense": ("none", "dropout")},
    "dropout-ratios": {
        "attack": ("adversary-1", "target"),
        "inputs": ("0 %", "25 %", "50 %", "75 %"),
        "hidden": ("0 %", "25 %", "50 %", "75 %"),
    },
    "dropout-placement": {
        "attack": ("adversary-1", "target"),
        "epochs": (50, 200),
        "dropout": ("none", "input 0.5, hidden 0.5", "dense input 0.5, hidden 0.5"),
    },
    "as-published": {"attack": ("adversary-1", "target"), "settings": ("ours", "authors' code")},
    "stacking-parts": {
        "attack": ("adversary-1", "adversary-3", "target"),
        "defense": ("none", *stacking_parts.STACKS),
    },
    "stacking-price": {
        "attack": ("adversary-1", "adversary-2", "target"),
        "defense": ("none", *stacking_price.WAYS),
    },
    "defenses-compared": {
        "attack": ("adversary-1", "adversary-2", "target"),
        "defense": ("none", *defenses.REGISTRY),
    },
    "stacking": {"attack": ("adversary-1", "adversary-2", "target"), "defense": ("none", "stacking")},
    "attack-model": {
        "attack": ("perceptron", "softmax regression"),
        "cut": ("at one half", "where precision equals recall on the shadow"),
    },
    "pretrained": {"attack": ("adversary-2, pretrained", "adversary-1")},
    "schedules": {"attack": ("adversary-1", "target"), "schedule": ("constant", "settling")},
}
TARGET = ("train_accuracy", "test_accuracy", "overfitting")


def made(study: Study) -> pd.DataFrame:
    """A table of one seed in which every setting of a study has values."""
    rng = np.random.default_rng(len(study.name))
    grid = GRIDS.get(study.name, {})
    rows = []
    for dataset in study.datasets:
        for setting in product(*grid.values()):
            where = dict(zip(grid, setting, strict=True))
            metrics = TARGET if where.get("attack") == "target" else READINGS
            rows += [{"dataset": dataset} | where | value(m, 0.5 + 0.5 * rng.random()) for m in metrics]
        if study.name == "threshold":
            rows += [
                {"dataset": dataset, "attack": "distribution", "t": b / 20, "who": who}
                | value("share", rng.random() / 5)
                for who in ("members", "others", "random")
                for b in range(20)
            ]
        if study.name == "why-it-transfers":
            rows.append({"dataset": dataset, "attack": f"neighbours of {dataset}"} | value("same side", 0.8))
            who = [f"{name}, {side}" for name in (dataset, "cifar100") for side in ("members", "others")]
            rows += [
                {"dataset": dataset, "attack": "plane", "who": w}
                | dict(zip("xy", rng.normal(size=2) * 40, strict=True))
                | value("plane", 0.0)
                for w in who
                for _ in range(100)
            ]
    return pd.DataFrame(rows).assign(seed=0)


def value(metric, v):
    return {"metric": metric, "value": v, "low": v - 0.03, "high": min(1, v + 0.02)}


def as_chapter(study: Study, tidy: pd.DataFrame, **more) -> Chapter:
    texts = {name: getattr(study, name) for name in ("name", "title", "figure", "claim", "published")}
    finding = Finding("reproduced", "AUC 0.900, as the claim says; " * 5)
    return Chapter(
        **texts | more,
        finding=finding,
        tidy=tidy,
        summary=summarize(tidy),
        index=study.index,
        metrics=study.metrics,
        pictures=study.pictures,
        short=study.short,
    )


@pytest.fixture(scope="module")
def chapters():
    return {name: as_chapter(study, made(study)) for name, study in REGISTRY.items()}


def views(spec) -> list:
    """All single pictures of a chart."""
    inner = [view for key in ("hconcat", "concat", "vconcat") for view in spec.get(key, [])]
    return [v for view in inner for v in views(view)] or [spec]


def marks(view) -> set:
    layers = view.get("layer", [view])
    return {layer["mark"]["type"] for layer in layers}


def rows_of(view, spec) -> list:
    layers = [view, *view.get("layer", [])]
    return next(spec["datasets"][layer["data"]["name"]] for layer in (*layers, spec) if "data" in layer)


MARKS = {
    "dots": {"rule", "point"},
    "lines": {"rule", "line"},
    "scatter": {"point", "text"},
    "heat": {"rect", "text"},
    "plane": {"point", "line"},
    "steps": {"line"},
}
PICTURES = [(name, i) for name, study in REGISTRY.items() for i in range(len(study.pictures))]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "i"), PICTURES)
def test_every_picture_has_a_panel_for_each_metric_or_data_set(chapters, name, i):
    chapter, picture = chapters[name], REGISTRY[name].pictures[i]
    spec = figures.draw(chapter, picture).to_dict()
    per_dataset = picture.kind in ("plane", "steps")
    panels = views(spec)
    assert len(panels) == (chapter.tidy["dataset"].nunique() if per_dataset else len(picture.panels))
    for panel in panels:
        assert marks(panel) == MARKS[picture.kind]
        assert rows_of(panel, spec)


@pytest.mark.parametrize("name", ["first-adversary", "epochs", "overfitting", "structure"])
def test_every_mean_is_a_mark(chapters, name):
    chapter, picture = chapters[name], REGISTRY[name].pictures[0]
    spec = figures.draw(chapter, picture).to_dict()
    for panel, metric in zip(views(spec), picture.panels, strict=True):
        shown = [row["value"] for row in rows_of(panel, spec)]
        rows = chapter.summary[chapter.summary["metric"] == metric]
        if picture.kind == "heat":
            means = rows.groupby(["shadow", "target"])["value"].mean()
            np.testing.assert_allclose(sorted(shown), sorted(means))
        else:
            np.testing.assert_allclose(sorted(shown), sorted(rows["value"]))


@pytest.mark.parametrize("name", ["first-adversary", "epochs", "overfitting", "structure", "threshold"])
def test_undefined_values_are_omitted(chapters, name):
    chapter = chapters[name]
    tidy = chapter.tidy.copy()
    gone = (tidy["metric"] == "precision") & (tidy["dataset"] == tidy["dataset"].iloc[0])
    tidy.loc[gone, ["value", "low", "high"]] = math.nan
    lacking = as_chapter(REGISTRY[name], tidy)
    spec = figures.draw(lacking, lacking.pictures[0]).to_dict()
    assert "NaN" not in json.dumps(spec)
    whole = figures.draw(chapter, chapter.pictures[0]).to_dict()
    assert len(views(spec)) == len(views(whole))
    assert "–" in set(full_table(lacking)["precision"])


@pytest.mark.parametrize("name", ["first-adversary", "epochs", "overfitting", "structure"])
def test_a_metric_without_any_value_has_no_panel(chapters, name):
    tidy = chapters[name].tidy.copy()
    tidy.loc[tidy["metric"] == "precision", ["value", "low", "high"]] = math.nan
    lacking = as_chapter(REGISTRY[name], tidy)
    spec = figures.draw(lacking, lacking.pictures[0]).to_dict()
    assert len(views(spec)) == len(lacking.pictures[0].panels) - 1


def test_a_picture_without_any_value_is_omitted(chapters):
    tidy = chapters["threshold"].tidy
    lacking = as_chapter(REGISTRY["threshold"], tidy[tidy["metric"] != "share"])
    assert list(reproduction.charts(chapters["threshold"])) == ["threshold", "threshold-2"]
    assert list(reproduction.charts(lacking)) == ["threshold"]
    tidy = chapters["training-free"].tidy.assign(value=math.nan)
    assert reproduction.charts(as_chapter(REGISTRY["training-free"], tidy)) == {}


def test_a_logarithmic_axis(chapters):
    picture = Picture("lines", "epochs", "dataset", ("auc",), ("epochs", "data set"), log=True)
    spec = json.dumps(figures.draw(chapters["epochs"], picture).to_dict())
    assert '"scale": {"type": "log"}' in spec


def as_reproduction(chapters, **more):
    outcomes = {"epochs": Finding("reproduced", "", figure="AUC +0.1"), "not-run": Finding("not run", "")}
    averaged = outcomes | {"epochs": Finding("inconclusive", "")}
    claims = (Claim("One <b>finding</b>.", "reproduced in part", outcomes, "inconclusive", averaged),)
    return Reproduction(tuple(chapters), claims, {"mnist": "got <i>nothing</i>"}, {"scale": "smoke"} | more)


def rendered(result):
    return reproduction.render(result, {c.name: reproduction.specifications(c) for c in result.chapters})


EVIL = "<script>document.title = 'taken'</script>"


def test_what_names_hold_is_text_not_code(chapters):
    chapter = chapters["first-adversary"]
    tidy = chapter.tidy.assign(attack=EVIL, dataset=[f"{EVIL}{i % 3}" for i in range(len(chapter.tidy))])
    evil = as_chapter(REGISTRY["first-adversary"], tidy, title=EVIL, claim=EVIL, published=EVIL)
    page = rendered(as_reproduction([evil], versions=EVIL))
    assert EVIL not in page
    assert page.count("&lt;script&gt;document.title") > 5
    assert "\\u003cscript>document.title" in page
    assert "<b>finding</b>" not in page
    assert "<i>nothing</i>" not in page


def test_the_table_has_one_row_per_setting_and_one_column_per_metric(chapters):
    shown = full_table(chapters["epochs"])
    both = ["precision of both classes", "recall of both classes"]
    assert list(shown) == ["data set", "epochs", "overfitting level", "precision", "recall", *both, "AUC"]
    assert len(shown) == len(REGISTRY["epochs"].datasets) * 5
    first = chapters["epochs"].summary.query("metric == 'auc'").iloc[0]
    assert shown["AUC"][0] == f"{first['value']:.3f} ({first['low']:.3f}–{first['high']:.3f})"


def test_a_cell_without_an_interval():
    tidy = pd.DataFrame([{"dataset": "a", "attack": "x"} | value("auc", 0.5) | {"low": math.nan}])
    shown = full_table(as_chapter(REGISTRY["training-free"], tidy.assign(seed=0)))
    assert shown["AUC"].tolist() == ["0.500"]


def test_the_text_has_all_chapters_and_where_the_pictures_lie(chapters):
    table, text = as_markdown(as_reproduction(chapters.values()), "pictures/", {1: "Because."})
    for chapter in chapters.values():
        assert f"## {chapter.title}\n" in text
        assert f"](pictures/{chapter.name}.png)" in text
    members = "**reproduced in part**<br>[epochs](#epochs): AUC +0.1<br>not-run: not run"
    both = "**inconclusive**<br>[epochs](#epochs): inconclusive<br>not-run: not run"
    assert f"| 1 | One <b>finding</b>. | {members} | {both} | Because. |" in table
    assert "**mnist** is skipped: got <i>nothing</i>" in text
    assert "**Published:** Between CIFAR-100 and News" in text
    assert text.count("\n| --- |") == len(chapters)


def test_the_short_table_has_both_readings(chapters):
    shown = short_table(chapters["shadow-count"])
    readings = [
        f"{count}, {reading}"
        for count in ("one shadow", "all shadows")
        for reading in ("members", "both classes")
    ]
    assert list(shown) == ["data set", *readings, "one shadow, AUC", "all shadows, AUC"]
    table = chapters["shadow-count"].summary.query("dataset == 'location' and attack == 'adversary-1'")
    few, many = (table[table["shadows"] == count].set_index("metric") for count in (1, 10))
    row = shown[shown["data set"] == "location"].iloc[0]
    assert row["one shadow, members"] == f"{few['value']['precision']:.2f} / {few['value']['recall']:.2f}"
    assert row["all shadows, both classes"] == f"{many['value'][BOTH]:.2f} / {many['value']['accuracy']:.2f}"
    low, high = many.loc["auc", ["low", "high"]]
    assert row["all shadows, AUC"] == f"{many['value']['auc']:.2f} ({low:.2f}–{high:.2f})"


def test_a_short_table_shows_only_the_rows_it_names(chapters):
    shown = short_table(chapters["transfer"])
    pairs = list(zip(shown["shadow's data set"], shown["target's data set"], strict=True))
    assert ("news", "cifar100") in pairs
    assert ("location", "news") not in pairs


@pytest.mark.parametrize("name", REGISTRY)
def test_a_short_table_is_short(chapters, name):
    shown = short_table(chapters[name])
    assert 2 <= len(shown) <= 20
    assert not any(column.startswith("–") for column in shown)
    assert not (shown == "–").all().any()  # each column shows something


@pytest.mark.slow
@pytest.mark.parametrize("name", ["transfer", "posteriors", "threshold", "why-it-transfers"])
def test_pictures_are_small(chapters, name, tmp_path):
    reproduction.save_reproduction(as_reproduction([chapters[name]]), tmp_path)
    pictures = list(tmp_path.glob("*.png"))
    assert len(pictures) == len(chapters[name].pictures)
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)
    assert max(picture.stat().st_size for picture in pictures) < 300_000
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_what_is_written_can_be_read_in_a_file(chapters, tmp_path):
    """A font that only a page knows left all labels out of PNG files."""
    chart = reproduction.charts(chapters["schedules"])["schedules"]
    blank = chart.copy()
    blank.config.axis.labelOpacity = 0
    for name, one in (("chart", chart), ("blank", blank)):
        one.save(tmp_path / f"{name}.png")
    assert (tmp_path / "chart.png").read_bytes() != (tmp_path / "blank.png").read_bytes()


@pytest.mark.slow
def test_a_reduced_picture_is_the_same_on_white(chapters, tmp_path):
    figures.draw(chapters["transfer"], chapters["transfer"].pictures[0]).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    small = reduce_png(content)
    assert len(small) < len(content) / 3
    before, after = (Image.open(BytesIO(c)).convert("RGBA") for c in (content, small))
    white = Image.new("RGBA", before.size, "white")
    white.alpha_composite(before)
    difference = np.abs(np.asarray(white, dtype=int) - np.asarray(after, dtype=int))
    assert difference.mean() < 1
    assert difference.max() < 80


def test_a_picture_of_few_colours_stays_exact():
    pixels = np.zeros((3, 5, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    pixels[1, 2, :3], pixels[2] = (200, 100, 50), (9, 9, 9, 0)
    content = BytesIO()
    Image.fromarray(pixels).save(content, "png")
    after = np.asarray(Image.open(BytesIO(reduce_png(content.getvalue()))).convert("RGB"))
    expected = pixels[..., :3].copy()
    expected[2] = 255
    np.testing.assert_array_equal(after, expected)


def test_names_of_close_points_do_not_overlap():
    rows = pd.DataFrame({"level": [0.1, 0.1, 0.11, 0.5], "value": [0.9, 0.9, 0.9, 0.2], "name": list("abcd")})
    (_, (low, high)), placed = figures.apart(rows, "name", 300, 300)
    heights = (placed["beside"] - low) / (high - low) * 300
    close = heights[:3].to_numpy()
    assert np.diff(np.sort(close)).min() >= 10 - 1e-9
    assert heights[3] == pytest.approx((0.2 - low) / (high - low) * 300)  # nothing is near


def test_pictures_of_some_attacks_have_no_others():
    chapter = Chapter(
        "n",
        "",
        "",
        "",
        "",
        Finding("not run", ""),
        pd.DataFrame(),
        summarize(made(REGISTRY["dropout"])),
        (),
        (),
        (),
    )
    picture = REGISTRY["dropout"].pictures[0]
    rows = figures.draw(chapter, picture).to_dict()["datasets"]
    assert {line["attack"] for table in rows.values() for line in table} == {"adversary-1", "target"}
