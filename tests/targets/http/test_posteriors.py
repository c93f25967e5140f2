"""From answers of a known form to posteriors."""

from __future__ import annotations

import numpy as np
import pytest

from mlleaks import ModelError
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.targets.http.posteriors import AnswerForm, OutputMask, masks, to_posteriors


def test_rows_that_rounding_moved_far_are_divided_by_their_sum_and_others_are_not():
    form = AnswerForm("posteriors", tuple(range(20)), decimals=2)
    far = [0.5] + [0.03] * 10 + [0.0] * 9 + []
    assert sum(far) == pytest.approx(0.8)
    with pytest.raises(ModelError, match="sum to 0.8 in answer 1"):
        to_posteriors([far], form)
    far[11:14] = [0.04, 0.04, 0.04]
    near = [0.61] + [0.02] * 19
    back = to_posteriors([far, near], form)
    np.testing.assert_allclose(back[0], np.array(far) / sum(far))
    np.testing.assert_array_equal(back[1], near)
    validate_posteriors(back)


def test_what_rounding_leaves_below_zero_counts_as_zero():
    back = to_posteriors([[-1e-9, 1 + 1e-9]], AnswerForm("posteriors", (0, 1)))
    assert back.min() == 0
    back = to_posteriors([1 + 1e-9], AnswerForm("sigmoid", (0, 1)))
    assert back.tolist() == [[0, 1]]


def test_large_logits_do_not_overflow():
    back = to_posteriors([[1e6, -1e6], [-1e300, 1e300]], AnswerForm("logits", (0, 1)))
    assert back.tolist() == [[1, 0], [0, 1]]
    back = to_posteriors([-1e6, 1e6, 40.0], AnswerForm("logits", (0, 1)))
    assert back[:2].tolist() == [[1, 0], [0, 1]]
    assert back[2, 0] == pytest.approx(np.exp(-40))  # both sides keep their digits


def test_equal_answers_become_equal_rows():
    form = AnswerForm("top-k", ("a", "b", "c"), top=2)
    one, two = to_posteriors([{"a": 0.5, "c": 0.25}, {"c": 0.25, "a": 0.5}], form)
    assert one.tolist() == two.tolist() == [0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (AnswerForm("posteriors", (0, 1)), ()),
        (AnswerForm("sigmoid", (0, 1), decimals=3), (OutputMask("rounded", 3),)),
        (AnswerForm("label", (0, 1)), (OutputMask("label-only"),)),
        (AnswerForm("top-k", (0, 1, 2), top=1), (OutputMask("top-k", 1),)),
    ],
)
def test_masks(form, expected):
    assert masks(form) == expected
