"""Means, paired differences and numbers of models of attacks side by side; sentences and pages from them."""

from __future__ import annotations

import json
import math
from contextlib import suppress

import pandas as pd
import pytest
from scipy.stats import t

import mlleaks
from mlleaks.report.attacks.charts import power_chart
from mlleaks.report.attacks.report import AttackComparisonReport
from mlleaks.results.attack_comparison import METRICS, RESULT, AttackInfo

VALUES = {
    ("gap", 0): (0.01, 0.01, 0.01),
    ("one", 1): (0.10, 0.12, 0.14),
    ("lira", 4): (0.20, 0.30, 0.40),
    ("lira", 8): (0.30, 0.40, 0.50),
    ("lira", 16): (0.50, 0.60, 0.70),
    ("ours", 4): (0.30, 0.41, 0.52),
    ("ours", 8): (0.40, 0.50, 0.60),
    ("ours", 16): (0.45, 0.55, 0.65),
}
ATTACKS = {
    "gap": AttackInfo("Gap attack: right or wrong", ("true classes",), "Yeom 2018"),
    "one": AttackInfo("One", ("1 shadow model",), "Salem 2019"),
    "lira": AttackInfo("LiRA: likelihood ratio", ("4 reference models", "true classes"), "Carlini 2022"),
    "ours": AttackInfo("Ours", ("4 reference models",), "here", leads=True),
}


def made(values=VALUES, attacks=ATTACKS, *, tpr=True, targets=3):
    rows = []
    for (attack, models), figures in values.items():
        for target, value in enumerate(figures[:targets]):
            row = {"seed": 0, "target": target, "attack": attack, "models": models}
            row |= {"queries": 0, "seconds": 0.1 * (models + 1 + target)}
            for metric in METRICS:
                v = math.nan if metric == "tpr@0.1%fpr" or (metric != "auc" and not tpr) else value
                row |= {metric: v, f"{metric}_low": v - 0.05, f"{metric}_high": v + 0.05}
            rows.append(row)
    return AttackComparisonReport(
        "made", pd.DataFrame(rows), attacks, {"data": "made"}, {"x": "no y"}, ("n",)
    )


def test_means_and_intervals_are_over_targets():
    frame = made().to_frame().set_index(["attack", "models"])
    row = frame.loc["lira", 8]
    half = t.ppf(0.975, 2) * 0.1 / math.sqrt(3)
    assert row["tpr@1%fpr"] == pytest.approx(0.4)
    assert row["tpr@1%fpr_low"] == pytest.approx(0.4 - half)
    assert row["tpr@1%fpr_high"] == pytest.approx(0.4 + half)
    assert (row["runs"], row["seconds"]) == (3, pytest.approx(1.0))
    assert frame["tpr@0.1%fpr"].isna().all()
    assert list(frame.index) == list(VALUES)  # the order of the attacks, then of the numbers


def test_differences_are_paired_and_to_the_best_other_attack():
    differences = made().differences().set_index("models")
    assert differences["other"].tolist() == ["lira"] * 3
    four = differences.loc[4]
    assert four["difference"] == pytest.approx(0.11)
    assert four["standard_error"] == pytest.approx(0.01 / math.sqrt(3))  # of 0.10, 0.11, 0.12
    assert four["high"] - four["low"] == pytest.approx(2 * t.ppf(0.975, 2) * 0.01 / math.sqrt(3))
    assert differences.loc[16]["difference"] == pytest.approx(-0.05)
    weak = made(VALUES | {("lira", 4): (0.01, 0.02, 0.03)}).differences().set_index("models")
    assert weak.loc[4]["other"] == "one"  # an attacker with four models can also do with one


def of_seeds(first=0.0):
    """Three seeds of three targets each; the seeds differ by more than their targets do."""
    parts = [made().rows.assign(seed=seed) for seed in range(3)]
    for seed, part in enumerate(parts):
        for metric in METRICS:
            for end in ("", "_low", "_high"):
                part[f"{metric}{end}"] += 0.05 * (seed - 1) + first * (seed == 0)
    return AttackComparisonReport("made", pd.concat(parts), ATTACKS, {"data": "made"})


def test_targets_of_a_seed_are_no_independent_runs():
    row = of_seeds().to_frame().set_index(["attack", "models"]).loc["lira", 8]
    spread = t.ppf(0.975, 2) * 0.05 / math.sqrt(3)  # over the means of the seeds: 0.35, 0.40, 0.45
    own = t.ppf(0.975, 2) * 0.1 / math.sqrt(3)
    half = math.hypot(spread, own * math.sqrt(0.25 + 0.75 / 3))
    assert row["tpr@1%fpr"] == pytest.approx(0.4)
    assert row["tpr@1%fpr_high"] - row["tpr@1%fpr"] >= spread
    assert row["tpr@1%fpr_high"] - row["tpr@1%fpr"] <= half + 1e-9
    assert row["runs"] == 9
    differences = of_seeds().differences().set_index("models")
    assert differences.loc[4]["standard_error"] == pytest.approx(0.0, abs=1e-12)  # seeds move both alike
    assert (differences["runs"] == 3).all()
    assert (differences["unit"] == "seeds").all()
    assert "paired over 3 seeds" in " ".join(of_seeds().sentences)


