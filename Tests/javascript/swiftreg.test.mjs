// The JavaScript face of the library, on the package in build/javascript. Run by node --test.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";

import { SwiftRegError, decodeBase64, instantiate, load, sha256 } from "../../build/javascript/index.mjs";
import { STRUCTS } from "../../build/javascript/swiftreg.mjs";

const folder = new URL("../../build/javascript/", import.meta.url);
const bytes = {
  plain: readFileSync(new URL("swiftreg.wasm", folder)),
  relaxed: readFileSync(new URL("swiftreg-relaxed.wasm", folder)),
};
// Relaxed SIMD is behind a flag in Node.js 20.
if (!WebAssembly.validate(bytes.relaxed)) setFlagsFromString("--experimental-wasm-relaxed-simd");
const kinds = WebAssembly.validate(bytes.relaxed) ? ["plain", "relaxed"] : ["plain"];
// What Python and C print: docs/reproducibility.md, and Tests/javascript/expected.py.
const expected = JSON.parse(readFileSync(new URL("expected.json", import.meta.url)));

/** The data of docs/reproducibility.md. */
function exampleData(Values = Float32Array) {
  const round = Values === Float32Array ? Math.fround : (value) => value;
  const x = Values.from({ length: 600 }, (_, i) => Math.fround(Math.fround(i / 300) - 1));
  const sum = (r) => round(round(x[3 * r] + x[3 * r + 1]) + x[3 * r + 2]);
  const y = Values.from({ length: 200 }, (_, r) => (sum(r) > 0 ? 1 : 0));
  return { x, y };
}

/** The digits of SHA-256, as Node.js has it. */
const digest = (data) => createHash("sha256").update(data).digest("hex");

for (const kind of kinds) {
  test(`${kind}: the hashes of Python`, async () => {
    const reg = await load({ kind });
    assert.equal(reg.isa, kind === "plain" ? "simd128" : "relaxed-simd");
    for (const { options, optimizer, fit, hash, file } of expected.networks) {
      const { x, y } = exampleData(options.dtype === "float64" ? Float64Array : Float32Array);
      const network = reg.network(options);
      network.setOptimizer(optimizer);
      network.setData(x, y);
      network.fit(fit);
      assert.equal(network.sha256(), hash, JSON.stringify(options));
      assert.equal(sha256(network.toBytes()), file);
      network.free();
    }
  });
}

test("the module for relaxed SIMD is taken where it is fused", async () => {
  const reg = await load();
  assert.equal(reg.isa, kinds.includes("relaxed") ? "relaxed-simd" : "simd128");
});

test("modules from base64, as in one page", async () => {
  const embedded = { plain: decodeBase64(bytes.plain.toString("base64")) };
  const reg = await instantiate(embedded);
  assert.equal(reg.isa, "simd128");
  await assert.rejects(instantiate({}), /relaxed SIMD/);
});

