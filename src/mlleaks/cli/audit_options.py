"""The options of ``mlleaks audit`` that no other command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlleaks.cli.options import RUN, WHERE, label, out, several, trainer

_RECORDS, _SAVED = "With a model", "With saved posteriors"
_File = Path | None

Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="A model: package.module:attribute, .mlleaks, .skops, .onnx, or the http(s) address of a "
        "prediction service. Or saved posteriors "
        "(.csv, .parquet, .npz: record_id, member, label, model_id, p_0 ... p_{k-1}).",
    ),
]

Members = Annotated[_File, typer.Option(help="Training records.", rich_help_panel=_RECORDS)]

Nonmembers = Annotated[
    _File, typer.Option(help="Records that the model was not trained on.", rich_help_panel=_RECORDS)
]

Shadow = Annotated[
    _File,
    typer.Option(
        help="Further records, for the shadow models of adversary 1 (one shadow model) and Shokri.",
        rich_help_panel=_RECORDS,
    ),
]

Label = Annotated[str | None, label(_RECORDS)]

Trainer = Annotated[
    str | None,
    trainer(
        "How the shadow model is trained; default: like the model, or as the paper's MLP if it cannot be "
        "cloned. Or auto (like the model, or by the algorithm that answers most like it), or your own "
        "package.module:attribute.",
        panel=_RECORDS,
        auto=True,
    ),
]

Shadows = Annotated[
    int,
    typer.Option(
        min=0,
        help="1: one shadow model. 4, 16, 64 or more: as many reference models besides, each trained on "
        "half of the audited records; they usually find more. 0: none. A larger number later keeps those "
        "that are trained.",
        rich_help_panel=_RECORDS,
    ),
]

Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        help="Train reference models on shadow records alone: the attacker has no audited records.",
        rich_help_panel=_RECORDS,
    ),
]

Group = Annotated[
    str | None,
    typer.Option(
        "--group",
        metavar="COLUMN",
        help="Audit people, not rows: this column says whose record each is (a patient, a customer). All "
        "records of a person must be on one side.",
    ),
]

Slice = Annotated[
    str | None,
    typer.Option(
        "--slice",
        metavar="COLUMN",
        help="Show which part of the population leaks most: this column says to which one each record "
        "belongs (a region, a sex).",
    ),
]

DropOverlap = Annotated[
    bool,
    typer.Option(
        "--drop-overlap",
        help="Ignore records that are both members and non-members.",
        rich_help_panel=_RECORDS,
    ),
]

LabelOnly = Annotated[
    bool,
    typer.Option(
        "--label-only",
        help="The attacker sees the answered class alone: variants of each record are queried.",
        rich_help_panel=_RECORDS,
    ),
]

TrustPickle = Annotated[
    bool,
    typer.Option(
        "--trust-pickle",
        help="Open pickle and joblib files; they can run code, so only your own.",
        rich_help_panel=_RECORDS,
    ),
]

MaxQueries = Annotated[
    int | None,
    typer.Option(
        help="Records that may be sent to the model. If that is too few for all, a random sample is audited.",
        rich_help_panel=_RECORDS,
    ),
]

Canaries = Annotated[
    _File,
    typer.Option(
        help="Folder or file that `mlleaks canaries` wrote: bounds epsilon. Members and non-members can be "
        "omitted.",
        rich_help_panel=_RECORDS,
    ),
]

Delta = Annotated[
    float,
    typer.Option(help="With --canaries: the delta at which epsilon is bounded.", rich_help_panel=_RECORDS),
]

Confidence = Annotated[
    float,
    typer.Option(help="With --canaries: the confidence of the bounds on epsilon.", rich_help_panel=_RECORDS),
]

Deleted = Annotated[
    _File,
    typer.Option(
        help="Records that the model was trained on once and should have forgotten: are they still answered "
        "like members?",
        rich_help_panel=_RECORDS,
    ),
]

Membership = Annotated[_File, typer.Option(help="Table record_id, member, label.", rich_help_panel=_SAVED)]

RandomQueries = Annotated[
    _File, typer.Option(help="Answers to random queries (p_*).", rich_help_panel=_SAVED)
]

TargetId = Annotated[str | None, typer.Option(help="The target's model_id.", rich_help_panel=_SAVED)]

FromLogits = Annotated[bool, typer.Option("--from-logits", help="Answers are logits: apply a softmax.")]

Cache = Annotated[
    _File,
    typer.Option(
        help="Folder for the answers of reference models; default: the user's cache folder.",
        rich_help_panel=WHERE,
    ),
]

Out = Annotated[_File, out("runs/NAME")]

Name = Annotated[
    str | None, typer.Option(help="Name of the run; default: the target's.", rich_help_panel=RUN)
]

Margin = Annotated[
    str,
    typer.Option(
        metavar="AUC[,TPR]",
        help="The smallest leak that matters: an AUC, and a TPR at 1 % FPR. 'No detectable leak' says that "
        "every attack stays below.",
        rich_help_panel=RUN,
    ),
]

DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Print the plan and stop: attacks, models to train, queries to send, time. Sends about a "
        "hundred queries to measure the time.",
        rich_help_panel=RUN,
    ),
]

PlanOnly = Annotated[
    bool,
    typer.Option(
        "--plan-only",
        help="Write the plan of the audit and its SHA-256 before any answer is seen, and stop. Sends two "
        "queries to a model, to learn how many classes it has.",
        rich_help_panel=RUN,
    ),
]

Plan = Annotated[
    _File,
    typer.Option(
        help="A plan by --plan-only: the report says whether the audit followed it.", rich_help_panel=RUN
    ),
]

FailIf = Annotated[
    list[str] | None,
    several(
        "Exit with 3 if a condition holds, for example 'auc > 0.6', 'adversary-1:auc.low > 0.55', 'leaks', "
        "'undecided', 'shift'.",
        panel=RUN,
    ),
]
