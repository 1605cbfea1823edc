#!/bin/sh
# openvino 2026.4.1, onnx 1.23.2, onnxruntime 1.32.0: Softmax of ONNX files before opset 13.
#
# Expected: Softmax-11 flattens its input to two dimensions at its axis, 1 by default, and normalizes over all that
# follows; so do onnxruntime's and OpenVINO's own LogSoftmax. Only Softmax-13 normalizes over one axis.
# Seen: for an input of three dimensions, OpenVINO's Softmax normalizes over axis 1 alone, so that the values of an
# example have the sum 4 instead of 1; onnx's own reference normalizes over the last axis, for LogSoftmax too.
# With two dimensions all agree. Files of older exporters have such nodes.
#
#     sums over each example of shape (3, 4), Softmax and LogSoftmax
#     onnxruntime:      1.000 1.000
#     OpenVINO:         4.000 1.000
#     onnx's reference: 3.000 3.000
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" openvino==2026.4.1 onnx==1.23.2 onnxruntime==1.32.0 numpy <<'END'
import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, checker, helper
from onnx.reference import ReferenceEvaluator

x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)


def model(operator):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in "xy"]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"])], "graph", ends[:1], ends[1:])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    checker.check_model(made)
    return made


def with_onnxruntime(made):
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def with_openvino(made):
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(openvino.Core().read_model(made.SerializeToString()), "CPU", options)
    return compiled(x)[compiled.output(0)]


def with_reference(made):
    return ReferenceEvaluator(made).run(None, {"x": x})[0]


print("sums over each example of shape (3, 4), Softmax and LogSoftmax")
for title, run, expected in (
    ("onnxruntime", with_onnxruntime, (1, 1)),
    ("OpenVINO", with_openvino, (4, 1)),
    ("onnx's reference", with_reference, (3, 3)),
):
    sums = [run(model("Softmax"))[0].sum(), np.exp(run(model("LogSoftmax"))[0]).sum()]
    print(f"{title + ':':17}", *(f"{value:.3f}" for value in sums))
    assert np.abs(np.array(sums) - expected).max() < 1e-4
x = x[:, 0]
for run in (with_onnxruntime, with_openvino, with_reference):
    assert np.abs(run(model("Softmax")).sum(axis=1) - 1).max() < 1e-4
END
