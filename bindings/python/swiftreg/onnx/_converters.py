"""The estimators' converters for skl2onnx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper

from swiftreg._estimators import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV
from swiftreg._extras import missing
from swiftreg.onnx._writing import is_multilabel, label_values, write_classifier, write_layers, write_output

try:
    from skl2onnx import update_registered_converter
    from skl2onnx.common.data_types import (
        DoubleTensorType,
        FloatTensorType,
        Int64TensorType,
        StringTensorType,
    )
except ImportError:
    raise missing("ONNX of pipelines needs", "skl2onnx", "onnx") from None

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPTIONS = {"zipmap": [True, False, "columns"], "output_class_labels": [False, True]}


def register() -> None:
    kind: type[Any]
    for kind in (MLPClassifier, MLPClassifierCV):
        update_registered_converter(
            kind, f"Swiftreg{kind.__name__}", _classifier_shapes, _convert_classifier, options=_OPTIONS
        )
    for kind in (MLPRegressor, MLPRegressorCV):
        update_registered_converter(
            kind, f"Swiftreg{kind.__name__}", _regressor_shapes, _convert_regressor
        )


def _values_type(operator: Any) -> Any:
    """The type that is computed in: of double inputs double, of all others float."""
    return DoubleTensorType if isinstance(operator.inputs[0].type, DoubleTensorType) else FloatTensorType


def _classifier_shapes(operator: Any) -> None:
    estimator = operator.raw_operator
    m, classes = operator.inputs[0].get_first_dimension(), len(estimator.classes_)
    is_text = label_values(estimator.classes_).dtype == object
    label = StringTensorType if is_text else Int64TensorType
    operator.outputs[0].type = Int64TensorType([m, classes]) if is_multilabel(estimator) else label([m])
    operator.outputs[1].type = _values_type(operator)([m, classes])


def _regressor_shapes(operator: Any) -> None:
    m = operator.inputs[0].get_first_dimension()
    operator.outputs[0].type = _values_type(operator)([m, operator.raw_operator.n_outputs_])


class _Container:
    """skl2onnx's graph as a Writer."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope = scope
        self._container = container
        self.opset: int = container.target_opset_any_domain("")

    def constant(self, values: NDArray[Any]) -> str:
        name: str = self._scope.get_unique_variable_name("constant")
        kind: int = TensorProto.STRING
        content: Any = [str(text).encode() for text in values.flat]
        if values.dtype != object:
            kind, content = helper.np_dtype_to_tensor_dtype(values.dtype), values.ravel()
        self._container.add_initializer(name, kind, list(values.shape), content)
        return name

    def node(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name: str = output or self._scope.get_unique_variable_name(op)
        self._container.add_node(
            op, list(inputs), [name], name=self._scope.get_unique_operator_name(op), **attributes
        )
        return name


def _pre_activations(scope: Any, operator: Any, container: Any) -> tuple[_Container, str, Any]:
    """The graph, the network's last pre-activations in it, and their dtype."""
    writer = _Container(scope, container)
    X, source = operator.inputs[0].full_name, operator.inputs[0].type
    dtype = np.float64 if _values_type(operator) is DoubleTensorType else np.float32
    if not isinstance(source, (FloatTensorType, DoubleTensorType)):
        X = writer.node("Cast", X, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
    return writer, write_layers(writer, operator.raw_operator.network_, X, dtype), dtype


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    writer, z, dtype = _pre_activations(scope, operator, container)
    write_classifier(writer, operator.raw_operator, z, dtype, *(value.full_name for value in operator.outputs))


def _convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    writer, z, dtype = _pre_activations(scope, operator, container)
    write_output(writer, operator.raw_operator.network_, z, dtype, operator.outputs[0].full_name)
