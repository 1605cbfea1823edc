// The page: controls, messages to the worker, drawings of its snapshots.

import { DATASETS, parseTable, pointsOfTable } from "./datasets.js";
import { LABELS, LIVE, decodeState, encodeState, freshState, pointsOf } from "./state.js";
import { LESSONS } from "./lessons.js";
import { LANGUAGES, code } from "./code.js";
import { drawCurves, drawHistogram, drawNetwork, drawSurface, readColors } from "./charts.js";

const GRID = 50; // points along each axis of a surface
const MAX_HISTORY = 600; // points of a curve; every other one is dropped beyond

const element = (id) => document.getElementById(id);

// ---- Settings ---------------------------------------------------------------------------------

/** Numbers as sliders with a field beside them. `log`: 0, then a logarithmic scale from low to high. */
const NUMBERS = {
  count: { group: "generated", text: "Points", low: 20, high: 1000, step: 10 },
  noise: { group: "generated", text: "Noise (standard deviation)", low: 0, high: 0.6, step: 0.01 },
  trainShare: { group: "generated", text: "Share that trains", low: 0.1, high: 0.9, step: 0.05 },
  dataSeed: { group: "generated", text: "Seed of the points", low: 0, high: 100, step: 1 },
  seed: { group: "structure", text: "Seed of weights and masks", low: 0, high: 100, step: 1 },
  l2: { group: "regularization", text: "L2 (lambda)", low: 0.001, high: 100, log: true },
  l1: { group: "regularization", text: "L1 (lambda)", low: 0.001, high: 100, log: true },
  maxNorm: { group: "regularization", text: "Max-norm (0: none)", low: 0, high: 10, step: 0.1 },
  labelSmoothing: { group: "regularization", text: "Label smoothing", low: 0, high: 0.5, step: 0.01 },
  learningRate: { group: "training", text: "Learning rate", low: 0.0001, high: 10, log: true },
  batchSize: { group: "training", text: "Batch size (0: all)", low: 0, high: 256, step: 1 },
};

/** Choices among the names that the library has. */
const CHOICES = {
  activation: { group: "structure", text: "Activation" },
  optimizer: { group: "training", text: "Optimizer" },
};

const sliderOfValue = ({ low, high, log }, value) =>
  !log ? value : value <= 0 ? 0 : 1 + (199 * Math.log(value / low)) / Math.log(high / low);
const valueOfSlider = ({ low, high, log }, position) =>
  !log ? position : position < 1
    ? 0 : Number((low * (high / low) ** ((position - 1) / 199)).toPrecision(2));

function numberControl(name, description, get, set) {
  const { text, low, high, step, log } = description;
  const box = document.createElement("div");
  box.className = "setting";
  box.innerHTML = `<label for="${name}">${text}</label><div class="pair">
    <input type="range" id="${name}-slider" aria-label="${text}, slider"
      min="${log ? 0 : low}" max="${log ? 200 : high}" step="${log ? 1 : step}">
    <input type="number" id="${name}" step="any"></div>`;
  const [slider, field] = [box.querySelector(`#${name}-slider`), box.querySelector(`#${name}`)];
  const show = () => {
    field.value = get();
    slider.value = sliderOfValue(description, get());
  };
  slider.addEventListener("input", () => set(valueOfSlider(description, Number(slider.value)), show));
  field.addEventListener("change", () => {
    if (field.value.trim() === "" || !Number.isFinite(Number(field.value))) return show();
    set(Number(field.value), show);
  });
  show();
  return { box, show };
}

function choiceControl(name, { text }, get, set) {
  const box = document.createElement("div");
  box.className = "setting";
  box.innerHTML = `<label for="${name}">${text}</label><select id="${name}"></select>`;
  const select = box.querySelector("select");
  for (const value of enums[name]) select.add(new Option(LABELS[value] ?? value, value));
  const show = () => (select.value = get());
  select.addEventListener("change", () => set(select.value, show));
  show();
  return { box, show };
}

// ---- The page's state -------------------------------------------------------------------------

