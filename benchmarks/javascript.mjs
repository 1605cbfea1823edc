// node benchmarks/javascript.mjs: steps a second of the notebook's network (2-20-3-1, 211 examples, all in one batch,
// float32) in this engine, by each module of build/javascript: the shortest of many short runs. `make wasm` first.
import { setFlagsFromString } from "node:v8";

import { load } from "../build/javascript/index.mjs";

// Relaxed SIMD is behind a flag in Node.js 20.
setFlagsFromString("--experimental-wasm-relaxed-simd");

const STEPS = 40;
const RUNS = 300;
const MODELS = {
  "no regularization": {},
  L2: { l2: 0.7 },
  dropout: { keepProb: [1, 0.86, 0.86] },
};

function stepsPerSecond(reg, model) {
  const x = Float32Array.from({ length: 422 }, (_, i) => Math.sin(i * i));
  const y = Float32Array.from({ length: 211 }, (_, r) => (x[2 * r] * x[2 * r + 1] > 0 ? 1 : 0));
  const network = reg.network({ widths: [2, 20, 3, 1], seed: 1, ...model });
  network.setOptimizer({ optimizer: "sgd", learningRate: 0.3 });
  network.setData(x, y);
  network.fit({ epochs: 2000 });
  let shortest = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    network.fit({ epochs: STEPS });
    shortest = Math.min(shortest, performance.now() - start);
  }
  network.free();
  return (1000 * STEPS) / shortest;
}

console.log(`Node.js ${process.versions.node}, V8 ${process.versions.v8}`);
for (const kind of ["plain", "relaxed"]) {
  const reg = await load({ kind }).catch((error) => console.log(`${kind}: ${error.message}`));
  if (!reg) continue;
  for (const [name, model] of Object.entries(MODELS)) {
    const speed = stepsPerSecond(reg, model);
    console.log(`${reg.isa}, ${name}: ${Math.round(speed / 100) * 100} steps a second, ${(1e6 / speed).toFixed(1)} us a step`);
  }
}
