"""A network on its way from another library, layer by layer, and the errors of layers without an equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from swiftreg._mlp import MLP

    Network = TypeVar("Network", bound=MLP)

OUTPUT_ACTIVATIONS = {
    "binary_cross_entropy": "sigmoid",
    "softmax_cross_entropy": "softmax",
    "squared_error": "identity",
}
# Dropout commutes with these: f(c z) = c f(z) for c >= 0.
_HOMOGENEOUS = ("identity", "relu", "leaky_relu")


class NoEqual(ValueError):
    """A layer, or a setting of it, that no layer of an MLP equals."""

    def __init__(self, where: str, why: str = "") -> None:
        super().__init__(f"{where} has no equal in swiftreg" + (f": {why}" if why else ""))


class Layers:
    """Collects the layers of another library's network in their order.

    `where` is the name of a layer there, for errors.
    """

    def __init__(self) -> None:
        self._dense: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self._activations: list[str | None] = []
        self._keep_prob: list[float] = [1.0]  # of the input of each dense layer, and of the output
        self._dropout = ""  # the last dropout layer
        self._output = ""  # the last activation layer

    def dense(self, where: str, W: NDArray[Any], b: NDArray[Any] | None) -> None:
        """W (n_out, n_in) and b (n_out,), copied; without b zeros."""
        b = np.zeros(len(W), W.dtype) if b is None else b
        for what, values in (("weights", W), ("biases", b)):
            if values.dtype not in (np.float32, np.float64):
                raise NoEqual(where, f"its {what} are {values.dtype}, not float32 or float64")
        if W.ndim != 2 or b.shape != W.shape[:1]:
            raise NoEqual(where, f"its weights have the shape {W.shape}, its biases {b.shape}")
        if self._dense and W.shape[1] != len(self._dense[-1][0]):
            raise NoEqual(
                where, f"it takes {W.shape[1]} values, and the layer before gives {len(self._dense[-1][0])}"
            )
        self._dense.append((W, b))
        self._activations.append(None)
        self._keep_prob.append(1.0)
        self._dropout = self._output = ""

    def activation(self, where: str, name: str) -> None:
        """An activation by its name here; softmax, too."""
        if name == "identity":
            return
        if not self._dense:
            raise NoEqual(where, "an activation of the inputs")
        if self._activations[-1] is not None:
            raise NoEqual(where, "a second activation of one layer")
        if self._keep_prob[-1] != 1 and name not in _HOMOGENEOUS:
            raise NoEqual(where, f"{name} after dropout; here, dropout comes after the activation")
        self._activations[-1] = name
        self._output = where

    def dropout(self, where: str, rate: float) -> None:
        """Inverted dropout of this rate. Two in a row are one: kept is what both keep."""
        if not 0 <= rate < 1:
            raise NoEqual(where, f"a rate of {rate}")
        self._keep_prob[-1] *= 1 - rate
        if rate > 0:
            self._dropout = where

    @property
    def is_empty(self) -> bool:
        """Whether there is no dense layer yet."""
        return not self._dense

    @property
    def last_activation(self) -> str | None:
        """The activation of the last dense layer; None if none was added."""
        return self._activations[-1] if self._dense else None

    def network(self, kind: type[Network], loss: str | None, settings: dict[str, Any]) -> Network:
        """An MLP of these layers. `settings` are other arguments of it, and may replace keep_prob."""
        if not self._dense:
            raise ValueError("the model has no dense layer")
        if self._keep_prob[-1] != 1:
            raise NoEqual(self._dropout, "dropout of the outputs")
        *hidden, output = [name or "identity" for name in self._activations]
        if "softmax" in hidden:
            raise NoEqual(f"layer {hidden.index('softmax') + 1}", "a hidden layer with softmax")
        widths = [self._dense[0][0].shape[1], *(len(W) for W, _ in self._dense)]
        dtype = np.result_type(*(values for layer in self._dense for values in layer))
        given: dict[str, Any] = {
            "activation": hidden, "loss": self._loss(output, loss), "dtype": dtype,
            "keep_prob": self._keep_prob[:-1],
        }
        made = kind(widths, **(given | settings))
        for mine, theirs in zip(made.weights, self._dense):
            for to, values in zip(mine, theirs):
                to[...] = values
        return made

    def _loss(self, output: str, loss: str | None) -> str:
        """The loss whose outputs the last activation gives, or that was given for pre-activations."""
        for name, activation in OUTPUT_ACTIVATIONS.items():
            if activation == output and loss in (None, name):
                return name
        if output not in OUTPUT_ACTIVATIONS.values():
            raise NoEqual(self._output, f"an output with {output}")
        if output != "identity":
            raise ValueError(f"loss={loss!r} does not go with {self._output}, which gives outputs with {output}")
        return loss  # type: ignore[return-value]


def layers_of(network: MLP) -> list[tuple[float, NDArray[Any], NDArray[Any], str]]:
    """(keep_prob of its input, W, b, activation) of each layer; the last is the output's."""
    activations = [*network.activation, OUTPUT_ACTIVATIONS[network.loss]]
    return [
        (keep_prob, W, b, activation)
        for keep_prob, (W, b), activation in zip(network.keep_prob, network.weights, activations)
    ]
