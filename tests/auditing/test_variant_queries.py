"""Audits of images query the target and the reference models on changed images, too."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import mlleaks
from mlleaks.attacks.augmentations import mirrored
from mlleaks.auditing.preparing import prepare_audit
from mlleaks.shadows import InProcess

X, Y = load_digits(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8) / 16
NAMES = {"lira-mirrored", "lira-mirrored-offline"}


class OfImages:
    """A linear model of images; it counts the records that it is queried on."""

    def __init__(self, data):
        self.estimator = LogisticRegression(C=100, max_iter=200).fit(data.X.reshape(len(data), -1), data.y)
        self.classes_, self.queries = self.estimator.classes_, 0

    def predict_proba(self, images):
        self.queries += len(images)
        return self.estimator.predict_proba(images.reshape(len(images), -1))


def train(data, rng):
    return OfImages(data)


def sides(images=IMAGES):
    return {"members": (images[:150], Y[:150]), "nonmembers": (images[150:300], Y[150:300])}


def target():
    return train(mlleaks.types.Dataset("digits", IMAGES[:150], Y[:150], 10), None)


def prepared(cache, **options):
    model = options.pop("model", None) or target()
    return prepare_audit(
        model, **sides(), trainer=train, shadows=6, cache=cache, backend=InProcess(), **options
    )


def test_the_plan_counts_the_queries_and_the_audit_sends_them(tmp_path):
    model = target()
    audit = prepared(tmp_path, model=model)
    assert {spec.name for spec in audit.plan.attacks} >= NAMES
    planned, before = audit.plan.cost.queries + audit.queries, model.queries
    assert planned > 2 * 300
    report = audit.run()
    assert model.queries - before == planned
    verdict = report.verdict("lira-mirrored")
    assert "a query on each mirrored image" in verdict.needs
    assert verdict.estimates["auc"].value > 0.6


def test_the_second_audit_trains_nothing_and_says_the_same(tmp_path):
    first = prepared(tmp_path).run()
    again = prepared(tmp_path)
    assert again.plan.cost.models == 0
    for name in NAMES:
        np.testing.assert_array_equal(again.run().verdict(name).scores, first.verdict(name).scores)


def test_the_side_of_a_record_decides_nothing_about_its_variants(tmp_path):
    first = prepared(tmp_path).run()
    swapped = {"members": sides()["nonmembers"], "nonmembers": sides()["members"]}
    audit = prepare_audit(target(), **swapped, trainer=train, shadows=6, cache=tmp_path, backend=InProcess())
    assert audit.plan.cost.models == 0
    scores = audit.run().verdict("lira-mirrored").scores
    expected = first.verdict("lira-mirrored").scores
    np.testing.assert_allclose(np.sort(scores), np.sort(expected))


@pytest.mark.parametrize(
    ("options", "why"),
    [({"shadows": 0}, "no reference models"), ({"shadows": 2}, "the attack needs 4")],
)
def test_there_are_none_without_enough_reference_models(tmp_path, options, why):
    shadow = (IMAGES[300:500], Y[300:500])
    audit = prepare_audit(
        target(), **sides(), shadow=shadow, trainer=train, cache=tmp_path, backend=InProcess(), **options
    )
    assert why in audit.plan.skipped["lira-mirrored"]


def test_labels_alone_tell_more_by_several_queries(tmp_path):
    report = prepared(tmp_path, label_only=True).run()
    assert len(np.unique(report.verdict("lira-mirrored").scores)) > len(
        np.unique(report.verdict("gap").scores)
    )


def test_tables_have_none(tmp_path):
    flat = {name: (images.reshape(len(images), -1), y) for name, (images, y) in sides().items()}
    model = LogisticRegression(max_iter=200).fit(*flat["members"])
    audit = prepare_audit(model, **flat, shadows=4, cache=tmp_path, backend=InProcess())
    assert audit.plan.skipped["lira-mirrored"].startswith("no images")


@pytest.mark.parametrize("axis", [1, -1])
def test_images_are_mirrored_along_their_width_wherever_channels_are(axis):
    image = np.arange(25.0).reshape(1, 5, 5)
    turned = image[..., ::-1]
    both = mirrored(np.stack([image, 2 * image], axis=axis))
    np.testing.assert_array_equal(both, np.stack([turned, 2 * turned], axis=axis))
