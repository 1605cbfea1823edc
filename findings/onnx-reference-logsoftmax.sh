#!/bin/sh
# onnx 1.23.2, onnxruntime 1.32.0: onnx's reference gives -inf for a LogSoftmax of moderate inputs.
#
# Expected: log softmax(z) = z - max z - log(sum of exp(z - max z)), finite for all finite z; onnxruntime
# gives it. The point of the operator is that log(softmax(z)) underflows.
# Seen: onnx.reference computes log(softmax(z)): -inf for a float that is 104 below the largest.
#
#     z            200.0 100.0 90.0 0.0
#     onnxruntime  0.0 -100.0 -110.0 -200.0
#     reference    0.0 -99.98309 -inf -inf
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" onnxruntime==1.32.0 onnx==1.23.2 <<'END'
import warnings

warnings.simplefilter("ignore")
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "n"]) for name in "XY"]
graph = helper.make_graph([helper.make_node("LogSoftmax", ["X"], ["Y"])], "g", values[:1], values[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
z = np.array([[200, 100, 90, 0]], np.float32)
(runtime,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"X": z})
(reference,) = ReferenceEvaluator(model).run(None, {"X": z})
print("z           ", *z[0])
print("onnxruntime ", *runtime[0])
print("reference   ", *reference[0])
assert runtime[0].tolist() == [0, -100, -110, -200]
assert np.isneginf(reference[0]).tolist() == [False, False, True, True]
END
