"""The walk: observe the target, arm the adversaries, judge each; read it from top to bottom."""

from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

from mlleaks.attacks.base import Held
from mlleaks.attacks.threshold import TOP
from mlleaks.auditing.collecting import QUERIES, query_randomly, query_shadow
from mlleaks.auditing.running import mount
from mlleaks.data.audit_data import (
    AuditData,
    check_dataset,
    prepare,
    refuse_one_sided,
    refuse_too_few,
    without_repeats,
    without_target_records,
)
from mlleaks.data.domains import Domain, domain_of
from mlleaks.data.records import parse_records
from mlleaks.data.splits import four_way_member_split, half_split
from mlleaks.data.tables import Table
from mlleaks.errors import InputError
from mlleaks.models import NetworkTrainer, SklearnTrainer, as_trainer, train_model, trainer_like
from mlleaks.outputs.query import observe
from mlleaks.outputs.stability import query_again, refuse_unstable
from mlleaks.report import AuditReport
from mlleaks.seeds import Seeds
from mlleaks.storage.fingerprint import describe
from mlleaks.targets import read_answers, read_random_queries
from mlleaks.types import Dataset, MemberSplit, Model, Trainer

_MISSING = {
    "shadow": "no shadow data: pass shadow=(X, y) (command line: --shadow FILE)",
    "labels": "no true classes: pass members=(X, y) (command line: --label COLUMN)",
}
_MISSING_IN_TABLE = {
    "shadow": "no shadow model's answers: add rows with another model_id",
    "labels": "no true classes: add the column 'label'",
}
_JUDGED = (
    "the shadow models' rows are about records that the target is judged on: add rows about others "
    "(if they are others, give them other record_ids)"
)
_OWN = NetworkTrainer | SklearnTrainer
_NO_TRAINER = (
    "the model cannot be cloned by scikit-learn, and the paper's MLP needs PyTorch: "
    "pip install 'mlleaks[torch]', or pass trainer="
)
_NO_NOISE = (
    "Without answers to random queries adversary 3 has no threshold: her attacks are ranked, but "
    "accuse nobody."
)


def audit(
    model: Model,
    *,
    members: Any,
    nonmembers: Any,
    shadow: Any = None,
    trainer: Trainer | Any = None,
    domain: Domain | None = None,
    seed: int = 0,
    name: str = "audit",
    drop_overlap: bool = False,
    from_logits: bool = False,
) -> AuditReport:
    """Return what every attack achieves against ``model`` that can be mounted with what is given.

    Parameters
    ----------
    model : object with ``predict_proba(X) -> (n, k)``
        The target. A ``classes_`` attribute, if it has one, names its columns.
    members, nonmembers : (X, y), (X, y, ids) or X
        Records of the training set, and others of the same distribution; ``X`` an array, sparse
        matrix or DataFrame, ``y`` labels as the model was trained with. At least 20 each that differ
        from each other; repeats are left out.
    shadow : (X, y), optional
        Further records: what adversary 1 and Shokri have. Half of them train the shadow. Those that are
        also members or non-members are left out.
    trainer : Trainer or scikit-learn estimator, optional
        How the shadow is trained; by default a clone of the model where scikit-learn can clone it,
        else the paper's MLP (extra ``torch``).
    domain : Domain, optional
        Draws adversary 3's random queries; by default uniform over the range that each feature has
        in all records given.
    seed : int
        The root of every random choice; the same seed gives the same numbers.
    name : str
        What the run is called.
    drop_overlap : bool
        Leave out records that stand among members and non-members, on both sides, instead of
        refusing them.
    from_logits : bool
        ``predict_proba`` answers unnormalised log-probabilities; so do the models of a ``trainer``
        that is a function.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        Records, labels or answers that do not fit; the message says what to do.
    ModelError
        The model raises or answers another shape.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X[:600], y[:600])
    >>> report = audit(forest, members=(X[:600], y[:600]), nonmembers=(X[600:1200], y[600:1200]))
    >>> report.leaks
    True
    """
    started, seeds = time.monotonic(), Seeds(seed)
    mine, others = parse_records(members, "members"), parse_records(nonmembers, "nonmembers")
    hers = None if shadow is None else parse_records(shadow, "shadow records")
    if hers is None and trainer is not None:
        raise InputError(
            "a trainer without shadow data",
            expected="shadow=(X, y) for it to train on",
            fix="Pass shadow (command line: --shadow FILE), or leave the trainer out.",
        )
    world = prepare(
        model,
        mine,
        others,
        hers,
        rng=seeds.stream("overlap"),
        drop_overlap=drop_overlap,
        from_logits=from_logits,
    )
    halves = None if world.shadow is None else half_split(world.shadow, seeds.stream("shadow split"))
    chosen = trainer_like(model) if trainer is None else as_trainer(trainer)
    like_target = not isinstance(chosen, NetworkTrainer if trainer is None else _OWN)
    return _walk(
        model,
        world,
        halves,
        trainer=chosen,
        shadow_logits=from_logits and like_target,
        domain=domain,
        seeds=seeds,
        name=name,
        from_logits=from_logits,
        started=started,
    )


