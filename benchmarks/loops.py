"""The plain loops that stacked shadows are held against: as the field writes them, and written well."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

HIDDEN, BATCH = 128, 100


def network(shape: tuple[int, ...], n_classes: int) -> nn.Module:
    """Return the paper's MLP for flat records, its CNN for images (channels, height, width)."""
    if len(shape) == 1:
        return nn.Sequential(nn.Linear(*shape, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, n_classes))
    return nn.Sequential(
        nn.Conv2d(shape[0], 32, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.LazyLinear(HIDDEN),
        nn.Tanh(),
        nn.Linear(HIDDEN, n_classes),
    )


def dataloader_loop(X: Tensor, y: Tensor, n_classes: int, epochs: int) -> None:
    """Train as most tools do: a DataLoader, a plain Adam."""
    loader = DataLoader(TensorDataset(X, y), batch_size=BATCH, shuffle=True)
    net = network(tuple(X.shape[1:]), n_classes)
    net(X[:1])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    loss = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for some, classes in loader:
            optimizer.zero_grad()
            loss(net(some), classes).backward()
            optimizer.step()


def tight_loop(X: Tensor, y: Tensor, n_classes: int, epochs: int) -> None:
    """Train with all records in memory, one gather per batch, a fused Adam."""
    net = network(tuple(X.shape[1:]), n_classes)
    net(X[:1])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001, fused=True)
    loss = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for rows in torch.randperm(len(X)).split(BATCH):
            optimizer.zero_grad()
            loss(net(X[rows]), y[rows]).backward()
            optimizer.step()


def sklearn_loop(X: Tensor, y: Tensor, n_classes: int, epochs: int) -> None:
    """Train scikit-learn's network with the same settings, epoch by epoch."""
    model = MLPClassifier((HIDDEN,), activation="tanh", batch_size=BATCH, random_state=0)
    for _ in range(epochs):
        model.partial_fit(X.numpy(), y.numpy(), classes=np.arange(n_classes))
