"""An ONNX graph of dense layers, activations and dropout, read from its input to its output."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from swiftreg._exchange._layers import Layers, NoEqual
from swiftreg._options import SETTINGS
from swiftreg.onnx._forms import ACTIVATIONS, Form, Z

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from swiftreg._exchange._layers import Network

# What may come after the outputs: probabilities of both classes, labels, other shapes.
_AFTER_OUTPUTS = frozenset((
    "ArgMax", "ArrayFeatureExtractor", "Binarizer", "Cast", "Concat", "Gather", "Greater", "Identity",
    "Less", "Neg", "Not", "Reshape", "Sigmoid", "Squeeze", "Sub", "Unsqueeze", "ZipMap",
))
_SAME_VALUES = frozenset(("Identity", "Reshape", "Squeeze"))
# Computed at once where all that they take is constant.
_FOLDED = frozenset(("Cast", "Constant", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"))


def read_model(
    kind: type[Network], model: Any, loss: str | None, settings: dict[str, Any]
) -> Network:
    name = "model" if isinstance(model, (onnx.ModelProto, bytes, bytearray, memoryview)) else os.fspath(model)
    layers = Layers()
    try:
        loaded = _loaded(model, name)
        _Reader(loaded).read(layers)
        loss, settings = _with_metadata(loaded, name, loss, settings)
    except (KeyError, IndexError, UnicodeDecodeError) as error:  # of what onnx's checker lets through
        raise ValueError(f"{name} is no ONNX model: {error!r}") from error
    return layers.network(kind, loss, settings)


def _loaded(model: Any, name: str) -> onnx.ModelProto:
    """The model, which is called `name` in errors."""
    if isinstance(model, onnx.ModelProto):
        loaded = model
    else:
        try:
            loaded = (
                onnx.load_model_from_string(bytes(model)) if name == "model" else onnx.load_model(name)
            )
        except OSError:
            raise
        except Exception as error:  # protobuf's DecodeError, of one of its implementations
            raise ValueError(f"{name} is no ONNX model: {error}") from None
    try:
        onnx.checker.check_model(loaded)
    except onnx.checker.ValidationError as error:
        raise ValueError(f"{name} is no ONNX model: {str(error).strip()}") from None
    return loaded


def _with_metadata(
    model: onnx.ModelProto, name: str, loss: str | None, settings: dict[str, Any]
) -> tuple[str | None, dict[str, Any]]:
    """The loss and the settings, and those that `to_onnx` wrote where they were not given."""
    written = {entry.key: entry.value for entry in model.metadata_props}.get("swiftreg")
    if written is None:
        return loss, settings
    try:
        found = json.loads(written)
        if not isinstance(found, dict):
            raise ValueError("no object")
    except ValueError as error:
        raise ValueError(f'the metadata "swiftreg" of {name} are damaged: {error}') from None
    own_loss = found.pop("loss", None)
    if "optimizer" in settings:  # whose other settings begin from its defaults
        found = {key: value for key, value in found.items() if key not in SETTINGS}
    return loss or own_loss, found | settings


class _Reader:
    """Follows the values from the graph's input."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
        graph = model.graph
        self._constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self._nodes = [node for node in graph.node if not self._fold(node)]
        self._numbers = {id(node): number for number, node in enumerate(self._nodes)}
        inputs = [value.name for value in graph.input if value.name not in self._constants]
        if len(inputs) != 1:
            raise ValueError(f"the graph must have one input, got {', '.join(inputs)}")
        self._at: str = inputs[0]
        self._outputs = {value.name for value in graph.output}
        self._read: set[int] = set()

    def _fold(self, node: onnx.NodeProto) -> bool:
        """Computes a node whose inputs are constant."""
        if node.op_type not in _FOLDED or any(name not in self._constants for name in node.input if name):
            return False
        inputs = {name: self._constants[name] for name in node.input if name}
        graph = helper.make_graph(
            [node], "constant",
            [helper.make_value_info(name, helper.make_tensor_type_proto(
                helper.np_dtype_to_tensor_dtype(values.dtype), values.shape)) for name, values in inputs.items()],
            [onnx.ValueInfoProto(name=node.output[0])],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self._opset)])
        outputs: Any = ReferenceEvaluator(model).run(None, inputs)
        self._constants[node.output[0]] = outputs[0]
        return True

    def _where(self, node: onnx.NodeProto) -> str:
        name = f" {node.name!r}" if node.name else ""
        domain = f"{node.domain}." if node.domain not in ("", "ai.onnx") else ""
        return f"node {self._numbers[id(node)]} ({domain}{node.op_type}{name})"

    def _consumers(self, name: str) -> list[onnx.NodeProto]:
        return [node for node in self._nodes if name in node.input]

    # ---- Layers ----------------------------------------------------------------------------

    def read(self, layers: Layers) -> None:
        """Adds all of them, or raises for the first node that has no equal."""
        self._why = ""
        while True:
            consumers = self._consumers(self._at)
            if not consumers:
                break
            if self._at in self._outputs and self._ends(layers):
                return
            step = self._dense(consumers, layers) or self._dropout(consumers, layers)
            step = step or self._unchanged(consumers, layers) or self._activation(consumers, layers)
            if not step:
                if self._ends(layers):
                    return
                raise NoEqual(self._where(consumers[0]), self._why)
        if self._at not in self._outputs or len(self._read) != len(self._nodes):
            unread = [node for node in self._nodes if id(node) not in self._read]
            raise NoEqual(self._where(unread[0]) if unread else "the graph")

    def _ends(self, layers: Layers) -> bool:
        """Whether the present values are the outputs, and what is left makes only labels of them."""
        left = {node.op_type for node in self._nodes if id(node) not in self._read}
        has_probabilities = layers.last_activation in ("sigmoid", "softmax")
        allowed = _AFTER_OUTPUTS if has_probabilities else _SAME_VALUES
        return left <= allowed and self._comes_out(self._at)

    def _comes_out(self, name: str) -> bool:
        """Whether a value is an output of the graph, itself or as the last part of one."""
        return name in self._outputs or any(
            (node.op_type in _SAME_VALUES or (node.op_type == "ZipMap" and node.input[0] == name)
             or (node.op_type == "Concat" and node.input[-1] == name))
            and self._comes_out(node.output[0])
            for node in self._consumers(name)
        )

    def _moves(self, *nodes: onnx.NodeProto) -> bool:
        self._read.update(map(id, nodes))
        self._at = nodes[-1].output[0]
        return True

    def _dense(self, consumers: list[onnx.NodeProto], layers: Layers) -> bool:
        """A Gemm, or a MatMul with the Add of its biases."""
        self._why = ""
        node = consumers[0]
        if len(consumers) > 1 or node.op_type not in ("Gemm", "MatMul") or node.input[0] != self._at:
            return False
        W = self._constants.get(node.input[1])
        if W is None or W.ndim != 2:
            self._why = "its weights are no constant matrix"
            return False
        nodes, b = [node], None
        if node.op_type == "Gemm":
            attributes = self._attributes(node)
            if (attributes["alpha"], attributes["transA"]) != (1, 0) or (
                len(node.input) > 2 and node.input[2] and attributes["beta"] != 1
            ):
                self._why = "alpha or beta is not 1, or A is transposed"
                return False
            W = W if attributes["transB"] else W.T
            if len(node.input) > 2 and node.input[2]:
                b = self._biases(node.input[2], len(W))
                if b is None:
                    self._why = "its biases are no constant vector"
                    return False
        else:
            W = W.T
            after = self._consumers(node.output[0])
            if len(after) == 1 and after[0].op_type == "Add" and node.output[0] not in self._outputs:
                other = after[0].input[1 if after[0].input[0] == node.output[0] else 0]
                b = self._biases(other, len(W))
                if b is not None:
                    nodes.append(after[0])
        layers.dense(self._where(node), W, b)
        return self._moves(*nodes)

    def _biases(self, name: str, n_out: int) -> NDArray[Any] | None:
        b = self._constants.get(name)
        if b is None or b.ndim > 2 or b.size not in (1, n_out) or b.shape[-1:] not in ((), (1,), (n_out,)):
            return None
        return np.broadcast_to(b.reshape(-1), (n_out,))

    def _dropout(self, consumers: list[onnx.NodeProto], layers: Layers) -> bool:
        node = consumers[0]
        if len(consumers) > 1 or node.op_type != "Dropout" or node.domain not in ("", "ai.onnx"):
            return False
        if self._opset < 12:
            rate = self._attributes(node).get("ratio", 0.5)
        elif len(node.input) > 1 and node.input[1]:
            rate = self._constants.get(node.input[1])
        else:
            rate = 0.5
        if rate is None:
            self._why = "its ratio is not constant"
            return False
        # 1 - the rate in its own precision: of a float, the number that was meant, as 0.9 of 0.1.
        ratio = np.asarray(rate)
        layers.dropout(self._where(node), float(str(ratio[()])) if ratio.dtype == np.float32 else float(ratio))
        return self._moves(node)

    def _unchanged(self, consumers: list[onnx.NodeProto], layers: Layers) -> bool:
        """An operator that leaves a matrix as it is, or a conversion of the graph's input."""
        node = consumers[0]
        if len(consumers) > 1:
            return False
        converts = node.op_type == "Cast" and layers.is_empty and (
            self._attributes(node)["to"] in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
        )
        flattens = node.op_type == "Flatten" and self._attributes(node)["axis"] == 1
        if converts or flattens or node.op_type == "Identity":
            return self._moves(node)
        return False

    # ---- Activations -----------------------------------------------------------------------

    def _activation(self, consumers: list[onnx.NodeProto], layers: Layers) -> bool:
        producers = {output: node for node in self._nodes for output in node.output}
        roots = list(consumers)
        for node in roots:  # and what comes soon after
            if len(roots) < 16:
                roots += [next_one for next_one in self._consumers(node.output[0]) if next_one not in roots]
        for name, forms in ACTIVATIONS.items():
            for form in forms:
                for root in roots:
                    nodes: list[onnx.NodeProto] = []
                    if self._matches(root, form, producers, nodes) and all(
                        any(node is one for one in nodes) or node.op_type == "Neg" for node in consumers
                    ):
                        layers.activation(self._where(root), name)
                        return self._moves(*nodes)
        return False

    def _matches(
        self, node: onnx.NodeProto, form: Form, producers: dict[str, onnx.NodeProto],
        nodes: list[onnx.NodeProto],
    ) -> bool:
        """Whether the node computes the form of the present values; adds its nodes, itself last."""
        if node.op_type != form.op or node.domain not in ("", "ai.onnx"):
            return False
        attributes = self._attributes(node)
        for name, value in form.attributes.items():
            there = attributes.get(name)
            there = there.decode() if isinstance(there, bytes) else there
            if isinstance(value, float):
                there = None if there is None else np.float32(there)
                value = np.float32(value)
            if there != value:
                return False
        orders = [list(node.input)]
        if form.op in ("Add", "Mul", "Max", "Min"):
            orders.append(orders[0][::-1])
        for inputs in orders:
            found: list[onnx.NodeProto] = []
            if len(inputs) == len(form.operands) and all(
                self._operand(name, operand, producers, found) for name, operand in zip(inputs, form.operands)
            ):
                nodes += [*found, node]
                return True
        return False

    def _operand(
        self, name: str, operand: Any, producers: dict[str, onnx.NodeProto], nodes: list[onnx.NodeProto]
    ) -> bool:
        if operand is Z:
            return name == self._at
        if isinstance(operand, Form):
            return name in producers and self._matches(producers[name], operand, producers, nodes)
        values = self._constants.get(name)
        return values is not None and bool((values == np.asarray(operand, values.dtype)).all())

    def _attributes(self, node: onnx.NodeProto) -> dict[str, Any]:
        """With the defaults of those that are not there."""
        schema = onnx.defs.get_schema(node.op_type, self._opset, "" if node.domain == "ai.onnx" else node.domain)
        attributes = {
            name: helper.get_attribute_value(attribute.default_value)
            for name, attribute in schema.attributes.items()
            if attribute.default_value.type != onnx.AttributeProto.UNDEFINED
        }
        return attributes | {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