def audit_trainer(
    data: Dataset,
    trainer: Trainer | Any,
    *,
    shadow_trainer: Trainer | Any = None,
    seed: int = 0,
    name: str = "audit",
) -> AuditReport:
    """Return the audit of a way of training, by the paper's protocol.

    Records that repeat another are left out. The rest is cut into four disjoint equal parts: the
    target's members and non-members, the shadow's members and non-members. The target is trained,
    then audited like any other model.

    Parameters
    ----------
    data : Dataset
        See `mlleaks.load_dataset`.
    trainer : Trainer or scikit-learn estimator
        How the target is trained.
    shadow_trainer : Trainer or scikit-learn estimator, optional
        How the adversary trains her shadow; by default as the target was.
    seed : int
    name : str

    Returns
    -------
    Report

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> import mlleaks
    >>> report = mlleaks.audit_trainer(mlleaks.load_dataset("digits"), DecisionTreeClassifier())
    >>> report.verdict("gap").estimates["recall"].value
    1.0
    """
    started, seeds = time.monotonic(), Seeds(seed)
    train, hers = (as_trainer(t) for t in (trainer, trainer if shadow_trainer is None else shadow_trainer))
    pool, notes = without_repeats(check_dataset(data), "records")
    target, shadow = four_way_member_split(pool, seeds.stream("split"))
    refuse_too_few(len(target.members), "records in each of the four parts")
    model = train_model(train, deepcopy(target.members), seeds.stream("target"))
    names = tuple(map(str, range(data.n_classes)))
    world = AuditData(target, None, labelled=True, class_names=names, notes=notes)
    return _walk(model, world, shadow, trainer=hers, domain=None, seeds=seeds, name=name, started=started)


def audit_posteriors(
    table: Table,
    *,
    membership: Table | None = None,
    noise: Table | None = None,
    target: str | None = None,
    seed: int = 0,
    name: str = "audit",
    from_logits: bool = False,
) -> AuditReport:
    """Return the audit of saved posteriors: every attack that needs no model.

    Parameters
    ----------
    table : DataFrame or mapping of str to arrays
        ``record_id, member, label (optional), model_id (optional), p_0 ... p_{k-1}``; see
        `mlleaks.targets.table`. Rows are told apart by ``record_id`` and ``model_id``, never by
        position.
    membership : DataFrame or mapping, optional
        ``record_id, member, label (optional)``, where ``table`` does not have them.
    noise : DataFrame or mapping, optional
        ``p_0 ... p_{k-1}``: the target's answers to random queries, for adversary 3's threshold.
    target : str, optional
        The target's ``model_id``; all others are shadow models.
    seed, name
        See `audit`.
    from_logits : bool
        The columns are unnormalised log-probabilities.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        The table does not hold what it should; the message says what to do.
    """
    started, seeds = time.monotonic(), Seeds(seed)
    answers = read_answers(table, membership=membership, target=target, from_logits=from_logits)
    seen = answers.target
    refuse_one_sided(seen)
    shadow, notes = without_target_records(answers.shadow, seen)
    k = seen.outputs.posteriors.shape[1]
    noise_outputs = (
        None if noise is None else read_random_queries(noise, n_classes=k, from_logits=from_logits)
    )
    held = Held(shadow, noise_outputs, labels=seen.outputs.labels is not None)
    result = mount(
        seen,
        held,
        seeds=seeds,
        name=name,
        class_names=tuple(map(str, range(k))),
        notes=notes if noise is not None else (*notes, _NO_NOISE),
        missing=_MISSING_IN_TABLE | ({} if answers.shadow is None else {"shadow": _JUDGED}),
        settings={"from_logits": from_logits},
        inputs=(),
        started=started,
    )
    return AuditReport(result)


def _walk(
    model: Model,
    world: AuditData,
    shadow: MemberSplit | None,
    *,
    trainer: Trainer | None,
    domain: Domain | None,
    seeds: Seeds,
    name: str,
    started: float,
    from_logits: bool = False,
    shadow_logits: bool = False,
) -> AuditReport:
    """Observe the target, ask it again and with noise, train and observe the shadow; then conclude."""
    target = world.target
    seen = observe(model, target, labelled=world.labelled, from_logits=from_logits)
    again = query_again(model, target, seen, seeds.stream("repeated queries"), from_logits=from_logits)
    notes = (*world.notes, *refuse_unstable(again))
    data = [target.members, target.others, *((shadow.members, shadow.others) if shadow else ())]
    noise = query_randomly(
        model,
        domain_of(*(part.X for part in data)) if domain is None else domain,
        seeds.stream("noise"),
        like=target.members.X,
        n_classes=target.members.n_classes,
        from_logits=from_logits,
    )
    hers = None
    if shadow is not None and trainer is not None:
        hers = query_shadow(shadow, trainer, seeds.stream("shadow"), from_logits=shadow_logits)
    missing = _MISSING if shadow is None else _MISSING | {"shadow": _NO_TRAINER}
    result = mount(
        seen,
        Held(hers, noise, world.labelled),
        seeds=seeds,
        name=name,
        class_names=world.class_names,
        notes=notes,
        missing=missing,
        settings={
            "model": type(model).__name__,
            "shadow trainer": None if hers is None else describe(trainer),
            "shadow records": 0 if hers is None else len(hers),
            "random queries": QUERIES,
            "repeated queries": again.queries,
            "top share of random queries": TOP,
            "from_logits": from_logits,
        },
        inputs=tuple(value for part in data for value in (part.X, part.y)),
        started=started,
    )
    return AuditReport(result)
