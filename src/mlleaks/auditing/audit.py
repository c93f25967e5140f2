"""The ways into an audit.

    check the records -> plan the attacks -> query the target
      -> collect evidence (random queries, shadow models, reference models, population)
      -> build and evaluate each attack -> report

`mlleaks.auditing.preparing` checks and plans, `PreparedAudit.run` does the rest.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from mlleaks.auditing.preparing import prepare_audit
from mlleaks.auditing.preparing_saved import prepare_posteriors
from mlleaks.auditing.preparing_trainer import prepare_trainer
from mlleaks.auditing.query_budget import refuse_groups, within_budget
from mlleaks.data.canary_set import CanarySet
from mlleaks.data.domains import Domain
from mlleaks.data.tables import Table
from mlleaks.report import AuditReport
from mlleaks.results.margin import DEFAULT_MARGIN, Margin
from mlleaks.seeds import Seeds
from mlleaks.shadows import Backend
from mlleaks.types import Dataset, Model, Trainer


def audit(
    model: Model,
    *,
    members: Any = None,
    nonmembers: Any = None,
    shadow: Any = None,
    trainer: Trainer | Any = None,
    shadows: int = 1,
    offline: bool = False,
    cache: Path | str | None = None,
    backend: Backend | None = None,
    domain: Domain | None = None,
    seed: int = 0,
    name: str = "audit",
    drop_overlap: bool = False,
    label_only: bool = False,
    from_logits: bool = False,
    margin: Margin = DEFAULT_MARGIN,
    canaries: CanarySet | Path | str | None = None,
    delta: float = 1e-5,
    confidence: float = 0.95,
    deleted: Any = None,
    groups: Any = None,
    slices: Any = None,
    max_queries: int | None = None,
) -> AuditReport:
    """Return what every attack achieves against ``model`` that can be run with what is given.

    Parameters
    ----------
    model : object with ``predict_proba(X) -> (n, k)``
        The target. A ``classes_`` attribute, if it has one, names its columns.
    members, nonmembers : (X, y), (X, y, ids) or X
        Records of the training set, and others of the same distribution; ``X`` an array, sparse
        matrix or DataFrame, ``y`` labels as the model was trained with. At least 20 each that differ
        from each other; repeats are skipped.
    shadow : (X, y), optional
        Further records: what adversary 1 and Shokri have. Half of them train the shadow. Those that are
        also members or non-members are skipped.
    trainer : Trainer, scikit-learn estimator or "auto", optional
        How shadow and reference models are trained; by default a clone of the model where scikit-learn can
        clone it, else the paper's MLP (extra ``torch``). "auto": the same clone, else the algorithm whose
        answers are most like the model's; see `mlleaks.auditing.surrogate`.
    shadows : int
        1: one shadow model, if there are shadow records. 4, 16, 64 or more: as many reference models
        besides, for the attacks that find most. 0: none of either.
    offline : bool
        Reference models are trained on shadow records alone, as by an attacker who does not have the audited
        records. By default each audited record is in about half of them.
    cache : path, optional
        Folder for the reference models' answers, by default in the platform's cache folder. Models whose
        answers are there are not trained again: a killed audit goes on where it stopped, the same audit again
        is instant, and a larger number trains only the difference.
    backend : Backend, optional
        Where reference models are trained: `mlleaks.shadows.Processes` by default, `InProcess` or
        `RayCluster`.
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
    label_only : bool
        The attacker sees the answered class alone. Attacks that need no more query variants of each record.
        So it is in any case for a model that has ``predict``, but no ``predict_proba``.
    from_logits : bool
        ``predict_proba`` answers unnormalised log-probabilities; so do the models of a ``trainer``
        that is a function.
    margin : Margin
        The smallest leak that matters. *No detectable leak* says that every attack stays below.
    canaries : CanarySet or path, optional
        What `mlleaks.canaries` returned beside the model's training data, or where it was saved: lower bounds
        on epsilon, from `CanaryAudit`. Members and non-members can be left away then; canaries among them
        are not counted as members. If the members are all training records, they are checked to hold
        exactly the included canaries.
    delta, confidence : float
        What the bounds on epsilon hold for: a delta in [0, 1), a confidence in (0, 1).
    deleted : (X, y), (X, y, ids) or X, optional
        Records that the model was once trained on and should have forgotten, at least 20: are they still
        answered like members? If all are forgotten, nothing distinguishes them from non-members of the same
        distribution. Records that the model was never trained on look the same.
    groups : (members' persons, non-members' persons), optional
        Whose record each is, in the order of the records, where several belong to one person. The verdict
        and all intervals then count people, not rows. Each person's records must be on one side.
    slices : (members' slices, non-members' slices), optional
        Which part of the population each record belongs to, such as a region: which one leaks most?
    max_queries : int, optional
        Records that may be sent to the model. If too few for all, a random sample is audited, drawn by
        class; its intervals are as wide as such a sample needs.

    Returns
    -------
    AuditReport

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
    prepare = partial(
        prepare_audit,
        model,
        shadow=shadow,
        trainer=trainer,
        shadows=shadows,
        offline=offline,
        cache=cache,
        backend=backend,
        domain=domain,
        seed=seed,
        name=name,
        drop_overlap=drop_overlap,
        label_only=label_only,
        from_logits=from_logits,
        margin=margin,
        canaries=canaries,
        delta=delta,
        confidence=confidence,
        deleted=deleted,
        groups=groups,
        slices=slices,
    )
    sides = {"members": members, "nonmembers": nonmembers}
    if max_queries is None:
        return prepare(**sides).run()
    if groups is not None:
        refuse_groups()
    return within_budget(prepare, sides, max_queries, Seeds(seed)).run()


