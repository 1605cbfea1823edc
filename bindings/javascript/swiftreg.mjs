/**
 * The library over its WebAssembly modules. This file imports only ./sha256.mjs and reads no URL, so that both
 * can be put into one page, and into a Worker, with the modules as base64.
 * @module
 */
import { sha256 } from "./sha256.mjs";

/** @typedef {Float32Array | Float64Array} Values */
/** @typedef {Values | ArrayLike<number>} Numbers */

/** An error of the library, in its words. */
export class SwiftRegError extends Error {
  /**
   * @param {string} message
   * @param {{ status: number, argument: string | null, index: number, value: number | null }} about
   */
  constructor(message, { status, argument, index, value }) {
    super(message);
    this.name = "SwiftRegError";
    /** A reg_status of swiftreg.h. */
    this.status = status;
    /** The argument that was wrong, as in C, or null. */
    this.argument = argument;
    /** Of the element of an array that was wrong, else -1. */
    this.index = index;
    /** The value that was wrong, or null. */
    this.value = value;
  }
}

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
export function decodeBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// ---- Structs ----------------------------------------------------------------------------

const TYPES = {
  size: { bytes: 4, get: "getUint32", set: "setUint32" },
  pointer: { bytes: 4, get: "getUint32", set: "setUint32" },
  u32: { bytes: 4, get: "getUint32", set: "setUint32" },
  i32: { bytes: 4, get: "getInt32", set: "setInt32" },
  u64: { bytes: 8, get: "getBigUint64", set: "setBigUint64" },
  f64: { bytes: 8, get: "getFloat64", set: "setFloat64" },
};

/**
 * A C struct whose first field is its size.
 * @param {Record<string, keyof typeof TYPES>} fields
 */
function struct(fields) {
  const at = {};
  let bytes = 0;
  let alignment = 0;
  const align = (size) => (bytes = Math.ceil(bytes / size) * size);
  for (const [name, type] of Object.entries({ struct_size: "size", ...fields })) {
    const size = TYPES[type].bytes;
    at[name] = { offset: align(size), type };
    bytes += size;
    alignment = Math.max(alignment, size);
  }
  return { fields: at, bytes: align(alignment) };
}

/** The structs of the headers that are used here; options in them come from the library's own table. */
export const STRUCTS = {
  reg_error: struct({
    status: "u32", has_value: "i32", argument: "pointer", index: "i32", value: "f64", message: "pointer",
  }),
  reg_build: struct({
    version: "pointer", isa: "pointer", runtime: "pointer", fused: "i32", num_threads: "i32",
  }),
  reg_enum_value: struct({ name: "pointer", identifier: "pointer", number: "u32" }),
  reg_option: struct({
    name: "pointer", structure: "pointer", field: "pointer", offset: "size", type: "u32", per_layer: "i32",
    which: "u32", status: "u32", minimum: "f64", maximum: "f64", excludes_minimum: "i32",
    excludes_maximum: "i32", default_value: "f64", losses: "u64", optimizers: "u64", schedules: "u64",
  }),
  reg_network_options: struct({
    layers: "size", widths: "pointer", activations: "pointer", loss: "u32", init: "u32", seed: "u64",
    keep_prob: "pointer", l2: "pointer", l1: "pointer", label_smoothing: "f64", max_norm: "f64",
  }),
  reg_optimizer_options: struct({
    kind: "u32", schedule: "u32", learning_rate: "f64", momentum: "f64", beta1: "f64", beta2: "f64",
    epsilon: "f64", weight_decay: "f64", clip_norm: "f64", decay: "f64", period: "u64",
    min_learning_rate: "f64",
  }),
  reg_data: struct({
    m: "size", x: "pointer", x_unit: "i32", x_example: "i32", y: "pointer", y_unit: "i32", y_example: "i32",
    weights: "pointer",
  }),
  reg_fit_options: struct({
    epochs: "u64", batch_size: "size", shuffle: "i32", patience: "u64", min_delta: "f64", costs: "pointer",
    validation_costs: "pointer", report: "pointer", context: "pointer", report_every: "u64", masks: "pointer",
  }),
  reg_fit_result: struct({
    reason: "u32", epochs: "u64", cost: "f64", best_epoch: "u64", best_cost: "f64", failed_step: "u64",
  }),
  reg_position: struct({ step: "u64", epoch: "u64" }),
};

