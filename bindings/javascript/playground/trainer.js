// Two networks that train side by side on the same data: the one of the state, and the same without
// any regularization. Runs in a worker; its tests run it in Node.

import { LIVE } from "./state.js";
import { floats } from "./datasets.js";

const UNREGULARIZED = { l2: 0, l1: 0, maxNorm: 0, labelSmoothing: 0 };

/** Options of the library's network for a state. */
export function networkOptions(state) {
  return {
    widths: [2, ...state.layers, 1],
    activations: state.activation,
    loss: "binary_cross_entropy",
    init: state.init,
    seed: state.seed,
    ...regularization(state),
  };
}

/** The part of them that can change while a network trains. keep_prob begins with the input's. */
export function regularization(state) {
  return {
    keepProb: [1, ...state.keepProb],
    l2: state.l2,
    l1: state.l1,
    maxNorm: state.maxNorm,
    labelSmoothing: state.labelSmoothing,
  };
}

const without = (state) => ({
  ...state, ...UNREGULARIZED, keepProb: state.keepProb.map(() => 1),
});

export class Trainer {
  /** @param {import("../swiftreg.mjs").Library} library */
  constructor(library) {
    this.library = library;
    this.networks = [];
  }

  /**
   * Starts anew.
   * @param state   see state.js; `changes` are replayed at their epochs
   * @param points  {train, test} of pointsOf
   * @param axis    Float32Array: the coordinates of the grid along both axes
   */
  setup(state, points, axis) {
    this.state = { ...state, epochs: 0 };
    this.replay = structuredClone(state.changes);
    this.changes = [];
    this.points = points;
    this.data = {
      train: { x: floats(points.train), y: Float32Array.from(points.train.y) },
      test: { x: floats(points.test), y: Float32Array.from(points.test.y) },
    };
    this.grid = new Float32Array(2 * axis.length ** 2);
    for (let i = 0, k = 0; i < axis.length; i++) {
      for (let j = 0; j < axis.length; j++) {
        this.grid[k++] = axis[j];
        this.grid[k++] = axis[axis.length - 1 - i];
      }
    }
    const made = [];
    try {
      for (const each of [this.state, without(this.state)]) {
        const network = this.library.network(networkOptions(each));
        made.push(network);
        network.setOptimizer({ optimizer: each.optimizer, learningRate: each.learningRate });
        network.setData(this.data.train.x, this.data.train.y);
      }
    } catch (error) {
      made.forEach((network) => network.free());
      throw error;
    }
    this.networks.forEach((network) => network.free());
    this.networks = made;
    this.epochs = 0;
    this.best = { cost: Infinity, epoch: 0 };
  }

  /** Changes live settings from here on. Throws, and changes nothing, where the library refuses. */
  change(settings) {
    for (const key of Object.keys(settings)) {
      if (!LIVE.includes(key)) throw new Error(`${key} cannot change while the network trains.`);
    }
    const state = { ...this.state, ...settings };
    this.apply(state);
    const last = this.changes.at(-1);
    if (last?.epoch === this.epochs) Object.assign(last.settings, settings);
    else if (this.epochs > 0) this.changes.push({ epoch: this.epochs, settings: { ...settings } });
  }

  apply(state) {
    const [network, plain] = this.networks;
    network.setRegularization(regularization(state));
    try {
      if (state.optimizer !== this.state.optimizer || state.learningRate !== this.state.learningRate) {
        const optimizer = { optimizer: state.optimizer, learningRate: state.learningRate };
        network.setOptimizer(optimizer);
        plain.setOptimizer(optimizer);
      }
    } catch (error) {
      network.setRegularization(regularization(this.state));
      throw error;
    }
    this.state = state;
  }

  /** Trains both networks for some epochs more, through the changes that are to be replayed. */
  advance(epochs) {
    const end = this.epochs + epochs;
    while (this.epochs < end) {
      while (this.replay.length > 0 && this.replay[0].epoch <= this.epochs) {
        this.change(this.replay.shift().settings);
      }
      const next = Math.min(end, this.replay[0]?.epoch ?? end);
      for (const network of this.networks) {
        network.fit({
          epochs: next - this.epochs,
          batchSize: this.state.batchSize,
          shuffle: this.state.batchSize > 0,
        });
      }
      this.epochs = next;
    }
  }

  /** What the page shows: see `describe`. */
  snapshot() {
    const [network, plain] = this.networks;
    const shown = this.describe(network);
    if (shown.testCost < this.best.cost) this.best = { cost: shown.testCost, epoch: this.epochs };
    return {
      epochs: this.epochs,
      steps: network.position.step,
      settings: Object.fromEntries(LIVE.map((key) => [key, this.state[key]])),
      changes: structuredClone(this.changes),
      best: this.best,
      regularized: shown,
      plain: this.describe(plain),
      dropped: this.dropped(),
      hash: network.sha256(),
    };
  }

  describe(network) {
    const { dataTerm, penalty } = network.cost();
    const test = network.predict(this.data.test.x);
    const train = network.predict(this.data.train.x);
    return {
      dataTerm,
      penalty,
      testCost: crossEntropy(test, this.data.test.y),
      trainAccuracy: accuracy(train, this.data.train.y),
      testAccuracy: accuracy(test, this.data.test.y),
      surface: network.predict(this.grid),
      parameters: network.parameters,
    };
  }

  /** Of each hidden layer, 1 where the next step drops the unit for the first example. */
  dropped() {
    const { layers, keepProb } = this.state;
    return layers.map((units, l) =>
      keepProb[l] === 1
        ? new Uint8Array(units)
        : this.networks[0].mask(l + 1, { rows: 1 }).map((kept) => 1 - kept),
    );
  }
}

function accuracy(probabilities, y) {
  let right = 0;
  for (let i = 0; i < y.length; i++) right += (probabilities[i] > 0.5) === (y[i] === 1) ? 1 : 0;
  return right / y.length;
}

/** Mean cross-entropy; a saturated wrong answer counts as the smallest float, not as infinity. */
function crossEntropy(probabilities, y) {
  let sum = 0;
  for (let i = 0; i < y.length; i++) {
    sum -= Math.log(Math.max(y[i] === 1 ? probabilities[i] : 1 - probabilities[i], 1.2e-38));
  }
  return sum / y.length;
}
