"""Many models at once: vectorized groups, processes or a Ray cluster, answers on disk."""

from __future__ import annotations

from mlleaks.data.membership_plan import MembershipPlan, plan_members
from mlleaks.outputs.signals import Signal, scaled_logit, true_posterior, whole
from mlleaks.shadows.backends.local import Backend, InProcess, Processes
from mlleaks.shadows.backends.ray import RayCluster
from mlleaks.shadows.engine import finished_files, shadow_job, train_shadows
from mlleaks.shadows.job import ShadowJob
from mlleaks.shadows.manifest import claimed, load_shadows, refuse_different, save_index
from mlleaks.shadows.stored_answers import Shadows

__all__ = [
    "Backend",
    "InProcess",
    "MembershipPlan",
    "Processes",
    "RayCluster",
    "ShadowJob",
    "Shadows",
    "Signal",
    "claimed",
    "finished_files",
    "load_shadows",
    "plan_members",
    "refuse_different",
    "save_index",
    "scaled_logit",
    "shadow_job",
    "train_shadows",
    "true_posterior",
    "whole",
]
