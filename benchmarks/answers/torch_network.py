"""A multilayer perceptron of PyTorch as skorch's estimator."""

from __future__ import annotations

from typing import Any

import torch
from skorch import NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import EarlyStopping
from skorch.dataset import ValidSplit
from torch import nn

MAX_EPOCHS = 100


class Perceptron(nn.Module):
    """Linear layers, each hidden one with ReLU and dropout; logits or values without an activation."""

    def __init__(self, inputs: int, hidden: tuple[int, ...], outputs: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in hidden:
            layers += [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(dropout)]
            inputs = width
        self.layers = nn.Sequential(*layers, nn.Linear(inputs, outputs))

    def forward(self, X: Any) -> Any:
        return self.layers(X)


def make(candidate: dict[str, Any], inputs: int, classes: int | None, seed: int) -> Any:
    """The estimator of a candidate of methods.TORCH. A tenth of the examples ends training, as in skorch's manual."""
    torch.manual_seed(seed)
    regression = classes is None
    return (NeuralNetRegressor if regression else NeuralNetClassifier)(
        Perceptron, module__inputs=inputs, module__outputs=classes or 1,
        module__hidden=candidate.get("hidden", (100,)), module__dropout=candidate.get("dropout", 0.0),
        criterion=nn.MSELoss if regression else nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW, lr=candidate.get("lr", 0.001),
        optimizer__weight_decay=candidate.get("weight_decay", 0.01),
        batch_size=candidate.get("batch_size", 128), iterator_train__shuffle=True, max_epochs=MAX_EPOCHS,
        train_split=ValidSplit(0.1, stratified=not regression, random_state=seed),
        callbacks=[("stop", EarlyStopping(patience=10, load_best=True, sink=lambda text: None))], verbose=0,
    )
