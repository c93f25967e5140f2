"""An attack model learned on other data sets, which comes with this package (paper, adversary 2).

The model imitates no target: it knows how overfitted models answer members, whatever the domain.
So it attacks any classifier at once, without shadow data and without training. Its numbers and
where they come from stand in ``transferred.json``; ``mlleaks reproduce pretrained`` makes that file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import resources
from typing import Any

import numpy as np

from mlleaks.attacks.attack_model import fit
from mlleaks.attacks.perceptron import Perceptron
from mlleaks.attacks.spec import AttackSpec
from mlleaks.attacks.top_k import LARGEST, LearnedAttack
from mlleaks.errors import InputError
from mlleaks.outputs.signals import top_k
from mlleaks.types import Floats, Ints, Observations

SCHEMA = 1
_SHAPES: dict[str, tuple[str, ...]] = {
    "hidden_weights": ("inputs", "units"),
    "hidden_biases": ("units",),
    "output_weights": ("units",),
    "output_bias": (),
}


@cache
def pretrained() -> LearnedAttack:
    """Return the attack that comes with this package.

    Examples
    --------
    >>> pretrained().threshold
    0.5
    """
    return from_json((resources.files(__package__) / "transferred.json").read_text(encoding="utf-8"))


def pooled(
    sources: Sequence[Observations], rng: np.random.Generator, *, per_source: int = 2000
) -> LearnedAttack:
    """Return one attack learned from the shadows of several data sets, each with equal weight.

    Parameters
    ----------
    sources : sequence of Observations
        At least one; each a shadow's answers on a data set of its own, with members and non-members.
        Numbers of classes may differ: only the three largest posteriors count, filled up with
        zeros.
    rng : numpy.random.Generator
        Draws the records and trains the model.
    per_source : int
        How many records of each source are used, half of them members. Of one that has fewer,
        records are used more than once.

    Raises
    ------
    InputError
        No sources, a source without members or without non-members, ``per_source`` below two.

    Examples
    --------
    >>> from mlleaks.types import Outputs
    >>> p = np.linspace(0.5, 1, 100)
    >>> answers = Outputs(np.column_stack([p, 1 - p]))
    >>> source = Observations(answers, p > 0.75)
    >>> scores = pooled([source, source], np.random.default_rng(0)).score(answers)
    >>> bool(scores[-1] > scores[0])
    True
    """
    if not sources or per_source < 2:
        raise InputError(
            f"{len(sources)} sources and per_source={per_source}",
            expected="at least one source, and two records of each",
            fix="Pass the shadows' observations, and a larger per_source.",
        )
    sample = [_drawn(source, rng, size=per_source // 2) for source in sources]
    features = [top_k(s.outputs.posteriors[rows], LARGEST) for s, rows in zip(sources, sample, strict=True)]
    member = [s.member[rows] for s, rows in zip(sources, sample, strict=True)]
    classifier = fit(np.concatenate(features), np.concatenate(member), rng)
    return LearnedAttack(classifier, partial(top_k, k=LARGEST))


def to_json(attack: LearnedAttack, provenance: Mapping[str, Any]) -> str:
    """Return an attack of `pooled` or `learn` as JSON, its numbers with seven digits.

    Parameters
    ----------
    attack : LearnedAttack
        Over the largest posteriors.
    provenance : mapping of str to JSON values
        What it was learned from: data sets, seeds, settings, versions, date.

    Raises
    ------
    InputError
        An attack over other features.

    Examples
    --------
    >>> attack = from_json(to_json(pretrained(), {"from": "itself"}))
    >>> bool((attack.classifier.hidden_weights == pretrained().classifier.hidden_weights).all())
    True
    """
    if top_k not in (attack.features, getattr(attack.features, "func", None)):
        raise InputError(
            f"an attack over the features {attack.features!r}",
            expected="one over the largest posteriors, top_k",
            fix="Store an attack of pooled() or learn().",
        )
    document = {
        "schema": SCHEMA,
        "threshold": attack.threshold,
        "weights": {name: _rounded(getattr(attack.classifier, name)) for name in _SHAPES},
        "provenance": dict(provenance),
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def from_json(text: str) -> LearnedAttack:
    """Return the attack that `to_json` wrote.

    Raises
    ------
    InputError
        No JSON object, another schema version, or weights that are missing, not finite or of
        shapes that do not fit each other.
    """
    document = _parsed(text)
    weights = {name: _numbers(document["weights"].get(name), name) for name in _SHAPES}
    size: dict[str, int] = {}
    for name, axes in _SHAPES.items():
        shape = weights[name].shape
        if (
            len(shape) != len(axes)
            or 0 in shape
            or any(size.setdefault(axis, n) != n for axis, n in zip(axes, shape, strict=True))
        ):
            raise _damaged(f"{name} of shape {shape}", f"axes ({', '.join(axes)}), alike in all weights")
    threshold = _numbers(document.get("threshold"), "threshold")
    if threshold.shape != ():
        raise _damaged(f"a threshold of shape {threshold.shape}", "one number")
    output_bias = float(weights.pop("output_bias"))
    net = Perceptron(**weights, output_bias=output_bias)
    return LearnedAttack(net, partial(top_k, k=size["inputs"]), float(threshold))


def _drawn(source: Observations, rng: np.random.Generator, *, size: int) -> Ints:
    """Return positions of ``size`` members and ``size`` non-members, none twice before all stand once."""
    sides = [np.flatnonzero(source.member), np.flatnonzero(~source.member)]
    if not all(map(len, sides)):
        raise InputError(
            f"a source with {len(sides[0])} members and {len(sides[1])} non-members",
            expected="both",
            fix="Bring a shadow's answers to its members and to records it never saw.",
        )
    return np.concatenate([np.resize(rng.permutation(side), size) for side in sides])


def _rounded(values: Floats | float) -> Any:
    return np.vectorize(lambda value: float(f"{value:.7g}"))(np.asarray(values, dtype=np.float64)).tolist()


def _parsed(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _damaged(f"what is no JSON ({error})", "a JSON object") from error
    if not isinstance(document, dict) or not isinstance(document.get("weights"), dict):
        raise _damaged("JSON without an object 'weights'", "an object with schema, threshold and weights")
    if document.get("schema") != SCHEMA:
        raise _damaged(f"schema {document.get('schema')!r}", f"schema {SCHEMA}")
    return document


def _numbers(values: Any, name: str) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise _damaged(f"{name} that are no rectangle of numbers", "numbers") from error
    if not np.isfinite(array).all():
        raise _damaged(f"{name} that are missing, nan or infinite", "finite numbers")
    return array


def _damaged(got: str, expected: str) -> InputError:
    return InputError(
        f"{got} as a stored attack",
        expected=f"{expected}, as to_json writes",
        fix="Write it again with the version of mlleaks that reads it.",
    )


ATTACKS = (
    AttackSpec(
        name="adversary-2",
        title="Adversary 2: learned on other data sets, three largest posteriors",
        source="Salem et al., NDSS 2019, adversary 2",
        needs=(),
        build=lambda evidence, rng: pretrained(),
        threshold_from="attack model",
        pretrained=True,
    ),
)
