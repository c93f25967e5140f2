"""BASE against its equation in plain loops, its kinship with RMIA, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import rankdata

from mlleaks.attacks.bayes_optimal import LEAST, base_scores
from mlleaks.attacks.rmia import rmia_scores
from mlleaks.errors import InputError
from tests.attacks.reference_cases import posteriors, sides


@pytest.mark.parametrize("mode", ["online", "offline"])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_equation(seed, mode):
    target, references, trained_on = posteriors(seed)
    counted = []
    for record in range(len(target)):
        inside, outside = sides(references, trained_on, record)
        counted.append(inside + outside if mode == "online" else outside)
    usual = np.mean([np.mean(values) for values in counted if values])
    expected = [
        math.log(max(x, LEAST)) - math.log(max(sum(values) / len(values) if values else usual, LEAST))
        for x, values in zip(target, counted, strict=True)
    ]
    scores = base_scores(target, references, trained_on=trained_on, mode=mode)
    np.testing.assert_allclose(scores, expected, 1e-9, 1e-9)


def test_ranks_as_rmia_does():
    target, references, trained_on = (
        values[..., 12:] for values in posteriors(4, n=60)
    )  # without posteriors of 0
    z, z_references, _ = (values[..., 12:] for values in posteriors(5, n=4000))
    base = base_scores(target, references, trained_on=trained_on)
    online = rmia_scores(
        target, references, trained_on=trained_on, population_target=z, population_references=z_references
    )
    order = np.argsort(base)
    assert (np.diff(online[order]) >= 0).all()
    assert len(np.unique(rankdata(online))) > 40


def test_refuses_what_is_no_posterior():
    target, references, trained_on = posteriors()
    with pytest.raises(InputError, match="posteriors outside of 0..1"):
        base_scores(target, references + 0.5, trained_on=trained_on)
    with pytest.raises(InputError, match="that are not finite"):
        base_scores(target * np.nan, references, trained_on=trained_on)
