// "Show me the code": Python, C and Swift that train the network of the page, changes included.

import { networkOptions, regularization } from "./trainer.js";

/** @param state  the state at the start of training  @param changes  [{epoch, settings}]
 *  @param epochs how far it has come  @param points  training points  @param hash  of the weights */
export function code(language, state, changes, epochs, points, hash) {
  return WRITERS[language]({ segments: segments(state, changes, epochs), state, points, hash });
}

export const LANGUAGES = { python: "Python", c: "C", swift: "Swift" };

/** Runs of epochs with the same settings. */
function segments(state, changes, epochs) {
  const parts = [];
  let settings = { ...state };
  let begin = 0;
  for (const change of [...changes, { epoch: epochs, settings: {} }]) {
    if (change.epoch > begin || parts.length === 0) {
      parts.push({ epochs: change.epoch - begin, settings: { ...settings } });
    }
    settings = { ...settings, ...change.settings };
    begin = change.epoch;
  }
  return parts;
}

const sameValue = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const sameRegularization = (a, b) => sameValue(regularization(a), regularization(b));
const sameOptimizer = (a, b) => a.optimizer === b.optimizer && a.learningRate === b.learningRate;

/** Lines of whole numbers: x1, x2 in thousandths and the class of each point. */
function pointRows(points) {
  const rows = Array.from(points.y, (y, i) => `${points.x[2 * i]},${points.x[2 * i + 1]},${y}`);
  const lines = [];
  for (let i = 0; i < rows.length; i += 8) lines.push(`    ${rows.slice(i, i + 8).join(", ")},`);
  return lines.join("\n");
}

