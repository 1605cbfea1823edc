// node run.mjs PROGRAM ARGUMENT...: runs a WASI program, with its output and exit status.
// node run.mjs --validates PROGRAM: exits with 0 if this engine can run it.
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { WASI } from "node:wasi";

const onlyValidates = process.argv[2] === "--validates";
const [program, ...rest] = process.argv.slice(onlyValidates ? 3 : 2);
const bytes = readFileSync(program);
// Relaxed SIMD is behind a flag in Node.js 20.
if (!WebAssembly.validate(bytes)) setFlagsFromString("--experimental-wasm-relaxed-simd");
if (onlyValidates) process.exit(WebAssembly.validate(bytes) ? 0 : 1);
const wasi = new WASI({ version: "preview1", args: [program, ...rest], env: {}, returnOnExit: true });
const imports = { wasi_snapshot_preview1: wasi.wasiImport };
const { instance } = await WebAssembly.instantiate(bytes, imports);
process.exit(wasi.start(instance));
