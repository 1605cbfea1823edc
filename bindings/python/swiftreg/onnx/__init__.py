"""ONNX: networks, estimators and pipelines out, networks in. Needs the extra "onnx".

The graphs use the operators of the default domain only. Their input is "X" (examples, features), of the
network's dtype. A network's output is "Y" (examples, outputs); a classifier's are "label" and
"probabilities", a regressor's "variable", as those of skl2onnx without its ZipMap.
"""

from __future__ import annotations

import json
import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg._extras import missing

try:
    import onnx
    from onnx import helper, numpy_helper
except ImportError:
    raise missing("swiftreg.onnx needs", "onnx", "onnx") from None

from swiftreg import _core
from swiftreg._mlp import MLP
from swiftreg.onnx._writing import is_multilabel, label_values, write_classifier, write_layers, write_output

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["dropout_masks", "from_onnx", "register_converters", "to_onnx"]

FIRST_OPSET = 13
_SETTINGS = ("loss", "keep_prob", "l2", "l1", "max_norm", "label_smoothing", "init", "seed", "optimizer")


def to_onnx(
    model: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    opset: int = FIRST_OPSET,
    masks: bool = False,
    X: Any = None,
) -> onnx.ModelProto:
    """A network, an estimator or a pipeline as an ONNX model, which is also written to `path`.

    Parameters
    ----------
    model : an `MLP`, a fitted estimator (`MLPClassifier`, `MLPRegressorCV`, ...), or what skl2onnx converts that has one
        inside: a Pipeline, a search, an ensemble.
    path : of a file to write, or None.
    opset : of the default domain, from 13 to what the installed onnx has.
    masks : dropout with masks as inputs, for Monte Carlo dropout: "mask_0" for the input, "mask_1", ...
        for the hidden layers that have dropout, each (examples, units) of uint8, 1 where a unit is
        kept. `dropout_masks` gives those of `MLP.predict_dropout`. Not for pipelines.
    X : for pipelines, some examples, or skl2onnx's initial types. Columns of float64 become inputs of doubles, for
        which onnxruntime has no Imputer: a pipeline with one needs X with columns of float32.

    A network's settings are written as metadata, which `from_onnx` reads. Raises ValueError and
    TypeError naming the argument; ImportError, for pipelines without skl2onnx; OSError.
    """
    newest = onnx.defs.onnx_opset_version()
    if isinstance(opset, bool) or not isinstance(opset, int) or not FIRST_OPSET <= opset <= newest:
        raise ValueError(f"opset must be an integer from {FIRST_OPSET} to {newest}, got {opset!r}")
    kind = _kind(model)
    if kind == "other":
        if masks:
            raise ValueError(f"masks are for a network or an estimator, not for {type(model).__name__}")
        made = _pipeline(model, X, opset)
    else:
        made = _graph(model, kind, opset, masks)
    if path is not None:
        data = made.SerializeToString()
        with open(path, "wb") as file:
            file.write(data)
    return made


def from_onnx(
    model: str | os.PathLike[str] | bytes | onnx.ModelProto, *, loss: str | None = None, **settings: Any
) -> MLP:
    """`MLP.from_onnx`."""
    return MLP.from_onnx(model, loss=loss, **settings)


def dropout_masks(
    network: MLP, m: int, *, step: int = 0, seed: int | None = None, first_row: int = 0
) -> dict[str, NDArray[np.uint8]]:
    """The masks that a graph of `to_onnx(network, masks=True)` takes, for m examples, by name.

    Those of a step under a seed, by default the network's, with the first example as row `first_row`
    of the batch: sample s of `network.predict_dropout(X, samples, seed)` has those of step s.
    """
    chosen = network.seed if seed is None else seed
    return {
        f"mask_{l}": np.ascontiguousarray(
            _core.layer_mask((network.layer_dims[l], m), keep_prob, chosen, step, l, first_row).T
        )
        for l, keep_prob in enumerate(network.keep_prob)
        if keep_prob != 1
    }


