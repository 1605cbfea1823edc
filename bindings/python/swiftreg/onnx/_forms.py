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


# The first form that the opset and the type have is written; any is read.
ACTIVATIONS: dict[str, list[Form]] = {
    "identity": [Form("Identity")],
    "relu": [Form("Relu")],
    "leaky_relu": [
        Form("LeakyRelu", attributes={"alpha": 0.01}, double=False),
        Form("Max", (Z, Form("Mul", (Z, 0.01)))),
    ],
    "tanh": [Form("Tanh")],
    "sigmoid": [Form("Sigmoid")],
    "softmax": [Form("Softmax", attributes={"axis": -1}), Form("Softmax", attributes={"axis": 1})],
}


def form_of(activation: str, opset: int, double: bool) -> Form:
    """The form to write an activation in."""
    return next(
        form
        for form in ACTIVATIONS[activation]
        if all(part.since <= opset and (part.double or not double) for part in form.forms())
    )