const WRITERS = {
  python({ segments: parts, state, points, hash }) {
    const options = networkOptions(state);
    const list = (values) => `[${values.join(", ")}]`;
    const limit = (value) => (value > 0 ? value : "None");
    const terms = (r) =>
      `keep_prob=${list(r.keepProb)}, l2=${r.l2}, l1=${r.l1}, max_norm=${limit(r.maxNorm)},\n` +
      `    label_smoothing=${r.labelSmoothing}`;
    let text = `import hashlib

import numpy as np
import swiftreg

# x1 and x2 in thousandths, and the class, of each training point.
points = np.array([
${pointRows(points)}
]).reshape(-1, 3)
X = (points[:, :2] / 1000).astype(np.float32)
Y = points[:, 2].astype(np.float32)

network = swiftreg.MLP(
    ${list(options.widths)}, activation="${state.activation}", init="${state.init}", seed=${state.seed},
    ${terms(regularization(state))},
    optimizer="${state.optimizer}", learning_rate=${state.learningRate},
)
`;
    parts.forEach((part, i) => {
      const before = i > 0 ? parts[i - 1].settings : state;
      if (!sameRegularization(before, part.settings)) {
        text += `network.set_regularization(\n    ${terms(regularization(part.settings))},\n)\n`;
      }
      if (!sameOptimizer(before, part.settings)) {
        text += `network.set_optimizer("${part.settings.optimizer}", learning_rate=${part.settings.learningRate})\n`;
      }
      const batch = part.settings.batchSize;
      text += `network.fit(X, Y, epochs=${part.epochs}, ${
        batch > 0 ? `batch_size=${batch}` : "shuffle=False"
      })\n`;
    });
    return `${text}
print(hashlib.sha256(network.parameters.tobytes()).hexdigest())
# ${hash}
`;
  },

  c({ segments: parts, state, points, hash }) {
    const body = native(state, parts, {
      array: (type, name, values) => `const ${type} ${name}[] = {${values.join(", ")}};`,
      network: (r) => [
        "reg_network_options options = {.struct_size = sizeof options, .layers = LAYERS, .widths = widths,",
        `                               .activations = activations, .init = ${INITS[state.init]},`,
        `                               .seed = ${state.seed}, .keep_prob = keep_prob, .l2 = l2, .l1 = l1,`,
        `                               .label_smoothing = ${r.labelSmoothing}, .max_norm = ${r.maxNorm}};`,
        "reg_network *network;",
        "must(reg_network_create(&options, &network));",
      ],
      change: (r, lines) => [
        "{",
        ...lines.map((line) => `    ${line}`),
        "    reg_network_options changed = {.struct_size = sizeof changed, .keep_prob = keep_prob, .l2 = l2,",
        `                                   .l1 = l1, .label_smoothing = ${r.labelSmoothing}, .max_norm = ${r.maxNorm}};`,
        "    must(reg_network_set_regularization(network, &changed));",
        "}",
      ],
      optimizer: (kind, rate) => `set_optimizer(network, ${kind}, ${rate});`,
      fit: (epochs, batch) => `train(network, &data, ${epochs}, ${batch});`,
    });
    return `/* cc train.c -I PREFIX/include -L PREFIX/lib -lSwiftReg -o train && ./train | sha256sum
 * prints ${hash} */
#include <stdio.h>
#include <stdlib.h>
#include <swiftreg_network.h>

enum { M = ${points.y.length}, LAYERS = ${state.layers.length + 1} };

/* x1 and x2 in thousandths, and the class, of each training point. */
static const int points[] = {
${pointRows(points)}
};

static void must(reg_status status) {
    if (status == REG_OK) return;
    fprintf(stderr, "%s\\n", reg_error_message());
    exit(1);
}

static void set_optimizer(reg_network *network, reg_optimizer kind, double learning_rate) {
    reg_optimizer_options options = {.struct_size = sizeof options};
    must(reg_optimizer_defaults(kind, &options));
    options.learning_rate = learning_rate;
    must(reg_network_set_optimizer(network, &options));
}

static void train(reg_network *network, const reg_data *data, uint64_t epochs, size_t batch_size) {
    reg_fit_options options = {.struct_size = sizeof options, .epochs = epochs, .batch_size = batch_size,
                               .shuffle = batch_size > 0};
    must(reg_network_fit(network, data, NULL, &options, NULL));
}

int main(void) {
    static float x[2 * M], y[M];
    for (int r = 0; r < M; r++) {
        x[2 * r] = (float)(points[3 * r] / 1000.0);
        x[2 * r + 1] = (float)(points[3 * r + 1] / 1000.0);
        y[r] = (float)points[3 * r + 2];
    }
    reg_data data = {.struct_size = sizeof data, .m = M, .x = x, .x_strides = {1, 2}, .y = y,
                     .y_strides = {1, 1}};
${body.map((line) => `    ${line}`).join("\n")}
    float *parameters;
    size_t count;
    must(reg_network_parameters(network, &parameters, &count));
    fwrite(parameters, sizeof *parameters, count, stdout);
    reg_network_destroy(network);
    return 0;
}
`;
  },

  swift({ segments: parts, state, points, hash }) {
    const SWIFT_TYPES = { size_t: "Int", double: "Double", reg_activation: "reg_activation" };
    const body = native(state, parts, {
      array: (type, name, values) => `let ${name}: [${SWIFT_TYPES[type]}] = [${values.join(", ")}]`,
      network: (r) => [
        "var options = reg_network_options()",
        "options.struct_size = MemoryLayout<reg_network_options>.size",
        "options.layers = widths.count - 1",
        `options.\`init\` = ${INITS[state.init]}`,
        `options.seed = ${state.seed}`,
        `options.label_smoothing = ${r.labelSmoothing}`,
        `options.max_norm = ${r.maxNorm}`,
        "var network: OpaquePointer?",
        "must(widths.withUnsafeBufferPointer { widths in",
        "    activations.withUnsafeBufferPointer { activations in",
        "        withLayers(keep_prob, l2, l1, &options) {",
        "            $0.widths = widths.baseAddress",
        "            $0.activations = activations.baseAddress",
        "            return reg_network_create(&$0, &network)",
        "        }",
        "    }",
        "})",
      ],
      change: (r, lines) => [
        "do {",
        ...lines.map((line) => `    ${line}`),
        "    var changed = reg_network_options()",
        "    changed.struct_size = MemoryLayout<reg_network_options>.size",
        `    changed.label_smoothing = ${r.labelSmoothing}`,
        `    changed.max_norm = ${r.maxNorm}`,
        "    must(withLayers(keep_prob, l2, l1, &changed) { reg_network_set_regularization(network, &$0) })",
        "}",
      ],
      optimizer: (kind, rate) => `setOptimizer(${kind}, ${rate})`,
      fit: (epochs, batch) => `train(epochs: ${epochs}, batchSize: ${batch})`,
    });
    const [create, rest] = [body.slice(0, body.findIndex((l) => l.startsWith("setOptimizer"))),
      body.slice(body.findIndex((l) => l.startsWith("setOptimizer")))];
    return `// swiftc train.swift -I PREFIX/include -L PREFIX/lib -lSwiftReg -o train && ./train | sha256sum
// prints ${hash}
import CSwiftReg
import Foundation

// x1 and x2 in thousandths, and the class, of each training point.
let points: [Int] = [
${pointRows(points)}
]
let m = points.count / 3
let x = (0..<2 * m).map { Float(Double(points[3 * ($0 / 2) + $0 % 2]) / 1000) }
let y = (0..<m).map { Float(points[3 * $0 + 2]) }

func must(_ status: reg_status) {
    if status == REG_OK { return }
    fatalError(String(cString: reg_error_message()))
}

/// Calls \`body\` with the options, which hold one value for each layer.
func withLayers(
    _ keepProb: [Double], _ l2: [Double], _ l1: [Double], _ options: inout reg_network_options,
    _ body: (inout reg_network_options) -> reg_status
) -> reg_status {
    keepProb.withUnsafeBufferPointer { keepProb in
        l2.withUnsafeBufferPointer { l2 in
            l1.withUnsafeBufferPointer { l1 in
                options.keep_prob = keepProb.baseAddress
                options.l2 = l2.baseAddress
                options.l1 = l1.baseAddress
                return body(&options)
            }
        }
    }
}

${create.join("\n")}

func setOptimizer(_ kind: reg_optimizer, _ learningRate: Double) {
    var options = reg_optimizer_options()
    options.struct_size = MemoryLayout<reg_optimizer_options>.size
    must(reg_optimizer_defaults(kind, &options))
    options.learning_rate = learningRate
    must(reg_network_set_optimizer(network, &options))
}

func train(epochs: UInt64, batchSize: Int) {
    var options = reg_fit_options()
    options.struct_size = MemoryLayout<reg_fit_options>.size
    options.epochs = epochs
    options.batch_size = batchSize
    options.shuffle = batchSize > 0 ? 1 : 0
    x.withUnsafeBufferPointer { x in
        y.withUnsafeBufferPointer { y in
            var data = reg_data()
            data.struct_size = MemoryLayout<reg_data>.size
            data.m = m
            data.x = x.baseAddress
            data.x_strides = reg_strides(unit: 1, example: 2)
            data.y = y.baseAddress
            data.y_strides = reg_strides(unit: 1, example: 1)
            must(reg_network_fit(network, &data, nil, &options, nil))
        }
    }
}

${rest.join("\n")}
var parameters: UnsafeMutablePointer<Float>?
var count = 0
must(reg_network_parameters(network, &parameters, &count))
FileHandle.standardOutput.write(Data(bytes: parameters!, count: 4 * count))
reg_network_destroy(network)
`;
  },
};