test("in a worker", async () => {
  const source = `
    import { parentPort } from "node:worker_threads";
    import { load } from ${JSON.stringify(new URL("index.mjs", folder).href)};
    const reg = await load();
    const network = reg.network({ widths: [1, 2, 1], seed: 1 });
    network.setData([0, 1], [0, 1]);
    parentPort.postMessage(network.fit({ epochs: 3 }).epochs);
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const epochs = await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject));
  assert.equal(epochs, 3);
  await worker.terminate();
});

test("SHA-256 of many lengths", () => {
  for (const length of [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 1000]) {
    const data = Uint8Array.from({ length }, (_, i) => i * 7);
    assert.equal(sha256(data), digest(data));
  }
  assert.equal(sha256(new Float32Array([1, 2]).subarray(1)), digest(new Uint8Array(new Float32Array([2]).buffer)));
});

test("the structs are those of the library", async () => {
  const reg = await load({ kind: "plain" });
  assert.ok(reg.options.length > 20);
  for (const { structure, field, offset, fieldType, perLayer } of reg.options) {
    const known = STRUCTS[structure].fields[field];
    if (known === undefined) continue;
    assert.deepEqual(known, { offset, type: perLayer ? "pointer" : fieldType }, `${structure}.${field}`);
  }
});

test("the table of options", async () => {
  const reg = await load({ kind: "plain" });
  const rate = reg.options.find((option) => option.name === "learningRate");
  assert.deepEqual(
    [rate.key, rate.type, rate.minimum, rate.excludesMaximum, rate.default], ["learning_rate", "real", 0, true, 0.01]);
  assert.deepEqual(reg.options.find((option) => option.name === "minLearningRate").schedules, ["cosine"]);
  assert.ok(reg.enums.activation.includes("relu") && reg.enums.optimizer.includes("adamw"));
});

test("training, cost, prediction", async () => {
  const reg = await load();
  const { x, y } = exampleData();
  const network = reg.network({ widths: [3, 16, 1], activations: "tanh", l2: 0.5, keepProb: [1, 0.8], seed: 5n });
  assert.deepEqual(network.options.keepProb, [1, 0.8]);
  assert.deepEqual(network.options.activations, ["tanh"]);
  network.setOptimizer({ optimizer: "adam", learningRate: 0.01 });
  assert.equal(network.optimizer.beta1, 0.9);
  network.setData(x, y);
  const before = network.cost();
  assert.ok(Math.abs(before.cost - before.dataTerm - before.penalty) < 1e-12 && before.penalty > 0);
  const squares = network.layers.reduce((sum, layer) => sum + layer.weights.reduce((s, w) => s + w * w, 0), 0);
  assert.ok(Math.abs(before.penalty - (0.5 / 400) * squares) < 1e-6 * squares);
  const result = network.fit({ epochs: 300 });
  assert.equal(result.epochs, 300);
  assert.equal(result.reason, "epochs");
  assert.equal(result.costs.length, 300);
  assert.equal(result.cost, result.costs[299]);
  assert.deepEqual(network.position, { step: 300, epoch: 300 });
  assert.ok(network.cost().dataTerm < before.dataTerm / 2);
  const outputs = network.predict(x);
  const right = outputs.filter((p, i) => (p > 0.5 ? 1 : 0) === y[i]).length;
  assert.ok(right > 190, `${right}`);
  assert.deepEqual(network.predict([[x[0], x[1], x[2]]]), outputs.subarray(0, 1));
  assert.deepEqual(network.cost(x, y), network.cost());
  // A few epochs at a time are the same training.
  const again = reg.fromBytes(network.toBytes());
  again.setData(x, y);
  for (let i = 0; i < 5; i++) again.fit({ epochs: 2 });
  network.fit({ epochs: 10 });
  assert.equal(again.sha256(), network.sha256());
  network.free();
  again.free();
});

test("validation, batches, weights of the examples", async () => {
  const reg = await load();
  const { x, y } = exampleData();
  const network = reg.network({ widths: [3, 4, 1], seed: 1 });
  network.setData(x, y, { weights: y.map((target) => 1 + target) });
  network.setValidation(x, y);
  const result = network.fit({ epochs: 4, batchSize: 64, shuffle: true });
  assert.equal(result.validationCosts.length, 4);
  assert.ok(result.bestEpoch >= 1 && Number.isFinite(result.bestCost));
  assert.equal(network.position.step, 16);
  network.setValidation();
  assert.equal(network.fit().validationCosts, null);
  network.free();
});

test("the masks are those that training uses", async () => {
  const reg = await load();
  const { x, y } = exampleData();
  const options = { widths: [3, 6, 1], keepProb: [0.9, 0.6], seed: 11 };
  const [drawn, given] = [reg.network(options), reg.network(options)];
  drawn.setData(x, y);
  given.setData(x, y);
  for (let step = 0; step < 3; step++) {
    const masks = [0, 1].map((layer) => {
      const mask = drawn.mask(layer);
      const units = options.widths[layer];
      const kept = mask.reduce((sum, bit) => sum + bit, 0) / mask.length;
      assert.ok(Math.abs(kept - options.keepProb[layer]) < 0.1, `${kept}`);
      // `fit` wants them units by examples.
      return Uint8Array.from(mask, (_, i) => mask[(i % 200) * units + Math.floor(i / 200)]);
    });
    drawn.fit();
    given.fit({ masks });
    assert.equal(given.sha256(), drawn.sha256());
  }
  drawn.free();
  given.free();
});

test("regularization changes between steps", async () => {
  const reg = await load();
  const { x, y } = exampleData();
  const made = (options) => {
    const network = reg.network({ widths: [3, 6, 1], seed: 4, ...options });
    network.setData(x, y);
    return network;
  };
  const [changed, other] = [made({ l2: 0.3 }), made({ l2: 1, l1: 0.01, keepProb: [1, 0.7] })];
  changed.fit({ epochs: 5 });
  changed.setRegularization({ l2: 1, keepProb: [1, 0.7] });
  changed.setRegularization({ l1: 0.01 });
  assert.deepEqual(changed.options, other.options);
  assert.deepEqual(changed.position, { step: 5, epoch: 5 });
  other.parameters = changed.parameters;
  other.position = changed.position;
  changed.fit({ epochs: 5 });
  other.fit({ epochs: 5 });
  assert.equal(changed.sha256(), other.sha256());
  const before = changed.options;
  assert.throws(() => changed.setRegularization({ keepProb: [1, 0] }), /keep_prob\[1\] is 0; it must be in \(0, 1\]/);
  assert.throws(() => changed.setRegularization({ seed: 3 }), /seed is no regularization/);
  assert.deepEqual(changed.options, before);
  changed.free();
  other.free();
});

test("files and parameters", async () => {
  const reg = await load();
  for (const dtype of ["float32", "float64"]) {
    const network = reg.network({ widths: [3, 5, 2], dtype, loss: "softmax_cross_entropy", seed: 2 });
    const copy = reg.fromBytes(network.toBytes(), { dtype });
    assert.equal(copy.sha256(), network.sha256());
    assert.deepEqual(copy.options, network.options);
    const parameters = network.parameters;
    assert.equal(parameters.constructor.name, dtype === "float32" ? "Float32Array" : "Float64Array");
    assert.equal(parameters.length, 3 * 5 + 5 + 5 * 2 + 2);
    assert.deepEqual(network.layers[1].weights, parameters.subarray(20, 30));
    copy.parameters = parameters.map((value) => value + 1);
    assert.notEqual(copy.sha256(), network.sha256());
    network.free();
    copy.free();
  }
});

test("errors in the library's words", async () => {
  const reg = await load();
  const wrong = (call, message, about = {}) =>
    assert.throws(call, (error) => {
      assert.match(error.message, message);
      if (about.argument) assert.ok(error instanceof SwiftRegError);
      for (const [name, value] of Object.entries(about)) assert.deepEqual(error[name], value);
      return true;
    });
  wrong(() => reg.network({ widths: [2, 3, 1], keepProb: [1, 1.5] }), /^keep_prob\[1\] is 1\.5; it must be in \(0, 1\]$/,
    { argument: "keep_prob", index: 1, value: 1.5 });
  wrong(() => reg.network({ widths: [2, 3, 1], l2: -1 }), /l2\[0\] is -1/, { argument: "l2" });
  wrong(() => reg.network({ widths: [2, 0, 1] }), /./, { argument: "widths" });
  wrong(() => reg.network({ widths: [2] }), /widths/);
  wrong(() => reg.network({ widths: [2, 1], depth: 3 }), /option is depth; it must be one of/);
  wrong(() => reg.network({ widths: [2, 1], loss: "hinge" }), /loss is hinge; it must be one of binary/);
  wrong(() => reg.network({ widths: [2, 1], dtype: "int8" }), /dtype/);
  wrong(() => reg.network({ widths: [2, 1], seed: -1 }), /seed is -1/);
  wrong(() => reg.network({ widths: [2, 1], keepProb: [1, 1] }), /keepProb has 2 values; it must have 1/);
  wrong(() => reg.fromBytes(new Uint8Array(20)), /./, { status: 27 });
  const network = reg.network({ widths: [2, 3, 1], seed: 1 });
  wrong(() => network.fit(), /setData/);
  wrong(() => network.setData([1, 2, 3], [1]), /x has 3 numbers; it must have a multiple of 2/);
  wrong(() => network.setData([1, 2, 3, 4], [1]), /y has 1 numbers; it must have 2/);
  wrong(() => network.setOptimizer({ optimizer: "newton" }), /optimizer is newton/);
  wrong(() => network.setOptimizer({ learningRate: -1 }), /learning_rate is -1/, { argument: "learning_rate" });
  wrong(() => network.mask(2), /layer is 2/);
  network.setData([1, 2, 3, 4], [0, 1]);
  wrong(() => network.fit({ epochs: 2, minDelta: -1 }), /min_delta/);
  wrong(() => { network.parameters = [1]; }, /parameters has 1 numbers/);
  // An error changes nothing.
  assert.deepEqual(network.position, { step: 0, epoch: 0 });
  network.free();
  network.free();
  wrong(() => network.cost([1, 2], [1]), /./);
});

test("memory does not grow", async () => {
  const reg = await load();
  const { x, y } = exampleData();
  const round = () => {
    const network = reg.network({ widths: [3, 20, 3, 1], keepProb: 0.9, seed: 1 });
    network.setData(x, y);
    network.setData(x, y);
    network.setValidation(x, y);
    network.fit({ epochs: 5, batchSize: 32, shuffle: true });
    network.predict(x);
    network.mask(1);
    network.toBytes();
    try { network.setOptimizer({ learningRate: -1 }); } catch { /* meant */ }
    network.free();
  };
  for (let i = 0; i < 3; i++) round();
  const before = reg.exports.memory.buffer.byteLength;
  for (let i = 0; i < 200; i++) round();
  assert.equal(reg.exports.memory.buffer.byteLength, before);
});
