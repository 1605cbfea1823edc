// The worker of the page: loads the library, and trains between messages.
//
// From the page: {type: "load", modules} once; {type: "setup", state, points, axis, epochs};
// {type: "change", settings}; {type: "play", until}; {type: "pause"}; {type: "step", epochs}.
// To the page: {type: "loaded", module, enums}, an instruction set and the names of the library; {type: "snapshot", snapshot, playing}; {type: "error", text}.

import { Trainer } from "./trainer.js";
import { instantiate } from "../swiftreg.mjs";

const SNAPSHOT_MS = 60; // between pictures
const REPLAY_SNAPSHOTS = 60; // of the epochs that a link replays
const CHUNK_MS = 12; // of training between looks at messages

let trainer = null;
let playing = false;
let until = Infinity;
let lastSnapshot = 0;
let chunk = 1; // epochs

function send(force = false) {
  const now = performance.now();
  if (!force && now - lastSnapshot < SNAPSHOT_MS) return;
  lastSnapshot = now;
  const snapshot = trainer.snapshot();
  const buffers = [snapshot.regularized, snapshot.plain].flatMap((each) => [
    each.surface.buffer, each.parameters.buffer,
  ]);
  postMessage({ type: "snapshot", snapshot, playing }, buffers);
}

function train() {
  if (!playing) return;
  try {
    const left = until - trainer.epochs;
    if (left <= 0) {
      playing = false;
    } else {
      const start = performance.now();
      trainer.advance(Math.min(chunk, left));
      const took = performance.now() - start;
      if (took < CHUNK_MS / 2) chunk = Math.min(2 * chunk, 1 << 16);
      else if (took > 2 * CHUNK_MS && chunk > 1) chunk = chunk >> 1;
      if (trainer.epochs >= until) playing = false;
    }
    send(!playing);
  } catch (error) {
    playing = false;
    postMessage({ type: "error", text: error.message });
    send(true);
  }
  if (playing) setTimeout(train, 0);
}

const actions = {
  async load({ modules }) {
    const library = await instantiate(modules);
    trainer = new Trainer(library);
    postMessage({ type: "loaded", module: library.isa, enums: library.enums });
  },
  setup({ state, points, axis, epochs }) {
    playing = false;
    trainer.setup(state, points, axis);
    // What a link replays is shown on the way, so that the curves have points.
    send(true);
    for (let piece = 1; piece <= REPLAY_SNAPSHOTS && trainer.epochs < epochs; piece++) {
      trainer.advance(Math.round((epochs * piece) / REPLAY_SNAPSHOTS) - trainer.epochs);
      send(true);
    }
  },
  change({ settings }) {
    trainer.change(settings);
    send(true);
  },
  play(message) {
    until = message.until ?? Infinity;
    if (playing) return;
    playing = true;
    train();
  },
  pause() {
    playing = false;
    send(true);
  },
  step({ epochs }) {
    playing = false;
    trainer.advance(epochs);
    send(true);
  },
};

self.onmessage = async ({ data }) => {
  try {
    await actions[data.type](data);
  } catch (error) {
    postMessage({ type: "error", text: error.message });
  }
};