const ENUMS = { activation: 0, loss: 1, init: 2, optimizer: 3, schedule: 4, stop: 6 };
const OPTION_TYPES = ["f64", "u64", "size", "i32", "u32"];
const TYPE_NAMES = ["real", "integer", "size", "flag", "enum"];

const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

// ---- The library ------------------------------------------------------------------------

/**
 * @typedef {object} Option An option as the library declares it.
 * @property {string} name As here: "learningRate".
 * @property {string} key As in files, C and Python: "learning_rate".
 * @property {string} structure The struct of C that it belongs to.
 * @property {"real" | "integer" | "size" | "flag" | "enum"} type
 * @property {string[] | null} values The names, of an enum.
 * @property {boolean} perLayer One value for each layer.
 * @property {number} minimum
 * @property {number} maximum
 * @property {boolean} excludesMinimum The minimum itself is no value.
 * @property {boolean} excludesMaximum
 * @property {number | string} default
 * @property {string[]} losses The losses that use it; likewise optimizers and schedules.
 * @property {string[]} optimizers
 * @property {string[]} schedules
 */

export class Library {
  /** @param {WebAssembly.Exports} exports Of a module of the library. */
  constructor(exports) {
    /** @type {any} */
    this.exports = exports;
    /** @type {Record<string, string[]>} The names of each enum, in the order of their numbers. */
    this.enums = {};
    for (const [name, number] of Object.entries(ENUMS)) this.enums[name] = this.#enumNames(number);
    /** @type {Option[]} */
    this.options = [];
    this.offsets = {};
    for (let i = 0; i < this.exports.reg_option_count(); i++) this.#readOption(i);
    const build = this.scope((memory) => {
      const at = memory.struct("reg_build", {});
      this.check(this.exports.reg_build_info(at));
      return this.read("reg_build", at);
    });
    /** The library's version. */
    this.version = this.text(build.version);
    /** "simd128" or "relaxed-simd". */
    this.isa = this.text(build.isa);
  }

  /**
   * A new network: see Network.
   * @param {NetworkOptions} options
   */
  network(options) {
    return Network.create(this, options);
  }

  /**
   * A network from the bytes of a file of any face of the library (safetensors).
   * @param {Uint8Array} bytes
   * @param {{ dtype?: "float32" | "float64" }} [options] The type of its elements.
   */
  fromBytes(bytes, options = {}) {
    return Network.fromBytes(this, bytes, options);
  }

