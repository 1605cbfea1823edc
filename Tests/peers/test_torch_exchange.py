"""Networks to PyTorch and back, and what PyTorch exports as ONNX."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from random_networks import inputs_of, random_network, ulps
from swiftreg import MLP
from swiftreg._options import ACTIVATIONS


def test_to_pytorch_and_back() -> None:
    worst = 0.0
    for number in range(200):
        network = random_network(number)
        X = inputs_of(network, number)
        model = network.to_torch()
        worst = max(worst, ulps(network, X, model(torch.from_numpy(X)).detach().numpy()))
        back = MLP.from_torch(model)
        assert (back.activation, back.loss, back.dtype) == (network.activation, network.loss, network.dtype)
        np.testing.assert_allclose(back.keep_prob, network.keep_prob, rtol=1e-15)
        np.testing.assert_array_equal(back.parameters, network.parameters)
        np.testing.assert_array_equal(back.predict(X), network.predict(X))
        logits = network.to_torch(logits=True)
        np.testing.assert_allclose(
            logits(torch.from_numpy(X)).detach().numpy(), network.decision_function(X), rtol=2e-4, atol=1e-4
        )
        assert MLP.from_torch(logits, loss=network.loss).loss == network.loss
    print(f"\nlargest difference: {worst:.2f} ULP for each layer")
    assert worst < 2


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "softmax_cross_entropy", "squared_error"])
def test_pytorch_trains_on(loss: str) -> None:
    """By the docstring of to_torch: the weights after as many updates are ours."""
    network = MLP(
        [4, 6, 3], activation="tanh", loss=loss, l2=0.3, l1=0.02, max_norm=1.5, optimizer="nesterov",
        learning_rate=0.1, dtype="float64",
    )
    model = network.to_torch(logits=True).train()
    dense = [module for module in model if isinstance(module, nn.Linear)]
    weights, biases = [module.weight for module in dense], [module.bias for module in dense]
    rng = np.random.default_rng(1)
    X, n = rng.normal(size=(30, 4)), 30
    Y = np.eye(3)[rng.integers(3, size=n)]
    optimizer = torch.optim.SGD(
        [{"params": weights, "weight_decay": network.l2[0] / n}, {"params": biases}],
        lr=0.1, momentum=0.9, nesterov=True,
    )
    costs: dict[str, Callable[[Any, Any], Any]] = {
        "binary_cross_entropy": lambda z, y: 3 * nn.BCEWithLogitsLoss()(z, y),
        "softmax_cross_entropy": nn.CrossEntropyLoss(),
        "squared_error": lambda z, y: 3 / 2 * nn.MSELoss()(z, y),
    }
    before = network.parameters.copy()
    for _ in range(8):
        optimizer.zero_grad()
        penalty = sum(network.l1[0] / n * W.abs().sum() for W in weights)
        (costs[loss](model(torch.from_numpy(X)), torch.from_numpy(Y)) + penalty).backward()
        optimizer.step()
        with torch.no_grad():
            for W in weights:
                W.copy_(torch.renorm(W, 2, 0, 1.5))
    network.fit(X, Y, epochs=8)
    assert np.abs(network.parameters - before).max() > 1e-2
    theirs = MLP.from_torch(model, loss=loss)
    np.testing.assert_allclose(theirs.parameters, network.parameters, rtol=1e-6, atol=1e-7)


def test_dropout() -> None:
    network = MLP([50, 400, 300, 2], keep_prob=[0.9, 0.3, 1])
    model = network.to_torch()
    rates = [module.p for module in model if isinstance(module, nn.Dropout)]
    np.testing.assert_allclose(rates, [0.1, 0.7], rtol=1e-15)
    X = torch.ones(1, 50)
    assert torch.equal(model(X), model(X))
    torch.manual_seed(0)
    model.train()
    assert not torch.equal(model(X), model(X))


def test_models_of_others() -> None:
    half = nn.Sequential(
        nn.Flatten(), nn.Sequential(nn.Linear(4, 5, bias=False), nn.Dropout(0.25), nn.ReLU(), nn.Dropout(0.2)),
        nn.Identity(), nn.Linear(5, 3), nn.LogSoftmax(dim=1),
    ).to(torch.bfloat16)
    network = MLP.from_torch(half, l2=0.5, seed=3, optimizer="sgd")
    assert network.dtype == np.float32 and network.loss == "softmax_cross_entropy"
    assert network.keep_prob == (1, 0.75 * 0.8) and network.l2 == (0.5, 0.5) and network.optimizer == "sgd"
    assert not network.weights[0][1].any()
    np.testing.assert_array_equal(network.weights[0][0], half[1][0].weight.detach().float().numpy())
    # A copy: either trains without the other.
    before = half[3].weight.clone()
    network.parameters[:] = 0
    assert torch.equal(half[3].weight, before)


def pruned() -> nn.Sequential:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    prune.l1_unstructured(model[2], "weight", amount=1)
    return model


class Doubles(nn.Sequential):
    """Has a forward of its own."""

    def forward(self, x: Any) -> Any:
        return 2 * super().forward(x)


Linear = nn.Linear
REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "batch normalization": (
        lambda: nn.Sequential(Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), Linear(3, 1)),
        r"layer '1' \(BatchNorm1d\) has no equal in swiftreg",
    ),
    "inside": (
        lambda: nn.Sequential(nn.Sequential(Linear(2, 3), nn.Mish()), Linear(3, 1)), r"layer '0.1' \(Mish\) has no equal"
    ),
    "slope": (
        lambda: nn.Sequential(Linear(2, 3), nn.LeakyReLU(0.2), Linear(3, 1)),
        r"layer '1' \(LeakyReLU\) .* negative_slope is 0.2, and 0.01 here",
    ),
    "softmax of examples": (lambda: nn.Sequential(Linear(2, 3), nn.Softmax(dim=0)), "dim is 0, and -1 here"),
    "alpha dropout": (
        lambda: nn.Sequential(Linear(2, 3), nn.AlphaDropout(0.1), Linear(3, 1)), r"\(AlphaDropout\) has no equal"
    ),
    "all dropped": (lambda: nn.Sequential(nn.Dropout(1.0), Linear(2, 3)), "a rate of 1.0"),
    "hooks": (pruned, r"layer '2' \(Linear\) .* it has hooks"),
    "parametrized": (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(Linear(2, 3))), r"layer '0' \(ParametrizedLinear\)"
    ),
    "output of relu": (lambda: nn.Sequential(Linear(2, 3), nn.ReLU()), r"layer '1' \(ReLU\) .* an output with relu"),
    "widths": (lambda: nn.Sequential(Linear(2, 3), Linear(4, 1)), "it takes 4 values, and the layer before gives 3"),
    "complex": (lambda: nn.Sequential(Linear(2, 3, dtype=torch.complex64)), "are complex64, not float32 or float64"),
    "meta": (lambda: nn.Sequential(Linear(2, 3, device="meta")), "its device is meta"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_equal_is_named(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        MLP.from_torch(make())


@pytest.mark.parametrize("model", [nn.Linear(2, 1), Doubles(nn.Linear(2, 1)), None], ids=["module", "forward", "none"])
def test_other_models_are_refused(model: Any) -> None:
    with pytest.raises(TypeError, match="model must be a torch.nn.Sequential, got"):
        MLP.from_torch(model)


@pytest.mark.parametrize("dynamo", [False, True], ids=["TorchScript", "dynamo"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.filterwarnings("ignore")
def test_onnx_of_pytorch(activation: str, dynamo: bool) -> None:
    network = MLP([4, 6, 5, 3], activation=activation, loss="softmax_cross_entropy", keep_prob=0.8)
    file = io.BytesIO()
    X = torch.zeros(2, 4)
    if dynamo:
        program = torch.onnx.export(network.to_torch(), (X,), dynamo=True, verbose=False)
        assert program is not None
        model: Any = program.model_proto
    else:
        torch.onnx.export(network.to_torch(), (X,), file, dynamo=False)
        model = file.getvalue()
    back = MLP.from_onnx(model)
    assert (back.activation, back.loss) == (network.activation, network.loss)
    np.testing.assert_array_equal(back.parameters, network.parameters)