const injected = JSON.parse(element("page-data").textContent); // {standIn, custom}
let state = freshState();
let started = freshState(); // the state at the last restart
let points = pointsOf(state, injected.standIn);
let snapshot = null;
let playing = false;
let history = null;
let colors = readColors();
let worker = null;
let enums = {}; // of the library: names of activations and optimizers
const controls = [];

function limitOf({ train, test }) {
  let limit = 0;
  for (const set of [train, test]) for (const k of set.x) limit = Math.max(limit, Math.abs(k));
  return (1.08 * Math.max(limit, 1)) / 1000;
}

const lines = () => [
  { key: "data", color: colors.data, text: "data term" },
  { key: "penalty", color: colors.penalty, text: "penalty" },
  { key: "test", color: colors.test, text: "test cost" },
  { key: "plainData", color: colors.plain, text: "data term, without" },
  { key: "plainTest", color: colors.plain, dash: [5, 4], text: "test cost, without" },
];

function report(error) {
  element("error").textContent = error ? error.message ?? String(error) : "";
}

/** Trains anew from the settings; `epochs` at once, as a link has it. */
function restart({ epochs = 0, changes = [] } = {}) {
  try {
    state.changes = changes;
    points = pointsOf(state, injected.standIn);
  } catch (error) {
    return report(error);
  }
  report("");
  started = structuredClone(state);
  history = Object.fromEntries(["epochs", ...lines().map(({ key }) => key)].map((key) => [key, []]));
  history.every = 1;
  history.count = 0;
  const limit = limitOf(points);
  const axis = Float32Array.from({ length: GRID }, (_, i) => limit * ((2 * (i + 0.5)) / GRID - 1));
  worker.postMessage({ type: "setup", state, points, axis, epochs });
}

function change(settings, show) {
  Object.assign(state, settings);
  show?.();
  if (Object.keys(settings).every((key) => LIVE.includes(key))) {
    report("");
    worker.postMessage({ type: "change", settings });
    if (!snapshot || snapshot.epochs === 0) Object.assign(started, structuredClone(settings));
  } else restart();
}

function setPlaying(value) {
  playing = value;
  element("play").textContent = playing ? "Pause" : "Play";
}

function play() {
  const until = element("until").value.trim();
  report("");
  setPlaying(!playing);
  worker.postMessage(
    playing ? { type: "play", until: until === "" ? undefined : Number(until) } : { type: "pause" },
  );
}

function step() {
  setPlaying(false);
  worker.postMessage({ type: "step", epochs: 1 });
}

// ---- Drawing ----------------------------------------------------------------------------------

const percent = (value) => `${(100 * value).toFixed(1)} %`;

function remember(shot) {
  if (history.epochs.at(-1) === shot.epochs) return;
  if (history.count++ % history.every !== 0) return;
  history.epochs.push(shot.epochs);
  history.data.push(shot.regularized.dataTerm);
  history.penalty.push(shot.regularized.penalty);
  history.test.push(shot.regularized.testCost);
  history.plainData.push(shot.plain.dataTerm);
  history.plainTest.push(shot.plain.testCost);
  if (history.epochs.length <= MAX_HISTORY) return;
  history.every *= 2;
  for (const key of ["epochs", ...lines().map((line) => line.key)]) {
    history[key] = history[key].filter((_, i) => i % 2 === 0);
  }
}

function weightsOf(parameters, widths) {
  const layers = [];
  for (let l = 1, at = 0; l < widths.length; l++) {
    const count = widths[l] * widths[l - 1];
    layers.push(parameters.subarray(at, at + count));
    at += count + widths[l];
  }
  return layers;
}

const norm = (weights) => Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0));

function describeFigure(id, text) {
  element(id).setAttribute("aria-label", text);
}

let scheduled = false;
function redraw() {
  if (scheduled || !snapshot) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    const begin = performance.now();
    draw();
    window.longestFrame = Math.max(window.longestFrame ?? 0, performance.now() - begin);
  });
}

