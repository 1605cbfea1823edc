#!/bin/sh
# onnxruntime 1.32.0, onnx 1.23.2 (CPU): Dropout in training mode drops element 0 for every small seed.
#
# Expected: with ratio 0.5, the first element is dropped for about half of the seeds.
# Seen: for none of the seeds 0 to 299 is it kept; the elements after it are, for about half of them. A
# network of one output or feature, with a seed as people choose it, is thus always dropped.
#
#     of 300 seeds, how many keep elements 0 to 4: 0 ...
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" onnxruntime==1.32.0 onnx==1.23.2 numpy <<'END'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def kept(seed):
    graph = helper.make_graph(
        [helper.make_node("Dropout", ["x", "ratio", "training"], ["y"], seed=seed)], "dropout",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [5])],
        [
            helper.make_tensor("ratio", TensorProto.FLOAT, [], [0.5]),
            helper.make_tensor("training", TensorProto.BOOL, [], [True]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.ones(5, np.float32)})[0] > 0


counts = sum(kept(seed).astype(int) for seed in range(300))
print("of 300 seeds, how many keep elements 0 to 4:", *counts)
assert counts[0] == 0 and counts[1:].min() > 0
END