  #enumNames(which) {
    return this.scope((memory) => {
      const names = [];
      for (let i = 0; i < this.exports.reg_enum_count(which); i++) {
        const at = memory.struct("reg_enum_value", {});
        this.check(this.exports.reg_get_enum_value(which, i, at));
        names.push(this.text(this.read("reg_enum_value", at).name));
      }
      return names;
    });
  }

  #readOption(index) {
    const raw = this.scope((memory) => {
      const at = memory.struct("reg_option", {});
      this.check(this.exports.reg_get_option(index, at));
      return this.read("reg_option", at);
    });
    const key = this.text(raw.name);
    const values = raw.type === 4 ? Object.values(this.enums)[Object.values(ENUMS).indexOf(raw.which)] : null;
    const those = (names, bits) => names.filter((_, i) => (bits >> BigInt(i)) & 1n);
    const structure = this.text(raw.structure);
    (this.offsets[structure] ??= {})[this.text(raw.field)] = raw.offset;
    this.options.push({
      name: camelCase(key), key, structure, type: TYPE_NAMES[raw.type], values,
      perLayer: raw.per_layer !== 0, minimum: raw.minimum, maximum: raw.maximum,
      excludesMinimum: raw.excludes_minimum !== 0, excludesMaximum: raw.excludes_maximum !== 0,
      default: values === null ? raw.default_value : values[raw.default_value],
      losses: those(this.enums.loss, raw.losses), optimizers: those(this.enums.optimizer, raw.optimizers),
      schedules: those(this.enums.schedule, raw.schedules),
      // For `fill`.
      field: this.text(raw.field), offset: raw.offset, fieldType: OPTION_TYPES[raw.type],
    });
  }

  // ---- Memory of the module ----

  get view() {
    return new DataView(this.exports.memory.buffer);
  }

  /** Throws the library's error for a status that is not OK. */
  check(status) {
    if (status === 0) return;
    throw this.scope((memory) => {
      const at = memory.struct("reg_error", {});
      this.exports.reg_last_error(at);
      const error = this.read("reg_error", at);
      const message = error.status === status ? error.message : this.exports.reg_status_message(status);
      return new SwiftRegError(this.text(message), {
        status,
        argument: error.argument === 0 ? null : this.text(error.argument),
        index: error.index,
        value: error.has_value ? error.value : null,
      });
    });
  }

  /** Calls body with memory that is freed when it returns. */
  scope(body) {
    const memory = new Scope(this);
    try {
      return body(memory);
    } finally {
      memory.free();
    }
  }

  /** The fields of a struct. */
  read(name, at) {
    const { view } = this;
    const result = {};
    for (const [field, { offset, type }] of Object.entries(STRUCTS[name].fields)) {
      result[field] = view[TYPES[type].get](at + offset, true);
    }
    return result;
  }

  /** The text at an address; of 0 the empty one. */
  text(at) {
    if (at === 0) return "";
    const bytes = new Uint8Array(this.exports.memory.buffer, at);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }

  /** A copy of `count` elements at an address. */
  copy(Values, at, count) {
    return new Values(this.exports.memory.buffer.slice(at, at + count * Values.BYTES_PER_ELEMENT));
  }
}

/** Memory of a module for one call. */
class Scope {
  #blocks = [];

  constructor(library) {
    this.library = library;
  }

  /** `bytes` zeros. */
  take(bytes) {
    const at = this.library.exports.malloc(Math.max(bytes, 1));
    if (at === 0) throw new RangeError(`the module has no ${bytes} bytes of memory left`);
    this.#blocks.push(at);
    new Uint8Array(this.library.exports.memory.buffer, at, bytes).fill(0);
    return at;
  }

  /** A copy of `numbers`; 0 for null. */
  values(Values, numbers) {
    if (numbers === null || numbers === undefined) return 0;
    const at = this.take(numbers.length * Values.BYTES_PER_ELEMENT);
    new Values(this.library.exports.memory.buffer, at, numbers.length).set(numbers);
    return at;
  }

  /** A struct with these fields; the rest is 0. */
  struct(name, fields) {
    const { bytes, fields: all } = STRUCTS[name];
    const at = this.take(bytes);
    const { view } = this.library;
    for (const [field, value] of Object.entries({ struct_size: bytes, ...fields })) {
      const { offset, type } = all[field];
      view[TYPES[type].set](at + offset, type === "u64" ? integer(field, value) : Number(value), true);
    }
    return at;
  }

  /** The blocks stay; the caller frees them. */
  release() {
    this.#blocks = [];
  }