function draw() {
  const { regularized, plain } = snapshot;
  const widths = [2, ...state.layers, 1];
  const limit = limitOf(points);
  const showTest = element("show-test").checked;
  element("epochs").textContent = snapshot.epochs;
  for (const [id, shown] of [["surface", regularized], ["plain-surface", plain]]) {
    drawSurface(element(id), shown.surface, points, limit, showTest, colors);
    const text =
      `Accuracy: training ${percent(shown.trainAccuracy)}, test ${percent(shown.testAccuracy)}. ` +
      `Cost: data ${shown.dataTerm.toFixed(4)}, penalty ${shown.penalty.toFixed(4)}.`;
    element(`${id}-text`).textContent = text;
    describeFigure(id, `Decision surface. ${text}`);
  }
  drawCurves(element("curves"), history, lines(), snapshot.best, colors);
  describeFigure("curves",
    `Cost curves after ${snapshot.epochs} epochs; lowest test cost ${snapshot.best.cost.toFixed(4)} at epoch ${snapshot.best.epoch}.`);
  const weights = weightsOf(regularized.parameters, widths);
  const plainWeights = weightsOf(plain.parameters, widths);
  const all = (layers) => layers.flatMap((layer) => Array.from(layer));
  drawHistogram(element("weights"), all(weights), all(plainWeights), colors);
  drawNetwork(element("network"), widths, regularized.parameters, snapshot.dropped, colors);
  const dropped = snapshot.dropped.map((units) => units.reduce((a, b) => a + b, 0));
  describeFigure("network",
    `Layers of ${widths.join(", ")} units; dropped in the next step: ${dropped.join(", ")}.`);
  const norms = weights.map((layer, l) => [norm(layer), norm(plainWeights[l])]);
  element("norms").innerHTML = norms
    .map(([a, b], l) => `<tr><td>W${l + 1}</td><td>${a.toFixed(3)}</td><td>${b.toFixed(3)}</td></tr>`)
    .join("");
  describeFigure("weights", `Histogram of the weights; norms ${norms.map(([a]) => a.toFixed(2)).join(", ")}.`);
  element("hash-line").textContent = snapshot.hash.slice(0, 16);
  element("hash-line").title = snapshot.hash;
}

let announced = 0;
function announce() {
  const now = Date.now();
  if (now - announced < 3000 && playing) return;
  announced = now;
  const { regularized } = snapshot;
  element("status").textContent =
    `Epoch ${snapshot.epochs}: test accuracy ${percent(regularized.testAccuracy)}, cost ${(regularized.dataTerm + regularized.penalty).toFixed(4)}.`;
}

const receive = {
  loaded({ module, enums: names }) {
    enums = names;
    element("module").textContent = module;
    begin();
  },
  snapshot(message) {
    snapshot = message.snapshot;
    if (!message.playing && playing) setPlaying(false);
    remember(snapshot);
    redraw();
    announce();
  },
  error({ text }) {
    setPlaying(false);
    report(text);
    // What the library refused is not shown as if it were in force.
    if (snapshot) Object.assign(state, structuredClone(snapshot.settings));
    controls.forEach(({ show }) => show());
  },
};

// ---- Controls ---------------------------------------------------------------------------------

function buildControls() {
  for (const group of ["generated", "structure", "regularization", "training"]) {
    element(group).replaceChildren();
  }
  controls.length = 0;
  const add = (group, control) => {
    element(group).append(control.box);
    controls.push(control);
  };
  for (const [name, description] of Object.entries(CHOICES)) {
    add(description.group,
      choiceControl(name, description, () => state[name], (value, show) => change({ [name]: value }, show)));
  }
  const layers = document.createElement("div");
  layers.className = "setting";
  layers.innerHTML = `<label for="layers">Units of the hidden layers</label>
    <input id="layers" type="text" style="width: 100%" inputmode="numeric" aria-describedby="layers-help">
    <small id="layers-help">1 to 6 layers of 1 to 256 units, as 20, 3</small>`;
  const field = layers.querySelector("input");
  const show = () => (field.value = state.layers.join(", "));
  field.addEventListener("change", () => {
    const widths = field.value.split(/[\s,;-]+/).filter(Boolean).map(Number);
    if (widths.length < 1 || widths.length > 6 || !widths.every((n) => Number.isInteger(n) && n >= 1 && n <= 256)) {
      report(`Layers are "${field.value}"; they must be 1 to 6 whole numbers from 1 to 256.`);
      return show();
    }
    state.keepProb = widths.map((_, l) => state.keepProb[l] ?? state.keepProb.at(-1));
    change({ layers: widths }, show);
    buildControls();
  });
  show();
  add("structure", { box: layers, show });
  for (const [name, description] of Object.entries(NUMBERS)) {
    add(description.group,
      numberControl(name, description, () => state[name], (value, update) => change({ [name]: value }, update)));
  }
  const perLayer = element("per-layer").checked;
  const keepProb = { low: 0.05, high: 1, step: 0.01 };
  (perLayer ? state.layers.map((_, l) => l) : [0]).forEach((l) => {
    const name = perLayer ? `keep_prob${l + 1}` : "keep_prob";
    const text = perLayer ? `keep_prob of layer ${l + 1}` : "keep_prob";
    add("regularization",
      numberControl(name, { ...keepProb, text }, () => state.keepProb[l], (value, update) =>
        change({ keepProb: state.keepProb.map((old, k) => (!perLayer || k === l ? value : old)) }, update)));
  });
  element("data").value = state.data;
  element("generated").hidden = state.data === "notebook";
}

