#!/bin/sh
# onnx 1.23.2, NumPy 2.4.6: onnx's reference computes Erf of doubles in float.
#
# Expected: an Erf of doubles has the precision of doubles, as Tanh, Exp and the other functions there have.
# Seen: the output is of type double and has the value of a float: erf(0.3) is off by 2e-8. A double GELU, which
# is made of Erf, cannot be checked with the reference; onnxruntime 1.32.0 has no Erf of doubles at all.
#
#     Erf float64 0.11246291548013687 0.32862675189971924 0.9837904572486877  largest error 7.559408155000114e-09
#     Tanh float64 0.09966799462495582 0.2913126124515909 0.935409070603099  largest error 0.0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" onnx==1.23.2 numpy==2.4.6 <<'END'
import math

import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

z = np.array([0.1, 0.3, 1.7])
values = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n"]) for name in "XY"]
seen = {}
for op in ("Erf", "Tanh"):
    graph = helper.make_graph([helper.make_node(op, ["X"], ["Y"])], "g", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    (seen[op],) = ReferenceEvaluator(model).run(None, {"X": z})
    true = np.array([getattr(math, op.lower())(x) for x in z])
    print(op, seen[op].dtype, *seen[op].tolist(), " largest error", np.abs(seen[op] - true).max())
    seen[op, "error"] = np.abs(seen[op] - true).max()
assert seen["Erf"].dtype == np.float64 and (seen["Erf"] == seen["Erf"].astype(np.float32)).all()
assert seen["Erf", "error"] > 1e-9 and seen["Tanh", "error"] < 1e-15
END
