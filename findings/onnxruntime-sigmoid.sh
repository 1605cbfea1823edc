#!/bin/sh
# onnxruntime 1.32.0: onnxruntime's float Sigmoid is 0 below -18, and twice the true value at -17.
#
# Expected: sigmoid(z) = 1 / (1 + exp(-z)) within some units in the last place: floats reach 1e-38, and
# onnx's own reference gives it.
# Seen: an absolute error of 2**-24: sigmoid(-17) is 8.94e-08 for 4.14e-08, sigmoid(-18) is 0 for 1.52e-08.
# Consequence: a probability of an exported binary classifier is exactly 0 where the model's is 1e-8, and its
# log loss infinite.
#
#     z  -17  true 4.140e-08  reference 4.140e-08  onnxruntime 8.941e-08
#     z  -18  true 1.523e-08  reference 1.523e-08  onnxruntime 0.000e+00
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" onnxruntime==1.32.0 onnx==1.23.2 <<'END'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "XY"]
graph = helper.make_graph([helper.make_node("Sigmoid", ["X"], ["Y"])], "g", values[:1], values[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
z = np.array([-5, -10, -15, -17, -18, -20, -40], np.float32)
(seen,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"X": z})
(reference,) = ReferenceEvaluator(model).run(None, {"X": z})
true = 1 / (1 + np.exp(-z.astype(float)))
for row in zip(z, true, reference, seen):
    print("z %4g  true %.3e  reference %.3e  onnxruntime %.3e" % row)
np.testing.assert_allclose(reference, true, rtol=1e-6)
assert (seen[4:] == 0).all() and 2 < seen[3] / true[3] < 2.3
END