def audit_trainer(
    data: Dataset,
    trainer: Trainer | Any,
    *,
    shadow_trainer: Trainer | Any = None,
    shadows: int = 1,
    offline: bool = False,
    cache: Path | str | None = None,
    backend: Backend | None = None,
    seed: int = 0,
    name: str = "audit",
) -> AuditReport:
    """Return the audit of a way of training, by the paper's protocol.

    Records that repeat another are skipped. The rest is cut into four disjoint equal parts: the
    target's members and non-members, the shadow's members and non-members. The target is trained,
    then audited like any other model.

    Parameters
    ----------
    data : Dataset
        See `mlleaks.load_dataset`.
    trainer : Trainer or scikit-learn estimator
        How the target is trained.
    shadow_trainer : Trainer or scikit-learn estimator, optional
        How the attacker trains shadow and reference models; by default as the target was.
    shadows, offline, cache, backend
        See `audit`.
    seed : int
    name : str

    Returns
    -------
    AuditReport

    Raises
    ------
    InputError
        No data set or no trainer; fewer records than the four parts need.
    ModelError
        A trainer raises, or a model's answers are not what they should be.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> import mlleaks
    >>> report = mlleaks.audit_trainer(mlleaks.load_dataset("digits"), DecisionTreeClassifier())
    >>> report.verdict("gap").estimates["recall"].value
    1.0
    """
    return prepare_trainer(
        data,
        trainer,
        shadow_trainer=shadow_trainer,
        seed=seed,
        name=name,
        shadows=shadows,
        offline=offline,
        cache=cache,
        backend=backend,
    ).run()


def audit_posteriors(
    table: Table,
    *,
    membership: Table | None = None,
    random_queries: Table | None = None,
    target: str | None = None,
    seed: int = 0,
    name: str = "audit",
    from_logits: bool = False,
    margin: Margin = DEFAULT_MARGIN,
    groups: str | None = None,
    slices: str | None = None,
) -> AuditReport:
    """Return the audit of saved posteriors: every attack that needs no model.

    Parameters
    ----------
    table : DataFrame or mapping of str to arrays
        ``record_id, member, label (optional), model_id (optional), p_0 ... p_{k-1}``; see
        `mlleaks.targets.table`. Rows are distinguished by ``record_id`` and ``model_id``, never by
        position.
    membership : DataFrame or mapping, optional
        ``record_id, member, label (optional)``, where ``table`` does not have them.
    random_queries : DataFrame or mapping, optional
        ``p_0 ... p_{k-1}``: the target's answers to random queries, for adversary 3's threshold.
    target : str, optional
        The target's ``model_id``; all others are shadow models.
    seed, name, margin
        See `audit`.
    from_logits : bool
        The columns are unnormalised log-probabilities.
    groups, slices : str, optional
        Columns of ``table`` or ``membership`` that say whose record each is, and which part of the
        population it belongs to; see `audit`.

    Returns
    -------
    AuditReport

    Raises
    ------
    InputError
        The table does not hold what it should; the message says what to do.
    """
    return prepare_posteriors(
        table,
        membership=membership,
        random_queries=random_queries,
        target=target,
        seed=seed,
        name=name,
        from_logits=from_logits,
        margin=margin,
        groups=groups,
        slices=slices,
    ).run()