  free() {
    for (const at of this.#blocks) this.library.exports.free(at);
    this.#blocks = [];
  }
}

/** A whole number of 64 bits. */
function integer(name, value) {
  let result;
  try {
    result = BigInt(value);
  } catch {
    throw new RangeError(`${name} is ${value}; it must be a whole number`);
  }
  if (result < 0n || result >= 1n << 64n) {
    throw new RangeError(`${name} is ${value}; it must be in [0, 2^64)`);
  }
  return result;
}

// ---- Networks ---------------------------------------------------------------------------

/**
 * @typedef {object} NetworkOptions Those of reg_network_options, in camel case. Numbers for each layer may be
 * one number for all.
 * @property {number[]} widths Units of the input, of the hidden layers, of the output.
 * @property {"float32" | "float64"} [dtype]
 * @property {string | string[]} [activations] Of the hidden layers: "relu", "tanh", ...
 * @property {string} [loss] "binary_cross_entropy", "softmax_cross_entropy", "squared_error"
 * @property {string} [init] "he", "xavier", "lecun", "notebook"
 * @property {number | bigint} [seed]
 * @property {number | number[]} [keepProb] Of the input and the hidden layers.
 * @property {number | number[]} [l2]
 * @property {number | number[]} [l1]
 * @property {number} [labelSmoothing]
 * @property {number} [maxNorm]
 */

/**
 * @typedef {object} FitOptions
 * @property {number} [epochs] 1. With all examples in a batch, an epoch is a step.
 * @property {number} [batchSize] 0: all examples.
 * @property {boolean} [shuffle]
 * @property {number} [patience]
 * @property {number} [minDelta]
 * @property {(Numbers | null)[]} [masks] For each layer null, or a mask of 0 and 1, units by examples.
 */

/** A network in a module's memory. Free it when it is no longer used. */
export class Network {
  #library;
  #handle;
  #suffix;
  /** Blocks of the data, and the structs that describe them. */
  #data = null;
  #validation = null;

  constructor(library, handle, dtype) {
    this.#library = library;
    this.#handle = handle;
    this.#suffix = dtype === "float64" ? "_f64" : "";
    /** @type {"float32" | "float64"} */
    this.dtype = dtype;
    const { layers, widths } = this.#describe();
    /** @type {number[]} */
    this.widths = [...library.copy(Uint32Array, widths, layers + 1)];
  }

  get #Values() {
    return valuesOf(this.dtype);
  }

  /**
   * @param {Library} library
   * @param {NetworkOptions} options
   */
  static create(library, { widths, dtype = "float32", ...options }) {
    valuesOf(dtype);
    if (!widths || widths.length < 2) {
      throw new RangeError(`widths is ${widths}; it must have at least two numbers`);
    }
    return library.scope((memory) => {
      const at = memory.struct("reg_network_options", {
        layers: widths.length - 1, widths: memory.values(Uint32Array, widths),
      });
      fill(library, memory, "reg_network_options", at, options, widths.length - 1);
      const out = memory.take(4);
      library.check(library.exports[`reg_network_create${dtype === "float64" ? "_f64" : ""}`](at, out));
      return new Network(library, library.view.getUint32(out, true), dtype);
    });
  }

  /**
   * @param {Library} library
   * @param {Uint8Array} bytes
   * @param {{ dtype?: "float32" | "float64" }} options
   */
  static fromBytes(library, bytes, { dtype = "float32" }) {
    valuesOf(dtype);
    return library.scope((memory) => {
      const at = memory.values(Uint8Array, bytes);
      const out = memory.take(4);
      const name = `reg_network_deserialize${dtype === "float64" ? "_f64" : ""}`;
      library.check(library.exports[name](at, bytes.length, out));
      return new Network(library, library.view.getUint32(out, true), dtype);
    });
  }

  /** Frees the network's memory. Every other call is an error after that. */
  free() {
    if (this.#handle === 0) return;
    this.#library.exports[`reg_network_destroy${this.#suffix}`](this.#handle);
    this.#handle = 0;
    this.#data?.free();
    this.#validation?.free();
    this.#data = this.#validation = null;
  }

  #call(name, ...rest) {
    this.#library.check(this.#library.exports[`reg_network_${name}${this.#suffix}`](this.#handle, ...rest));
  }

