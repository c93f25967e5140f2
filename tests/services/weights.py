"""Models as arrays in a file: any version of scikit-learn or PyTorch rebuilds the same one, without pickle.

The tests and the services both import this file. A service runs in an environment that has no mlleaks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

LINEAR, NETWORK = "linear.npz", "network.npz"


def save_linear(folder: Path, model) -> None:
    """Write a fitted logistic regression of three or more classes."""
    np.savez(folder / LINEAR, coef=model.coef_, intercept=model.intercept_, classes=model.classes_)


def load_linear(folder: Path):
    """Return the logistic regression that `save_linear` wrote."""
    from sklearn.linear_model import LogisticRegression

    with np.load(Path(folder) / LINEAR, allow_pickle=False) as saved:
        model = LogisticRegression()
        model.coef_, model.intercept_, model.classes_ = saved["coef"], saved["intercept"], saved["classes"]
    model.n_features_in_ = model.coef_.shape[1]
    model.n_iter_ = np.zeros(1, dtype=np.int32)  # scikit-learn's pages and checks read it; nothing was fitted
    return model


def save_network(folder: Path, model) -> None:
    """Write a fitted `MLPClassifier` with one hidden layer of tanh units."""
    first, second = model.coefs_
    bias, last = model.intercepts_
    np.savez(folder / NETWORK, first=first, bias=bias, second=second, last=last)


def load_network(folder: Path):
    """Return the network as a PyTorch module that answers logits, as most deployed networks do."""
    import torch
    from torch import nn

    with np.load(Path(folder) / NETWORK, allow_pickle=False) as saved:
        arrays = {name: torch.from_numpy(saved[name].astype(np.float32)) for name in saved.files}
    network = nn.Sequential(nn.Linear(*arrays["first"].shape), nn.Tanh(), nn.Linear(*arrays["second"].shape))
    network.load_state_dict(
        {
            "0.weight": arrays["first"].T,
            "0.bias": arrays["bias"],
            "2.weight": arrays["second"].T,
            "2.bias": arrays["last"],
        }
    )
    return network.eval()


def logits(network, records) -> np.ndarray:
    """Return what the network answers, (n, k)."""
    import torch

    with torch.inference_mode():
        return network(torch.from_numpy(np.asarray(records, dtype=np.float32))).numpy()
