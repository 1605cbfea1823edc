"""Networks and estimators as nodes of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import onnx

from swiftreg._exchange._layers import OUTPUT_ACTIVATIONS, layers_of
from swiftreg.onnx._forms import Form, Z, form_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import DTypeLike, NDArray

    from swiftreg._mlp import MLP


class Writer(Protocol):
    """A graph that nodes are added to: ours, or that of skl2onnx."""

    opset: int

    def constant(self, values: NDArray[Any]) -> str:
        """The name of a new constant."""

    def node(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """The name of the output of a new node."""


def write_layers(
    writer: Writer, network: MLP, X: str, dtype: DTypeLike, masks: Mapping[int, str] | None = None
) -> str:
    """The pre-activations of the output, of X (examples, features) of this dtype.

    `masks` are those of the layers with dropout, 0 for the input: (examples, units) of uint8.
    """
    chosen, a = np.dtype(dtype), X
    layers = layers_of(network)
    for l, (keep_prob, W, b, activation) in enumerate(layers):
        if masks is not None and l in masks:
            kept = writer.node("Cast", masks[l], to=_element_type(chosen))
            factors = writer.node("Mul", kept, writer.constant(np.array(1 / keep_prob, chosen)))
            a = writer.node("Mul", a, factors)
        constants = [writer.constant(values.astype(chosen)) for values in (W, b)]
        a = writer.node("Gemm", a, *constants, transB=1)
        if l < len(layers) - 1 and activation != "identity":
            a = write_form(writer, form_of(activation, writer.opset, chosen == np.float64), a, chosen)
    return a


def write_output(writer: Writer, network: MLP, z: str, dtype: DTypeLike, output: str | None = None) -> str:
    """The network's outputs, of its last pre-activations."""
    form = form_of(OUTPUT_ACTIVATIONS[network.loss], writer.opset, np.dtype(dtype) == np.float64)
    return write_form(writer, form, z, dtype, output)


def write_form(writer: Writer, form: Form, z: str, dtype: DTypeLike, output: str | None = None) -> str:
    def name(operand: Any) -> str:
        if operand is Z:
            return z
        if isinstance(operand, Form):
            return write_form(writer, operand, z, dtype)
        return writer.constant(np.array(operand, dtype))

    return writer.node(form.op, *map(name, form.operands), output=output, **form.attributes)


def write_classifier(
    writer: Writer, estimator: Any, z: str, dtype: DTypeLike, label: str, probabilities: str
) -> None:
    """The labels and probabilities of a classifier, of its network's last pre-activations."""
    network = estimator.network_
    if len(estimator.classes_) == 1:
        one = onnx.numpy_helper.from_array(np.ones(1, dtype))
        writer.node("ConstantOfShape", writer.node("Shape", z), value=one, output=probabilities)
        choice = writer.node("ArgMax", probabilities, axis=1, keepdims=0)
    elif network.layer_dims[-1] == 1:
        chances = [writer.node("Sigmoid", z if c else writer.node("Neg", z)) for c in range(2)]
        writer.node("Concat", *chances, axis=1, output=probabilities)
        choice = _above_half(writer, writer.node("Reshape", chances[1], writer.constant(np.array([-1]))), dtype)
    elif is_multilabel(estimator):
        write_output(writer, network, z, dtype, probabilities)
        _above_half(writer, probabilities, dtype, label)
        return
    else:
        write_output(writer, network, z, dtype, probabilities)
        choice = writer.node("ArgMax", probabilities, axis=1, keepdims=0)
    classes = label_values(estimator.classes_)
    writer.node("Gather", writer.constant(classes), choice, axis=0, output=label)


def is_multilabel(estimator: Any) -> bool:
    """Whether a classifier has any number of its labels for an example."""
    network = estimator.network_
    return bool(network.loss == "binary_cross_entropy" and network.layer_dims[-1] > 1)


def _above_half(writer: Writer, chances: str, dtype: DTypeLike, output: str | None = None) -> str:
    above = writer.node("Greater", chances, writer.constant(np.array(0.5, dtype)))
    return writer.node("Cast", above, output=output, to=_element_type(np.dtype(np.int64)))


def label_values(classes: NDArray[Any]) -> NDArray[Any]:
    """Labels as ONNX has them: int64, or strings."""
    if classes.dtype.kind in "iub" or (classes.dtype.kind == "f" and (classes == classes.astype(int)).all()):
        return classes.astype(np.int64)
    if classes.dtype.kind == "f":
        raise ValueError(f"classes_ must be integers or strings for ONNX, got {classes!r}")
    return np.array([str(name) for name in classes], dtype=object)


def _element_type(dtype: np.dtype[Any]) -> int:
    return int(onnx.helper.np_dtype_to_tensor_dtype(dtype))