  #describe() {
    return this.#library.scope((memory) => {
      const at = memory.struct("reg_network_options", {});
      this.#call("describe", at);
      return this.#library.read("reg_network_options", at);
    });
  }

  // ---- Options ----

  /** What the network was made of, with the regularization of now. */
  get options() {
    const library = this.#library;
    const raw = this.#describe();
    const result = { widths: this.widths, dtype: this.dtype };
    for (const option of library.options.filter((o) => o.structure === "reg_network_options")) {
      let value = raw[option.field];
      if (option.perLayer) {
        const count = raw.layers - (option.key === "activations" ? 1 : 0);
        value = [...library.copy(option.type === "enum" ? Uint32Array : Float64Array, value, count)];
        if (option.values) value = value.map((number) => option.values[number]);
      } else if (option.values) {
        value = option.values[value];
      }
      result[option.name] = value;
    }
    return result;
  }

  /**
   * Changes keepProb, l2, l1, labelSmoothing and maxNorm between steps; those that are not named stay.
   * @param {Pick<NetworkOptions, "keepProb" | "l2" | "l1" | "labelSmoothing" | "maxNorm">} changes
   */
  setRegularization(changes) {
    const known = ["keepProb", "l2", "l1", "labelSmoothing", "maxNorm"];
    const wrong = Object.keys(changes).find((name) => !known.includes(name));
    if (wrong !== undefined) throw new RangeError(`${wrong} is no regularization: ${known.join(", ")}`);
    const { keepProb, l2, l1, labelSmoothing, maxNorm } = { ...this.options, ...changes };
    const library = this.#library;
    library.scope((memory) => {
      const layers = this.widths.length - 1;
      const at = memory.struct("reg_network_options", { layers });
      fill(library, memory, "reg_network_options", at, { keepProb, l2, l1, labelSmoothing, maxNorm }, layers);
      this.#call("set_regularization", at);
    });
  }

  /**
   * The optimizer: `optimizer` is its kind, the rest as in reg_optimizer_options, in camel case. What is not named
   * is the default of the kind.
   * @param {{ optimizer?: string, schedule?: string, learningRate?: number, [name: string]: any }} options
   */
  setOptimizer({ optimizer = "sgd", ...options }) {
    const library = this.#library;
    library.scope((memory) => {
      const at = memory.struct("reg_optimizer_options", {});
      const number = library.enums.optimizer.indexOf(optimizer);
      if (number < 0) throw new RangeError(unknown("optimizer", optimizer, library.enums.optimizer));
      library.check(library.exports.reg_optimizer_defaults(number, at));
      fill(library, memory, "reg_optimizer_options", at, options, 0);
      this.#call("set_optimizer", at);
    });
  }

  /** @returns {Record<string, any>} The optimizer and its options. */
  get optimizer() {
    const library = this.#library;
    return library.scope((memory) => {
      const at = memory.struct("reg_optimizer_options", {});
      this.#call("get_optimizer", at);
      const raw = library.read("reg_optimizer_options", at);
      const result = {};
      for (const option of library.options.filter((o) => o.structure === "reg_optimizer_options")) {
        const value = raw[option.field];
        result[option.name] = option.values ? option.values[value] : Number(value);
      }
      return result;
    });
  }

  /** @returns {{ step: number, epoch: number }} How far training has come. */
  get position() {
    return this.#library.scope((memory) => {
      const at = memory.struct("reg_position", {});
      this.#call("get_position", at);
      const { step, epoch } = this.#library.read("reg_position", at);
      return { step: Number(step), epoch: Number(epoch) };
    });
  }

  /** @param {{ step: number, epoch: number }} position */
  set position({ step, epoch }) {
    this.#library.scope((memory) => this.#call("set_position", memory.struct("reg_position", { step, epoch })));
  }

  // ---- Data ----

  /** Copies examples into the module's memory; the scope that holds them has the struct at `at`. */
  #examples(x, y, weights) {
    const [nIn, nOut] = [this.widths[0], this.widths[this.widths.length - 1]];
    const [rows, targets] = [flat("x", x, nIn), flat("y", y, nOut)];
    const m = rows.length / nIn;
    if (targets.length !== m * nOut) {
      throw new RangeError(`y has ${targets.length} numbers; it must have ${m * nOut}, ${nOut} for each example`);
    }
    if (weights && weights.length !== m) {
      throw new RangeError(`weights has ${weights.length} numbers; it must have ${m}, one for each example`);
    }
    const memory = new Scope(this.#library);
    try {
      memory.at = memory.struct("reg_data", {
        m, x: memory.values(this.#Values, rows), x_unit: 1, x_example: nIn,
        y: memory.values(this.#Values, targets), y_unit: 1, y_example: nOut,
        weights: memory.values(this.#Values, weights ?? null),
      });
      memory.m = m;
      return memory;
    } catch (error) {
      memory.free();
      throw error;
    }
  }

  /**
   * The examples that `fit` and `cost` use: features and targets, example after example.
   * @param {Numbers | ArrayLike<number>[]} x
   * @param {Numbers | ArrayLike<number>[]} y
   * @param {{ weights?: Numbers }} [options] Weights of the examples.
   */
  setData(x, y, { weights } = {}) {
    const data = this.#examples(x, y, weights);
    this.#data?.free();
    this.#data = data;
  }

  /**
   * The examples that `fit` validates with; without arguments none.
   * @param {Numbers | ArrayLike<number>[]} [x]
   * @param {Numbers | ArrayLike<number>[]} [y]
   */
  setValidation(x, y) {
    const data = x === undefined ? null : this.#examples(x, y, null);
    this.#validation?.free();
    this.#validation = data;
  }

  get #examplesSet() {
    if (this.#data === null) throw new Error("the network has no data: call setData(x, y)");
    return this.#data;
  }

  // ---- Training and results ----

  /**
   * Trains some epochs more.
   * @param {FitOptions} [options]
   * @returns {{ reason: string, epochs: number, cost: number, costs: Float64Array,
   *   validationCosts: Float64Array | null, bestEpoch: number, bestCost: number }}
   */
  fit({ epochs = 1, masks, ...options } = {}) {
    const library = this.#library;
    const data = this.#examplesSet;
    return library.scope((memory) => {
      const at = memory.struct("reg_fit_options", { epochs, costs: memory.take(8 * Number(epochs)) });
      fill(library, memory, "reg_fit_options", at, options, 0);
      const { fields } = STRUCTS.reg_fit_options;
      const costs = library.view.getUint32(at + fields.costs.offset, true);
      const validationCosts = this.#validation ? memory.take(8 * Number(epochs)) : 0;
      const given = masks ? masks.map((mask) => memory.values(Uint8Array, mask)) : null;
      const maskPointers = memory.values(Uint32Array, given);
      library.view.setUint32(at + fields.validation_costs.offset, validationCosts, true);
      library.view.setUint32(at + fields.masks.offset, maskPointers, true);
      const result = memory.struct("reg_fit_result", {});
      this.#call("fit", data.at, this.#validation?.at ?? 0, at, result);
      const raw = library.read("reg_fit_result", result);
      const done = Number(raw.epochs);
      return {
        reason: library.enums.stop[raw.reason],
        epochs: done,
        cost: raw.cost,
        costs: library.copy(Float64Array, costs, done),
        validationCosts: validationCosts === 0 ? null : library.copy(Float64Array, validationCosts, done),
        bestEpoch: Number(raw.best_epoch),
        bestCost: raw.best_cost,
      };
    });
  }

  /**
   * The cost without dropout, of the data or of other examples: the data term and the penalties.
   * @param {Numbers | ArrayLike<number>[]} [x]
   * @param {Numbers | ArrayLike<number>[]} [y]
   * @returns {{ cost: number, dataTerm: number, penalty: number }}
   */
  cost(x, y) {
    const examples = x === undefined ? this.#examplesSet : this.#examples(x, y, null);
    try {
      return this.#library.scope((memory) => {
        const out = memory.take(16);
        this.#call("cost", examples.at, out, out + 8);
        const [cost, dataTerm] = this.#library.copy(Float64Array, out, 2);
        return { cost, dataTerm, penalty: cost - dataTerm };
      });
    } finally {
      if (x !== undefined) examples.free();
    }
  }

  /**
   * The outputs for some examples, without dropout.
   * @param {Numbers | ArrayLike<number>[]} x
   * @returns {Values} Example after example.
   */
  predict(x) {
    const [nIn, nOut] = [this.widths[0], this.widths[this.widths.length - 1]];
    const rows = flat("x", x, nIn);
    const m = rows.length / nIn;
    return this.#library.scope((memory) => {
      const out = memory.take(m * nOut * this.#Values.BYTES_PER_ELEMENT);
      const strides = (unit, example) => memory.values(Int32Array, [unit, example]);
      this.#call(
        "predict", m, memory.values(this.#Values, rows), strides(1, nIn), out, 0, strides(1, nOut));
      return this.#library.copy(this.#Values, out, m * nOut);
    });
  }

  /**
   * The dropout mask of a layer in a step, as training draws it: layer 0 is the input.
   * @param {number} layer
   * @param {{ step?: number, rows?: number }} [options] The next step, and the examples of the data.
   * @returns {Uint8Array} 1 for kept; example after example.
   */
  mask(layer, options = {}) {
    const library = this.#library;
    const { keepProb, seed } = this.options;
    if (!(layer >= 0 && layer < keepProb.length)) {
      throw new RangeError(`layer is ${layer}; it must be in [0, ${keepProb.length})`);
    }
    const { step = this.position.step, rows = this.#examplesSet.m } = options;
    const units = this.widths[layer];
    const stream = (BigInt(step) << 16n) + BigInt(layer);
    return library.scope((memory) => {
      const at = memory.take(units);
      const mask = new Uint8Array(rows * units);
      for (let row = 0; row < rows; row++) {
        const offset = BigInt(row) << 34n;
        library.check(library.exports.reg_dropout_mask(
          units, keepProb[layer], BigInt.asIntN(64, BigInt(seed)), BigInt.asIntN(64, stream),
          BigInt.asIntN(64, offset), at));
        mask.set(library.copy(Uint8Array, at, units), row * units);
      }
      return mask;
    });
  }

  #buffer(name) {
    return this.#library.scope((memory) => {
      const out = memory.take(8);
      this.#call(name, out, out + 4);
      const { view } = this.#library;
      return { at: view.getUint32(out, true), count: view.getUint32(out + 4, true) };
    });
  }

  /** @returns {Values} A copy of all parameters: W1, b1, W2, ..., rows of W contiguous. */
  get parameters() {
    const { at, count } = this.#buffer("parameters");
    return this.#library.copy(this.#Values, at, count);
  }

  /** @param {Numbers} values As many as there are. */
  set parameters(values) {
    const { at, count } = this.#buffer("parameters");
    if (values.length !== count) {
      throw new RangeError(`parameters has ${values.length} numbers; it must have ${count}`);
    }
    new this.#Values(this.#library.exports.memory.buffer, at, count).set(values);
  }

  /** @returns {{ weights: Values, biases: Values }[]} Copies; weights have a row for each unit. */
  get layers() {
    const all = this.parameters;
    let at = 0;
    return this.widths.slice(1).map((nOut, l) => {
      const weights = all.subarray(at, (at += nOut * this.widths[l]));
      return { weights, biases: all.subarray(at, (at += nOut)) };
    });
  }

  /** SHA-256 of the parameters, as Python's hashlib.sha256(mlp.parameters.tobytes()).hexdigest(). */
  sha256() {
    return sha256(this.parameters);
  }

  /** @returns {Uint8Array} The network as a file (safetensors), for every face of the library. */
  toBytes() {
    return this.#library.scope((memory) => {
      const size = memory.take(4);
      this.#call("serialize", 0, 0, size);
      const count = this.#library.view.getUint32(size, true);
      const at = memory.take(count);
      this.#call("serialize", at, count, size);
      return this.#library.copy(Uint8Array, at, count);
    });
  }
}

