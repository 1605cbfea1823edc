// Lessons: each is a state and three sentences.

const NOTEBOOK = { data: "notebook", layers: [20, 3], keepProb: [1, 1], learningRate: 0.3 };

export const LESSONS = [
  {
    title: "What lambda does",
    settings: { ...NOTEBOOK, l2: 0.7 },
    until: 5000,
    text: [
      "L2 adds lambda / (2 m) times the sum of the squared weights to the cost, so every step also pulls the weights towards 0.",
      "Compare the two surfaces: small weights make a smooth border, and the network on the right, without L2, bends around single points.",
      "Drag lambda while it trains, and watch the histogram of the weights narrow and the norms of the layers fall.",
    ],
  },
  {
    title: "Too much lambda",
    settings: { ...NOTEBOOK, l2: 30 },
    until: 3000,
    text: [
      "The penalty now outweighs the data, so the cheapest network is one whose weights are nearly 0.",
      "Its output is almost the same everywhere: the training accuracy falls as well, which is underfitting.",
      "Lower lambda until the data term falls again; the best value has the lowest cost on test data, not on training data.",
    ],
  },
  {
    title: "Dropout against overfitting",
    settings: { ...NOTEBOOK, keepProb: [0.86, 0.86] },
    until: 5000,
    text: [
      "In each step every hidden unit is kept with probability keep_prob, so no unit can rely on another one being there.",
      "The drawing of the network crosses out the units that the next step drops for the first example.",
      "The training cost becomes noisy and higher, while the accuracy on test data does not suffer as it does on the right.",
    ],
  },
  {
    title: "Why keep_prob scales",
    settings: { ...NOTEBOOK, keepProb: [0.5, 1] },
    until: 3000,
    text: [
      "With keep_prob 0.5 half of the units of the first layer are missing in a step, and the next layer would receive half of the sum.",
      "Inverted dropout divides the kept outputs by keep_prob, so that their expected sum is the same as without dropout.",
      "That is why nothing has to be scaled for predictions: the surfaces show the network with all of its units.",
    ],
  },
  {
    title: "L1 makes zeros",
    settings: { ...NOTEBOOK, l1: 0.3, learningRate: 0.1 },
    until: 5000,
    text: [
      "L1 adds lambda / m times the sum of the absolute weights: its pull does not weaken as a weight becomes small.",
      "So many weights end within one step of 0, where the histogram has its peak, and their lines in the drawing vanish.",
      "L2 makes the same weights small, but seldom 0: set L1 to 0 and L2 to 0.7, and compare.",
    ],
  },
  {
    title: "Early stopping",
    settings: { data: "moons", count: 120, noise: 0.25, layers: [32, 16], keepProb: [1, 1], optimizer: "adam", learningRate: 0.01 },
    until: 3000,
    text: [
      "Without any penalty the training cost keeps falling, while the test cost falls at first and then rises.",
      "Stopping at the lowest test cost regularizes too: the weights have had no time to grow.",
      "The mark on the cost curves shows the epoch with the lowest test cost so far; press Restart and stop there.",
    ],
  },
];