def test_the_headline_says_how_many_models_the_others_need():
    assert made().headline == (
        "With 8 reference models the attack ours finds 50 % of the members at 1 % FPR; "
        "the best other attack, lira, needs 16 for that."
    )
    never = made(VALUES | {("lira", 16): (0.40, 0.40, 0.40)})
    assert never.headline.endswith("no other attack reaches that with up to 16 reference models.")
    first = made(VALUES | {("one", 1): (0.9, 0.9, 0.9)})
    assert first.headline.endswith("one reaches that with one shadow model.")
    assert made().sentences == [
        "With 8 reference models, ours is 10.0 points above the best other attack, lira "
        "(standard error 0.0 points, paired over 3 targets).",
        "Without reference models the best attack, one, finds 12 % of the members at 1 % FPR.",
    ]


def test_without_the_leading_attack_the_best_one_is_named():
    values = {key: value for key, value in VALUES.items() if key[0] != "ours"}
    rest = made(values, {name: info for name, info in ATTACKS.items() if name != "ours"})
    assert rest.leader is None
    assert rest.differences().empty
    assert rest.headline == "With 16 reference models lira finds most: 60 % of the members at 1 % FPR."
    assert "Every attack" in rest.to_html()


def test_too_few_nonmembers_for_a_tpr_leave_the_auc():
    few = made(tpr=False)
    assert few.metric == "auc"
    assert "the attack ours has an AUC of 0.500" in few.headline
    assert "AUC against the number of models" in few.to_html()


def test_one_target_has_the_intervals_of_its_own_and_no_paired_one():
    one = made(targets=1)
    assert one.to_frame().set_index(["attack", "models"]).loc["lira", 8]["auc_low"] == pytest.approx(0.25)
    assert one.differences()["low"].isna().all()
    assert "(one target: no interval)" in one.sentences[0]
    assert "–" in one.to_html()


def test_a_stored_comparison_is_the_same_again(tmp_path):
    report = made()
    report.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {RESULT, "attacks.csv", "attacks.html"}
    again = AttackComparisonReport.load(tmp_path)
    pd.testing.assert_frame_equal(again.rows, report.rows)
    assert again.attacks == report.attacks
    assert (again.facts, again.skipped, again.notes) == (report.facts, report.skipped, report.notes)
    assert again.to_html() == report.to_html() == (tmp_path / "attacks.html").read_text(encoding="utf-8")
    report.save(tmp_path)  # the same comparison continues
    other = AttackComparisonReport("made", report.rows, ATTACKS, {"data": "other"})
    with pytest.raises(mlleaks.RunExists, match="another comparison in .*other: data"):
        other.save(tmp_path)
    other.save(tmp_path, overwrite=True)
    assert AttackComparisonReport.load(tmp_path).facts == {"data": "other"}


@pytest.mark.parametrize(
    "damage", [lambda d: d["facts"].clear(), lambda d: d.pop("rows"), lambda d: d.clear()]
)
def test_a_damaged_comparison_is_refused(tmp_path, damage):
    made().save(tmp_path)
    document = json.loads((tmp_path / RESULT).read_text())
    damage(document)
    (tmp_path / RESULT).write_text(json.dumps(document))
    with pytest.raises(mlleaks.CorruptRun, match="that cannot be read .*; expected attacks.json"):
        AttackComparisonReport.load(tmp_path)
    with pytest.raises(mlleaks.DataUnavailable, match="no attacks.json in"):
        AttackComparisonReport.load(tmp_path / "elsewhere")


def test_the_page_has_every_attack_and_what_it_needs():
    page = made().to_html()
    for name, info in ATTACKS.items():
        assert info.title in page
        assert f"<td>{name}</td>" in page
    assert "4 reference models, true classes" in page
    assert "Skipped: x (no y)." in page


def test_a_chart_has_a_point_for_each_attack_and_number(tmp_path):
    chart = power_chart(made()).to_dict()
    [rows] = chart["datasets"].values()
    assert {(row["attack"], row["models"]) for row in rows} == set(VALUES)
    assert {row["place"] for row in rows if row["models"] == 0} == {0.5}  # a logarithmic axis has no zero
    files = made().save_charts(tmp_path, formats=("svg",))
    assert [file.name for file in files] == ["power.svg", "cost.svg"]
    assert all("lira" in file.read_text() for file in files)


def test_a_comparison_on_a_full_disk_leaves_no_half_file(small_disk):
    with suppress(OSError), (small_disk / "filler").open("wb") as file:
        for _ in range(10**4):
            file.write(b"x" * 4096)
            file.flush()
    with pytest.raises(mlleaks.InputError, match=r"which cannot be written .No space left on device"):
        made().save(small_disk / "c")
    left = [path.name for path in small_disk.rglob("*") if path.is_file()]
    assert not [name for name in left if name.startswith(".") or name == RESULT]