/** The typed array of a dtype. */
function valuesOf(dtype) {
  if (dtype === "float32") return Float32Array;
  if (dtype === "float64") return Float64Array;
  throw new RangeError(`dtype is ${dtype}; it must be "float32" or "float64"`);
}

/** Writes options, named in camel case, to a struct by the library's table. */
function fill(library, memory, structure, at, options, layers) {
  const table = library.options.filter((option) => option.structure === structure);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const option = table.find((o) => o.name === name);
    if (option === undefined) throw new RangeError(unknown("option", name, table.map((o) => o.name)));
    const number = (one) => (option.values === null ? one : numberOf(option, one));
    if (option.perLayer) {
      const count = layers - (option.key === "activations" ? 1 : 0);
      const list = typeof value === "object" ? [...value] : Array(count).fill(value);
      if (list.length !== count) {
        throw new RangeError(`${name} has ${list.length} values; it must have ${count}`);
      }
      const pointer = memory.values(option.type === "enum" ? Uint32Array : Float64Array, list.map(number));
      library.view.setUint32(at + option.offset, pointer, true);
    } else if (option.fieldType === "u64") {
      library.view.setBigUint64(at + option.offset, integer(name, value), true);
    } else {
      library.view[TYPES[option.fieldType].set](at + option.offset, Number(number(value)), true);
    }
  }
}

