/**
 * swiftreg for Node.js and for pages that are served: finds the modules beside this file.
 * @module swiftreg
 */
import { instantiate } from "./swiftreg.mjs";

export { Library, Network, SwiftRegError, decodeBase64, instantiate } from "./swiftreg.mjs";
export { sha256 } from "./sha256.mjs";

/**
 * The bytes of a file beside this one.
 * @param {string} name
 * @returns {Promise<ArrayBuffer | Uint8Array>}
 */
async function bytesOf(name) {
  const url = new URL(name, import.meta.url);
  if (url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

/**
 * Loads the library: the module for relaxed SIMD where the engine fuses its multiply-adds, else the one for
 * plain SIMD. Both give the same bits.
 * @param {{ kind?: "plain" | "relaxed" }} [options] `kind` forces one of them.
 * @returns {Promise<import("./swiftreg.mjs").Library>}
 */
export async function load({ kind } = {}) {
  const relaxed = kind === "plain" ? undefined : () => bytesOf("swiftreg-relaxed.wasm");
  const plain = kind === "relaxed" ? undefined : () => bytesOf("swiftreg.wasm");
  return instantiate({ plain, relaxed });
}
