"""Many shadow models: who trains on what, stacked training, in processes or on a cluster, answers on disk."""

from __future__ import annotations

from mlleaks.shadows.backends import Backend, InProcess, Processes
from mlleaks.shadows.cluster import RayCluster
from mlleaks.shadows.index import claimed, load_shadows, refuse_others, save_index
from mlleaks.shadows.plan import Plan, plan
from mlleaks.shadows.signals import Signal, scaled_logit, true_posterior, whole
from mlleaks.shadows.train import Shadows, finished, train_shadows

__all__ = [
    "Backend",
    "InProcess",
    "Plan",
    "Processes",
    "RayCluster",
    "Shadows",
    "Signal",
    "claimed",
    "finished",
    "load_shadows",
    "plan",
    "refuse_others",
    "save_index",
    "scaled_logit",
    "train_shadows",
    "true_posterior",
    "whole",
]