function numberOf(option, name) {
  const number = option.values.indexOf(name);
  if (number < 0) throw new RangeError(unknown(option.name, name, option.values));
  return number;
}

const unknown = (what, name, names) => `${what} is ${name}; it must be one of ${names.join(", ")}`;

/** Numbers, or rows of them, as rows of `width` one after the other. */
function flat(name, values, width) {
  const list = values.length > 0 && typeof values[0] === "object" ? Array.from(values, (row) => [...row]).flat() : values;
  if (list.length === 0 || list.length % width !== 0) {
    throw new RangeError(`${name} has ${list.length} numbers; it must have a multiple of ${width}`);
  }
  return list;
}

// ---- Loading ----------------------------------------------------------------------------

/** Whether this engine fuses the multiply-adds of the module for relaxed SIMD, for floats and for doubles. */
function isFused(exports) {
  // w - (-w) w of numbers just above 1 leaves what rounding the product would lose.
  const cases = [
    ["reg_update", Float32Array, 1 + 2 ** -12, 2 ** -24],
    ["reg_update_f64", Float64Array, 1 + 2 ** -27, 2 ** -54],
  ];
  return cases.every(([name, Values, x, lost]) => {
    const count = 16;
    const at = exports.malloc(2 * count * Values.BYTES_PER_ELEMENT);
    const out = at + count * Values.BYTES_PER_ELEMENT;
    const values = new Values(exports.memory.buffer, at, 2 * count);
    values.fill(x, 0, count).fill(1 - 2 * x, count);
    // out = out - (-x) * x = 1 - 2 x + x^2 = (x - 1)^2, exactly.
    const status = exports[name](out, at, count, -x, out);
    const result = new Values(exports.memory.buffer, out, count).every((value) => value === lost);
    exports.free(at);
    return status === 0 && result;
  });
}

/**
 * Loads the library from its modules. The one for relaxed SIMD is taken if it is there, the engine knows its
 * instructions, and a multiply-add in it is rounded once; else the other one. Both give the same bits.
 * @typedef {BufferSource | (() => BufferSource | Promise<BufferSource>)} Module Bytes, or how to get them.
 * @param {{ plain?: Module, relaxed?: Module }} modules
 * @returns {Promise<Library>}
 */
export async function instantiate({ plain, relaxed }) {
  const bytesOf = async (module) => (typeof module === "function" ? module() : module);
  if (relaxed !== undefined) {
    const bytes = await bytesOf(relaxed);
    if (WebAssembly.validate(bytes)) {
      const { instance } = await WebAssembly.instantiate(bytes, {});
      if (isFused(instance.exports)) return new Library(instance.exports);
    }
  }
  if (plain === undefined) throw new Error("this engine has no relaxed SIMD with fused multiply-adds");
  const { instance } = await WebAssembly.instantiate(await bytesOf(plain), {});
  return new Library(instance.exports);
}