function fillDataSets() {
  const select = element("data");
  select.add(new Option("The notebook's stand-in", "notebook"));
  for (const [name, text] of Object.entries(DATASETS)) select.add(new Option(text, name));
  if (injected.custom) state = freshState({ data: "custom", custom: injected.custom });
  if (state.custom) offerCustom();
}

function offerCustom() {
  const select = element("data");
  if (![...select.options].some(({ value }) => value === "custom")) {
    select.add(new Option("Data of your own", "custom"));
  }
}

let table = null;
function readTable() {
  try {
    report("");
    table = null;
    table = parseTable(element("table").value);
  } catch (error) {
    report(error);
  }
  const names = table?.names ?? [];
  ["column-x", "column-y", "column-class"].forEach((id, k) => {
    const select = element(id);
    select.replaceChildren(...names.map((name, j) => new Option(name, j)));
    select.value = String(k < 2 ? k : names.length - 1);
  });
}

function useTable() {
  readTableIfChanged();
  if (!table) return;
  try {
    const [first, second, label] = ["column-x", "column-y", "column-class"].map((id) => Number(element(id).value));
    const { points: own } = pointsOfTable(table, first, second, label);
    state.custom = { x: Array.from(own.x), y: Array.from(own.y) };
    state.data = "custom";
    offerCustom();
    buildControls();
    restart();
  } catch (error) {
    report(error);
  }
}

let lastTable = "";
function readTableIfChanged() {
  if (element("table").value === lastTable && table) return;
  lastTable = element("table").value;
  readTable();
}

async function takeFile(file) {
  if (!file) return;
  if (file.size > 4e6) return report(`${file.name} has ${file.size} bytes; the page takes 4,000,000.`);
  element("own").open = true;
  element("table").value = await file.text();
  readTableIfChanged();
}

// ---- Code, links, lessons ---------------------------------------------------------------------

let language = "python";
function showCode() {
  if (!snapshot) return;
  if (playing) play();
  element("languages").replaceChildren(
    ...Object.entries(LANGUAGES).map(([name, text]) => {
      const button = document.createElement("button");
      button.textContent = text;
      button.setAttribute("aria-pressed", String(name === language));
      button.className = name === language ? "primary" : "";
      button.addEventListener("click", () => {
        language = name;
        showCode();
      });
      return button;
    }),
  );
  element("code").textContent = code(
    language, started, snapshot.changes, snapshot.epochs, points.train, snapshot.hash);
  element("hash").textContent = snapshot.hash;
  if (!element("code-dialog").open) element("code-dialog").showModal();
}

function linkState() {
  return { ...started, changes: snapshot?.changes ?? [], epochs: snapshot?.epochs ?? 0 };
}

async function copy(text, button) {
  const old = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "In the address bar";
  }
  setTimeout(() => (button.textContent = old), 1500);
}

function copyLink() {
  window.history.replaceState(null, "", `#${encodeState(linkState())}`);
  copy(window.location.href, element("link"));
}

