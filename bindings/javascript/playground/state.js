// The state of the page: everything that chooses data, network and training, and its form as a link.

import { DATASETS, generate, split } from "./datasets.js";

/** Settings that a network takes while it trains; all others restart it. */
export const LIVE = [
  "l2", "l1", "keepProb", "maxNorm", "labelSmoothing", "learningRate", "optimizer", "batchSize",
];

/** Words for names of the library that are not words themselves. */
export const LABELS = {
  relu: "ReLU", leaky_relu: "leaky ReLU", gelu: "GELU", silu: "SiLU", selu: "SELU",
  sgd: "gradient descent", adam: "Adam", adamw: "AdamW", rmsprop: "RMSProp",
};

export const DEFAULTS = Object.freeze({
  data: "notebook",
  count: 200,
  noise: 0.15,
  trainShare: 0.5,
  dataSeed: 1,
  custom: null, // points of a table: {x: [...], y: [...]} in thousandths
  layers: [20, 3],
  activation: "relu",
  init: "he",
  seed: 1,
  l2: 0,
  l1: 0,
  keepProb: [1, 1], // of each hidden layer
  maxNorm: 0,
  labelSmoothing: 0,
  learningRate: 0.3,
  optimizer: "sgd",
  batchSize: 0, // 0: all
  changes: [], // [{epoch, settings}]: live settings that were changed after some epochs
  epochs: 0, // how far training had come
});

export function freshState(settings = {}) {
  return { ...structuredClone(DEFAULTS), ...structuredClone(settings) };
}

/** The training and test points of a state. `standIn` are the notebook's, in thousandths. */
export function pointsOf(state, standIn) {
  if (state.data === "notebook") {
    const as = ({ x, y }) => ({ x: Int32Array.from(x), y: Uint8Array.from(y) });
    return { train: as(standIn.train), test: as(standIn.test) };
  }
  const points =
    state.data === "custom"
      ? { x: Int32Array.from(state.custom.x), y: Uint8Array.from(state.custom.y) }
      : generate(state.data, state.count, state.noise, state.dataSeed);
  return split(points, state.trainShare, state.dataSeed);
}

/** The link's fragment: JSON of what differs from the defaults, in base64url. */
export function encodeState(state) {
  const differing = Object.fromEntries(
    Object.entries(state).filter(
      ([key, value]) => key in DEFAULTS && JSON.stringify(value) !== JSON.stringify(DEFAULTS[key]),
    ),
  );
  const bytes = new TextEncoder().encode(JSON.stringify(differing));
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The state of a fragment. Throws an Error that names the field for anything out of range. `enums` are the
 *  names that the library has. */
export function decodeState(fragment, enums) {
  let given;
  try {
    const binary = atob(fragment.replace(/^#/, "").replace(/-/g, "+").replace(/_/g, "/"));
    given = JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0))));
  } catch {
    throw new Error("The link is damaged: it holds no state of this page.");
  }
  const state = freshState();
  for (const [key, value] of Object.entries(given)) {
    if (!(key in DEFAULTS)) throw new Error(`The link names an unknown setting: ${key}.`);
    state[key] = value;
  }
  checkState(state, enums);
  return state;
}

function isIntegerIn(value, low, high) {
  return Number.isInteger(value) && value >= low && value <= high;
}

function check(condition, name, value) {
  if (!condition) throw new Error(`${name} is ${JSON.stringify(value)}, which the page does not take.`);
}

/** Limits of the page. The library checks the options of networks and optimizers itself. */
function checkState(state, enums) {
  check(state.data in DATASETS || ["notebook", "custom"].includes(state.data), "data", state.data);
  check(isIntegerIn(state.count, 10, 5000), "count", state.count);
  check(state.noise >= 0 && state.noise <= 2, "noise", state.noise);
  check(state.trainShare > 0 && state.trainShare < 1, "trainShare", state.trainShare);
  check(isIntegerIn(state.dataSeed, 0, 2 ** 31), "dataSeed", state.dataSeed);
  check(isIntegerIn(state.seed, 0, 2 ** 31), "seed", state.seed);
  check(
    Array.isArray(state.layers) && state.layers.length >= 1 && state.layers.length <= 6 &&
      state.layers.every((units) => isIntegerIn(units, 1, 256)),
    "layers", state.layers,
  );
  check(enums.activation.includes(state.activation), "activation", state.activation);
  check(isIntegerIn(state.epochs, 0, 10_000_000), "epochs", state.epochs);
  check(Array.isArray(state.changes) && state.changes.length <= 1000, "changes", state.changes);
  checkLive(state, state.layers.length, enums);
  let last = 0;
  for (const change of state.changes) {
    check(isIntegerIn(change?.epoch, last, state.epochs), "changes.epoch", change?.epoch);
    last = change.epoch;
    for (const key of Object.keys(change.settings ?? {})) check(LIVE.includes(key), "changes", key);
    checkLive({ ...state, ...change.settings }, state.layers.length, enums);
  }
  if (state.data === "custom") {
    const { x, y } = state.custom ?? {};
    check(
      Array.isArray(x) && Array.isArray(y) && x.length === 2 * y.length && y.length >= 10 &&
        x.every((k) => isIntegerIn(k, -1e6, 1e6)) && y.every((k) => k === 0 || k === 1),
      "custom", "no list of points",
    );
  }
}

function checkLive(state, layers, enums) {
  for (const key of ["l2", "l1", "maxNorm", "labelSmoothing", "learningRate"]) {
    check(Number.isFinite(state[key]) && state[key] >= 0, key, state[key]);
  }
  check(
    Array.isArray(state.keepProb) && state.keepProb.length === layers &&
      state.keepProb.every((p) => p > 0 && p <= 1),
    "keepProb", state.keepProb,
  );
  check(enums.optimizer.includes(state.optimizer), "optimizer", state.optimizer);
  check(isIntegerIn(state.batchSize, 0, 5000), "batchSize", state.batchSize);
}
