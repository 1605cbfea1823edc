"""Each activation as ONNX has it: the table that is written from, and read by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Z = object()
"""The pre-activations in a form."""


@dataclass(frozen=True, eq=False)
class Form:
    """An operator on Z, constants and other forms."""

    op: str
    operands: tuple[Any, ...] = (Z,)
    attributes: dict[str, Any] = field(default_factory=dict)
    since: int = 13
    """The first opset that has the operator."""
    double: bool = True
    """Whether onnxruntime has the operator for doubles."""

    def forms(self) -> Iterator[Form]:
        """This one and those inside it."""
        yield self
        for operand in self.operands:
            if isinstance(operand, Form):
                yield from operand.forms()



def _add(a: Any, b: Any) -> Form:
    return Form("Add", (a, b))


def _mul(a: Any, b: Any) -> Form:
    return Form("Mul", (a, b))


def _erf(z: Any) -> Form:
    return Form("Erf", (z,), double=False)


_SCALE, _ALPHA = 1.0507009873554805, 1.6732632423543772
# 1 + erf(z / sqrt(2)), as PyTorch exports it, too.
_GELU = [_add(_erf(z), 1.0) for z in (Form("Div", (Z, 2**0.5)), _mul(Z, 0.5**0.5))]
# SELU by exp: as an attribute, which is a float, a constant of a double is another number.
_SELU = _add(
    _mul(Form("Max", (Z, 0.0)), _SCALE),
    _mul(Form("Sub", (Form("Exp", (Form("Min", (Z, 0.0)),)), 1.0)), _SCALE * _ALPHA),
)

# The first form that the opset and the type have is written, or else the last; any is read.
ACTIVATIONS: dict[str, list[Form]] = {
    "identity": [Form("Identity")],
    "relu": [Form("Relu")],
    "leaky_relu": [
        Form("LeakyRelu", attributes={"alpha": 0.01}, double=False),
        Form("Max", (Z, Form("Mul", (Z, 0.01)))),
    ],
    "tanh": [Form("Tanh")],
    "sigmoid": [Form("Sigmoid")],
    "gelu": [
        Form("Gelu", attributes={"approximate": "none"}, since=20, double=False),
        *(_mul(_mul(Z, form), 0.5) for form in _GELU), *(_mul(_mul(Z, 0.5), form) for form in _GELU),
    ],
    "silu": [_mul(Z, Form("Sigmoid")), Form("Swish", attributes={"alpha": 1.0}, since=24)],
    "selu": [Form("Selu", attributes={"alpha": _ALPHA, "gamma": _SCALE}, double=False), _SELU],
    "softmax": [Form("Softmax", attributes={"axis": -1}), Form("Softmax", attributes={"axis": 1})],
}


def form_of(activation: str, opset: int, double: bool) -> Form:
    """The form to write an activation in."""
    forms = ACTIVATIONS[activation]
    for form in forms:
        if all(part.since <= opset and (part.double or not double) for part in form.forms()):
            return form
    return forms[-1]