function loadLink() {
  try {
    const linked = decodeState(window.location.hash, enums);
    const { epochs, changes } = linked;
    state = { ...linked, changes: [], epochs: 0 };
    if (new Set(state.keepProb).size > 1) element("per-layer").checked = true;
    if (state.custom) offerCustom();
    buildControls();
    restart({ epochs, changes });
    // After the replay, the controls show the last settings.
    for (const one of changes) Object.assign(state, structuredClone(one.settings));
    controls.forEach(({ show }) => show());
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

function showLesson(lesson) {
  setPlaying(false);
  state = freshState({ ...lesson.settings });
  element("per-layer").checked = new Set(state.keepProb).size > 1;
  buildControls();
  element("until").value = lesson.until;
  element("lesson-text").innerHTML = `<h3></h3>${lesson.text.map(() => "<p></p>").join("")}`;
  element("lesson-text").querySelector("h3").textContent = lesson.title;
  element("lesson-text").querySelectorAll("p").forEach((p, i) => (p.textContent = lesson.text[i]));
  restart();
  play();
}

function begin() {
  if (window.location.hash.length > 1 && loadLink()) return;
  buildControls();
  restart();
}

// ---- Start ------------------------------------------------------------------------------------

function connect() {
  element("play").addEventListener("click", play);
  element("step").addEventListener("click", step);
  element("restart").addEventListener("click", () => {
    setPlaying(false);
    restart();
  });
  element("data").addEventListener("change", () => {
    state.data = element("data").value;
    buildControls();
    restart();
  });
  element("show-test").addEventListener("change", redraw);
  element("per-layer").addEventListener("change", buildControls);
  element("table").addEventListener("change", readTableIfChanged);
  element("use-table").addEventListener("click", useTable);
  element("file").addEventListener("change", (event) => takeFile(event.target.files[0]));
  element("own").addEventListener("dragover", (event) => {
    event.preventDefault();
    element("own").classList.add("drop");
  });
  element("own").addEventListener("dragleave", () => element("own").classList.remove("drop"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    element("own").classList.remove("drop");
    takeFile(event.dataTransfer.files[0]);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  element("show-code").addEventListener("click", showCode);
  element("close-code").addEventListener("click", () => element("code-dialog").close());
  element("copy-code").addEventListener("click", () => copy(element("code").textContent, element("copy-code")));
  element("link").addEventListener("click", copyLink);
  window.addEventListener("hashchange", loadLink);
  window.addEventListener("resize", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colors = readColors();
    drawLegend();
    redraw();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || element("code-dialog").open) return;
    const action = { p: play, s: step, r: () => element("restart").click() }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  element("lessons").replaceChildren(
    ...LESSONS.map((lesson) => {
      const button = document.createElement("button");
      button.textContent = lesson.title;
      button.addEventListener("click", () => showLesson(lesson));
      return button;
    }),
  );
}

function drawLegend() {
  element("curves-legend").innerHTML = lines()
    .map(({ color, text, dash }) =>
      `<li><i style="color: ${color}; border-top-style: ${dash ? "dashed" : "solid"}"></i>${text}</li>`)
    .join("") + "<li>dotted: lowest test cost</li>";
}

/** Bytes of an embedded file: gzip, in base64. */
async function embedded(id) {
  const binary = atob(element(id).textContent.trim());
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function main() {
  connect();
  fillDataSets();
  drawLegend();
  const source = new Blob([element("worker-source").textContent], { type: "text/javascript" });
  worker = new Worker(URL.createObjectURL(source));
  worker.addEventListener("message", ({ data }) => receive[data.type](data));
  worker.addEventListener("error", (event) => report(event.message || "The worker failed to start."));
  // ?module=plain or ?module=relaxed takes that one alone.
  const wanted = new URLSearchParams(window.location.search).get("module");
  const kinds = ["plain", "relaxed"].filter((kind) => !wanted || kind === wanted);
  const modules = await Promise.all(kinds.map(async (kind) => [kind, await embedded(`module-${kind}`)]));
  worker.postMessage({ type: "load", modules: Object.fromEntries(modules) });
}

// For tests, and for the curious in the console.
window.playground = {
  get state() { return state; },
  get snapshot() { return snapshot; },
  get playing() { return playing; },
  get points() { return points; },
};

main().catch(report);
