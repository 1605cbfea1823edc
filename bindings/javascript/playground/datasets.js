// Data sets of two classes in the plane. Coordinates are whole thousandths, so that the page, Python,
// C and Swift read the same floats from the same text.

/** @typedef {{x: Int32Array, y: Uint8Array}} Points  x: 2 m thousandths (x1, x2 of each point); y: 0 or 1 */

export const UNIT = 1000;
const LIMIT = 32 * UNIT;

/** Uniform numbers in [0, 1): mulberry32. The same seed gives the same points in every browser. */
export function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Normal numbers by the polar method of Marsaglia. */
function normals(uniform) {
  return () => {
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
    }
  };
}

// Each takes (label, uniform, normal) and returns a point without noise.
const SHAPES = {
  circles(label, uniform) {
    const radius = label ? 0.4 * Math.sqrt(uniform()) : 0.65 + 0.3 * uniform();
    const angle = 2 * Math.PI * uniform();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  xor(label, uniform) {
    const x = (0.05 + 0.9 * uniform()) * (uniform() < 0.5 ? -1 : 1);
    const y = (0.05 + 0.9 * uniform()) * Math.sign(x) * (label ? 1 : -1);
    return [x, y];
  },
  gaussians(label, uniform, normal) {
    const centre = label ? 0.35 : -0.35;
    return [centre + 0.2 * normal(), centre + 0.2 * normal()];
  },
  spiral(label, uniform) {
    const t = uniform();
    const angle = 3.5 * Math.PI * t + (label ? Math.PI : 0);
    return [0.95 * t * Math.cos(angle), 0.95 * t * Math.sin(angle)];
  },
  moons(label, uniform) {
    const angle = Math.PI * uniform();
    return label
      ? [0.6 * Math.cos(angle) - 0.3, 0.6 * Math.sin(angle) - 0.15]
      : [0.3 - 0.6 * Math.cos(angle), 0.15 - 0.6 * Math.sin(angle)];
  },
};

/** Names of the generated sets, as shown. */
export const DATASETS = {
  circles: "Circles",
  xor: "Exclusive or",
  gaussians: "Two Gaussians",
  spiral: "Spiral",
  moons: "Moons",
};

/** `count` points of the set `name`, classes in turn; noise is a standard deviation. */
export function generate(name, count, noise, seed) {
  const uniform = uniforms(seed);
  const normal = normals(uniform);
  const points = { x: new Int32Array(2 * count), y: new Uint8Array(count) };
  for (let i = 0; i < count; i++) {
    const label = i % 2;
    const [a, b] = SHAPES[name](label, uniform, normal);
    points.x[2 * i] = thousandths(a + noise * normal());
    points.x[2 * i + 1] = thousandths(b + noise * normal());
    points.y[i] = label;
  }
  return points;
}

function thousandths(value) {
  return Math.max(-LIMIT, Math.min(LIMIT, Math.round(UNIT * value)));
}

/** Splits points at random: the first `share` of a shuffled order trains. */
export function split(points, share, seed) {
  const count = points.y.length;
  const order = Array.from({ length: count }, (_, i) => i);
  const uniform = uniforms(seed ^ 0x5bd1e995);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  const train = Math.max(1, Math.min(count - 1, Math.round(share * count)));
  return { train: pick(points, order.slice(0, train)), test: pick(points, order.slice(train)) };
}

function pick(points, rows) {
  const chosen = { x: new Int32Array(2 * rows.length), y: new Uint8Array(rows.length) };
  rows.forEach((row, i) => {
    chosen.x[2 * i] = points.x[2 * row];
    chosen.x[2 * i + 1] = points.x[2 * row + 1];
    chosen.y[i] = points.y[row];
  });
  return chosen;
}

/** Coordinates as floats: k / 1000 rounded to double, then to float, as NumPy and C round them. */
export function floats(points) {
  return Float32Array.from(points.x, (k) => k / UNIT);
}

// ---- Tables -----------------------------------------------------------------------------------

/** Rows of text: fields apart by comma, semicolon or tab, in quotes where they hold one. */
export function parseTable(text) {
  const clean = text.replace(/^\uFEFF/, "");
  const firstLine = clean.split(/\r?\n/, 1)[0];
  const separator = [",", ";", "\t"]
    .map((mark) => [firstLine.split(mark).length, mark])
    .sort((a, b) => b[0] - a[0])[0][1];
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  const endField = () => {
    row.push(field.trim());
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.some((value) => value !== "")) rows.push(row);
    row = [];
  };
  for (let i = 0; i < clean.length; i++) {
    const c = clean[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (clean[i + 1] === '"') field += clean[++i];
      else quoted = false;
    } else if (c === '"' && field.trim() === "") {
      field = "";
      quoted = true;
    } else if (c === separator) endField();
    else if (c === "\n") endRow();
    else if (c !== "\r") field += c;
  }
  if (quoted) throw new Error("The table has a quotation mark that is never closed.");
  endRow();
  if (rows.length === 0) throw new Error("The table is empty.");
  const width = rows[0].length;
  if (width < 3) {
    throw new Error(
      `The table has ${width} column${width === 1 ? "" : "s"}; it needs at least 3: two features and a class.`,
    );
  }
  rows.forEach((fields, i) => {
    if (fields.length !== width) {
      throw new Error(`Row ${i + 1} has ${fields.length} fields; the first row has ${width}.`);
    }
  });
  const isNumber = (value) => value !== "" && Number.isFinite(Number(value));
  const hasHeader = rows.length > 1 && rows[0].every((value) => !isNumber(value));
  const names = hasHeader ? rows.shift() : rows[0].map((_, i) => `column ${i + 1}`);
  return { names, rows };
}

/** Points of two numeric columns and a class column; coordinates are standardized. */
export function pointsOfTable({ names, rows }, first, second, label) {
  if (new Set([first, second, label]).size < 3) {
    throw new Error("The two features and the class must be three different columns.");
  }
  const column = (j) =>
    rows.map((row, i) => {
      const value = Number(row[j]);
      if (row[j] === "" || !Number.isFinite(value)) {
        throw new Error(`Row ${i + 1}: ${names[j]} is "${row[j]}"; a feature must be a number.`);
      }
      return value;
    });
  const classes = [...new Set(rows.map((row) => row[label]))].sort();
  if (classes.length !== 2) {
    const some = classes.slice(0, 5).map((name) => `"${name}"`).join(", ");
    throw new Error(
      `${names[label]} has ${classes.length} different value${classes.length === 1 ? "" : "s"} (${some}${
        classes.length > 5 ? ", ..." : ""
      }); a class column must have 2.`,
    );
  }
  if (rows.length < 10) throw new Error(`The table has ${rows.length} rows; it needs at least 10.`);
  if (rows.length > 5000) throw new Error(`The table has ${rows.length} rows; the page takes 5000.`);
  const x = new Int32Array(2 * rows.length);
  [first, second].forEach((j, k) => {
    const values = column(j);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    if (!(deviation > 0)) throw new Error(`${names[j]} has the same value in every row.`);
    values.forEach((value, i) => {
      x[2 * i + k] = thousandths((0.5 * (value - mean)) / deviation);
    });
  });
  return { points: { x, y: Uint8Array.from(rows, (row) => classes.indexOf(row[label])) }, classes };
}
