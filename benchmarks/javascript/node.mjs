// node node.mjs INDEX NN: prints what steps.mjs measures in this engine, as JSON. INDEX: the package's index.mjs;
// NN: nn.js, or empty.
import { setFlagsFromString } from "node:v8";
import { pathToFileURL } from "node:url";

import { measure } from "./steps.mjs";

// Relaxed SIMD is behind a flag in Node.js 20.
setFlagsFromString("--experimental-wasm-relaxed-simd");

const [index, nn] = process.argv.slice(2);
const { load } = await import(pathToFileURL(index));
const rows = await measure(load, nn ? await import(pathToFileURL(nn)) : null);
console.log(JSON.stringify({ engine: `Node.js ${process.versions.node}, V8 ${process.versions.v8}`, rows }));