def register_converters() -> None:
    """Registers the estimators with skl2onnx, whose functions then convert what has one inside."""
    from swiftreg.onnx._converters import register

    register()


def _kind(model: Any) -> str:
    if isinstance(model, MLP):
        return "network"
    if any(base.__module__.startswith("swiftreg._estimators") for base in type(model).__mro__):
        from sklearn.base import is_classifier
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(model, "network_")
        return "classifier" if is_classifier(model) else "regressor"
    if not hasattr(model, "get_params"):
        raise TypeError(f"model must be an MLP, an estimator or a pipeline, got {type(model).__name__}")
    return "other"


class _Graph:
    """Collects nodes and constants."""

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: NDArray[Any]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"node_{name}", **attributes))
        return name


def _graph(model: Any, kind: str, opset: int, with_masks: bool) -> onnx.ModelProto:
    network: MLP = model if kind == "network" else model.network_
    dtype, element, uint8 = network.dtype, _element(network.dtype), _element(np.uint8)
    graph, m = _Graph(opset), "examples"
    masks = {
        l: f"mask_{l}" for l, keep_prob in enumerate(network.keep_prob) if with_masks and keep_prob != 1
    }
    inputs = [("X", element, network.layer_dims[0])]
    inputs += [(name, uint8, network.layer_dims[l]) for l, name in masks.items()]
    z = write_layers(graph, network, "X", dtype, masks)
    outputs: list[tuple[str, int, tuple[int, ...]]]
    if kind == "classifier":
        write_classifier(graph, model, z, dtype, "label", "probabilities")
        columns = len(model.classes_)
        several = is_multilabel(model)
        labels = np.dtype(np.int64) if several else label_values(model.classes_).dtype
        outputs = [
            ("label", _element(labels), (columns,) if several else ()),
            ("probabilities", element, (columns,)),
        ]
    else:
        name = "Y" if kind == "network" else "variable"
        write_output(graph, network, z, dtype, name)
        outputs = [(name, element, (network.layer_dims[-1],))]
    made = helper.make_model(
        helper.make_graph(
            graph.nodes, "swiftreg",
            [helper.make_tensor_value_info(name, kind_of, [m, units]) for name, kind_of, units in inputs],
            [helper.make_tensor_value_info(name, kind_of, [m, *rest]) for name, kind_of, rest in outputs],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", opset)],
        producer_name="swiftreg", producer_version=_core.version,
    )
    # The newest that onnx knows is often too new for the runtimes.
    made.ir_version = helper.find_min_ir_version_for(made.opset_import)
    helper.set_model_props(made, {"swiftreg": json.dumps(_settings(network))})
    onnx.checker.check_model(made, full_check=True)
    return made


def _settings(network: MLP) -> dict[str, Any]:
    """The arguments of MLP that the graph does not have."""
    return {name: getattr(network, name) for name in _SETTINGS} | network.optimizer_settings


def _element(dtype: Any) -> int:
    if np.dtype(dtype).kind in "OU":
        return int(onnx.TensorProto.STRING)
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def _pipeline(model: Any, X: Any, opset: int) -> onnx.ModelProto:
    register_converters()
    import skl2onnx
    from sklearn.base import is_classifier

    if X is None:
        raise TypeError(f"X must be given for {type(model).__name__}: some examples, or skl2onnx's initial types")
    options = {id(model): {"zipmap": False}} if is_classifier(model) else None
    made: onnx.ModelProto
    if isinstance(X, list):
        made = skl2onnx.convert_sklearn(model, initial_types=X, options=options, target_opset=opset)
    else:
        made = skl2onnx.to_onnx(model, X, options=options, target_opset=opset)
    doubles = any(i.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE for i in made.graph.input)
    if doubles and any(node.op_type == "Imputer" for node in made.graph.node):
        warnings.warn(
            "the model has an Imputer of doubles, which onnxruntime does not have: give X with columns of float32",
            stacklevel=3,
        )
    return made
