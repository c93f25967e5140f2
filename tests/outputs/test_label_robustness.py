"""Evidence of label-only attacks: what does not fit is refused."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks.errors import InputError
from mlleaks.outputs.label_robustness import LabelEvidence, LabelRobustness, ShadowRobustness

THREE = np.arange(3)


@pytest.mark.parametrize(
    ("values", "ids", "match"),
    [
        (np.ones(3), THREE, r"values of shape \(3,\) and 3 ids"),
        (np.ones((0, 3)), THREE, r"values of shape \(0, 3\)"),
        (np.ones((1, 2)), THREE, r"values of shape \(1, 2\) and 3 ids"),
        (np.array([[1, np.nan, 0]]), THREE, "below 0 or not finite"),
        (np.array([[1, -0.1, 0]]), THREE, "below 0 or not finite"),
        (np.ones((1, 3)), np.array([0, 1, 1]), "an id that stands twice"),
    ],
)
def test_values_that_do_not_fit_are_refused(values, ids, match):
    with pytest.raises(InputError, match=match):
        LabelRobustness(values, ids)


def test_a_shadow_needs_both_kinds_of_records_and_the_targets_rows():
    right = np.ones(3, dtype=bool)
    with pytest.raises(InputError, match="members or non-members alone"):
        ShadowRobustness(np.ones((1, 3)), right, right)
    with pytest.raises(InputError, match="and 3 and 2 memberships and correct answers"):
        ShadowRobustness(np.ones((1, 3)), THREE > 0, right[:2])
    with pytest.raises(InputError, match="2 rows of the target, 1 of the shadow"):
        LabelEvidence(
            LabelRobustness(np.ones((2, 3)), THREE), ShadowRobustness(np.ones((1, 3)), THREE > 0, right)
        )
    assert len(LabelRobustness(np.ones((2, 3)), THREE)) == 3