const INITS = {
  he: "REG_INIT_HE", xavier: "REG_INIT_XAVIER", lecun: "REG_INIT_LECUN", notebook: "REG_INIT_NOTEBOOK",
};

/** The statements of C and Swift: the network, then changes and fits in turn, in `words`. */
function native(state, parts, words) {
  const layers = state.layers.length + 1;
  const same = (value) => Array.from({ length: layers }, () => value);
  const arrays = (r) => [
    words.array("double", "keep_prob", r.keepProb),
    words.array("double", "l2", same(r.l2)),
    words.array("double", "l1", same(r.l1)),
  ];
  const options = networkOptions(state);
  const activation = `REG_${state.activation.toUpperCase()}`;
  const lines = [
    words.array("size_t", "widths", options.widths),
    words.array("reg_activation", "activations", state.layers.map(() => activation)),
    ...arrays(regularization(state)),
    ...words.network(regularization(state)),
    words.optimizer(`REG_${state.optimizer.toUpperCase()}`, state.learningRate),
  ];
  parts.forEach((part, i) => {
    const before = i > 0 ? parts[i - 1].settings : state;
    if (!sameRegularization(before, part.settings)) {
      const r = regularization(part.settings);
      lines.push(...words.change(r, arrays(r)));
    }
    if (!sameOptimizer(before, part.settings)) {
      const { optimizer, learningRate } = part.settings;
      lines.push(words.optimizer(`REG_${optimizer.toUpperCase()}`, learningRate));
    }
    lines.push(words.fit(part.epochs, part.settings.batchSize));
  });
  return lines;
}
