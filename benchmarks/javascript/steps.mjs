/**
 * Steps a second of the notebook's network (2-20-3-1, ReLU, one batch of 211 examples, float32) by each module of
 * build/javascript, and by TensorFlow playground's nn.ts (which has no dropout; double precision), in the engine
 * that runs this file.
 */
const EXAMPLES = 211;
const RUNS = 200;
const RUN_MS = 3;
const WARM_UP_MS = 400;

const MODELS = {
  "no regularization": {},
  L2: { l2: 0.7 },
  dropout: { keepProb: [1, 0.86, 0.86] },
};

const X = Float32Array.from({ length: 2 * EXAMPLES }, (_, i) => Math.sin(i * i));
// Every ninth label is wrong: a network that is right everywhere has gradients so small that a processor needs many
// times as long for them (subnormal numbers).
const Y = Float32Array.from({ length: EXAMPLES }, (_, r) => Number(X[2 * r] * X[2 * r + 1] > 0 !== (r % 9 === 0)));

/** A function that trains so many steps. */
function ours(library, model) {
  const network = library.network({ widths: [2, 20, 3, 1], seed: 1, ...model });
  network.setOptimizer({ optimizer: "sgd", learningRate: 0.3 });
  network.setData(X, Y);
  return (steps) => network.fit({ epochs: steps });
}

function theirs(nn, rate) {
  const { Activations, Errors, RegularizationFunction, buildNetwork } = nn;
  const network = buildNetwork(
    [2, 20, 3, 1], Activations.RELU, Activations.SIGMOID, rate ? RegularizationFunction.L2 : null, ["x", "y"]);
  const points = Array.from(Y, (y, r) => ({ input: [X[2 * r], X[2 * r + 1]], y }));
  return (steps) => {
    for (let step = 0; step < steps; step++) {
      for (const { input, y } of points) {
        nn.forwardProp(network, input);
        nn.backProp(network, y, Errors.SQUARE);
      }
      nn.updateWeights(network, 0.3, rate);
    }
  };
}

function milliseconds(train, steps) {
  const start = performance.now();
  train(steps);
  return performance.now() - start;
}

/**
 * Every contestant in turns; each has its fastest run and the median of all.
 * @param {(options: {kind: string}) => Promise<object>} load of the package
 * @param {object | null} nn the module nn.ts
 * @returns {Promise<{name: string, model: string, best: number, median: number}[]>} steps a second
 */
export async function measure(load, nn) {
  const contestants = [];
  const add = (name, model, train) => contestants.push({ name, model, train, times: [] });
  for (const kind of ["plain", "relaxed"]) {
    const library = await load({ kind }).catch(() => null);
    if (!library) continue;
    for (const [model, settings] of Object.entries(MODELS)) add(library.isa, model, ours(library, settings));
  }
  if (nn) {
    add("nn.ts", "no regularization", theirs(nn, 0));
    add("nn.ts", "L2", theirs(nn, 0.7 / EXAMPLES));
  }
  for (const each of contestants) {
    // The clock of a page counts in tenths of a millisecond: a run takes many of them.
    each.steps = 1;
    const end = performance.now() + WARM_UP_MS;
    while (performance.now() < end) {
      const time = milliseconds(each.train, each.steps);
      if (time < RUN_MS) each.steps = Math.ceil(each.steps * Math.min(2, (1.2 * RUN_MS) / Math.max(time, 0.1)));
    }
  }
  for (let run = 0; run < RUNS; run++) {
    for (const each of contestants) each.times.push(milliseconds(each.train, each.steps) / each.steps);
  }
  return contestants.map(({ name, model, times }) => {
    times.sort((a, b) => a - b);
    return { name, model, best: 1000 / times[0], median: 1000 / times[times.length >> 1] };
  });
}
