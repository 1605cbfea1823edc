// The drawings: decision surfaces, cost curves, histogram of the weights, the network itself. Each
// draws into a canvas, in the colors of the style sheet.

/** A canvas in device pixels: {context, width, height} in CSS pixels. */
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  return { context, width, height };
}

/** The page's colors; read again when the color scheme changes. */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  return {
    zero: channels(color("--class-zero")),
    one: channels(color("--class-one")),
    middle: channels(color("--surface-middle")),
    zeroText: color("--class-zero"),
    oneText: color("--class-one"),
    text: color("--text"),
    faint: color("--faint"),
    paper: color("--paper"),
    data: color("--curve-data"),
    penalty: color("--curve-penalty"),
    test: color("--curve-test"),
    plain: color("--curve-plain"),
  };
}

const channels = (hex) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));

/** Probabilities on a grid, and the points: circles are class 0, squares class 1; test points hollow. */
export function drawSurface(canvas, surface, points, limit, showTest, colors) {
  const { context, width, height } = prepare(canvas);
  const side = Math.round(Math.sqrt(surface.length));
  const image = new ImageData(side, side);
  for (let i = 0; i < surface.length; i++) {
    const p = surface[i];
    const t = Math.min(1, Math.abs(p - 0.5) * 1.6);
    const end = p > 0.5 ? colors.one : colors.zero;
    for (let k = 0; k < 3; k++) {
      image.data[4 * i + k] = colors.middle[k] + t * (end[k] - colors.middle[k]);
    }
    image.data[4 * i + 3] = 255;
  }
  const small = (drawSurface.buffer ??= document.createElement("canvas"));
  small.width = small.height = side;
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, width, height);

  context.drawImage(pointsLayer(canvas, points, limit, showTest, colors), 0, 0, width, height);
}

/** The points as a picture of the canvas's size, kept until something about it changes. */
function pointsLayer(canvas, points, limit, showTest, colors) {
  const key = [points, canvas.width, canvas.height, showTest, colors];
  const kept = pointsLayer.kept;
  if (kept?.key.every((part, i) => part === key[i])) return kept.layer;
  const layer = document.createElement("canvas");
  layer.width = canvas.width;
  layer.height = canvas.height;
  const context = layer.getContext("2d");
  const ratio = canvas.width / canvas.clientWidth;
  context.scale(ratio, ratio);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const draw = ({ x, y }, hollow) => {
    const size = hollow ? 1.7 : 3.2;
    for (let label = 0; label < 2; label++) {
      const path = new Path2D();
      for (let i = 0; i < y.length; i++) {
        if (y[i] !== label) continue;
        const px = ((x[2 * i] / 1000 / limit + 1) * width) / 2;
        const py = ((1 - x[2 * i + 1] / 1000 / limit) * height) / 2;
        if (label === 1) path.rect(px - size, py - size, 2 * size, 2 * size);
        else {
          path.moveTo(px + size, py);
          path.arc(px, py, size, 0, 2 * Math.PI);
        }
      }
      const color = label === 1 ? colors.oneText : colors.zeroText;
      context.fillStyle = hollow ? colors.paper : color;
      context.strokeStyle = hollow ? color : colors.paper;
      context.lineWidth = hollow ? 0.8 : 1;
      context.globalAlpha = hollow ? 0.75 : 1;
      context.fill(path);
      context.stroke(path);
    }
  };
  if (showTest) draw(points.test, true);
  draw(points.train, false);
  pointsLayer.kept = { key, layer };
  return layer;
}

const tick = (value) =>
  value === 0 ? "0" : Math.abs(value) >= 1e4 || Math.abs(value) < 1e-3
    ? value.toExponential(0) : String(+value.toPrecision(2));

/** Curves over epochs. `history` has arrays: epochs, and one for each line {key, color, dash}. */
export function drawCurves(canvas, history, lines, best, colors) {
  const { context, width, height } = prepare(canvas);
  const [left, right, top, bottom] = [44, width - 8, 8, height - 20];
  const n = history.epochs.length;
  const finite = lines
    .flatMap(({ key }) => history[key])
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const high = Math.max(1e-6, (finite[Math.floor(0.97 * (finite.length - 1))] ?? 1) * 1.1);
  const last = Math.max(1, history.epochs[n - 1] ?? 1);
  const toX = (epoch) => left + ((right - left) * epoch) / last;
  const toY = (value) => bottom - ((bottom - top) * Math.min(value, high)) / high;
  context.strokeStyle = colors.faint;
  context.fillStyle = colors.text;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  for (let i = 0; i <= 4; i++) {
    const y = Math.round(bottom - ((bottom - top) * i) / 4) + 0.5;
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(right, y);
    context.stroke();
    context.textAlign = "right";
    context.fillText(tick((high * i) / 4), left - 5, y);
  }
  context.textAlign = "left";
  context.fillText("0", left, height - 8);
  context.textAlign = "right";
  context.fillText(`${last} epochs`, right, height - 8);
  for (const { key, color, dash } of lines) {
    context.beginPath();
    context.strokeStyle = color;
    context.setLineDash(dash ?? []);
    context.lineWidth = 1.6;
    history[key].forEach((value, i) => {
      if (Number.isFinite(value)) context.lineTo(toX(history.epochs[i]), toY(value));
    });
    context.stroke();
  }
  context.setLineDash([]);
  if (best && Number.isFinite(best.cost)) {
    context.strokeStyle = context.fillStyle = colors.test;
    context.beginPath();
    context.moveTo(toX(best.epoch), top);
    context.lineTo(toX(best.epoch), bottom);
    context.setLineDash([2, 3]);
    context.stroke();
    context.setLineDash([]);
  }
}

/** How many weights lie in each of `bins` intervals of [-limit, limit]. */
export function histogram(weights, limit, bins) {
  const counts = new Uint32Array(bins);
  for (const w of weights) {
    const i = Math.floor(((w / limit + 1) / 2) * bins);
    counts[Math.max(0, Math.min(bins - 1, i))]++;
  }
  return counts;
}

/** The weights of both networks: bars with regularization, an outline without. */
export function drawHistogram(canvas, weights, plainWeights, colors) {
  const { context, width, height } = prepare(canvas);
  const bins = 41;
  let limit = 0.1;
  for (const w of weights) limit = Math.max(limit, Math.abs(w));
  for (const w of plainWeights) limit = Math.max(limit, Math.abs(w));
  if (!Number.isFinite(limit)) return;
  const bars = histogram(weights, limit, bins);
  const outline = histogram(plainWeights, limit, bins);
  const high = Math.max(1, ...bars, ...outline);
  const bottom = height - 18;
  const barWidth = width / bins;
  context.fillStyle = colors.data;
  bars.forEach((count, i) => {
    const h = ((bottom - 4) * count) / high;
    context.fillRect(i * barWidth + 0.5, bottom - h, barWidth - 1, h);
  });
  context.strokeStyle = colors.plain;
  context.lineWidth = 1.6;
  context.beginPath();
  outline.forEach((count, i) => {
    const y = bottom - ((bottom - 4) * count) / high;
    context.lineTo(i * barWidth, y);
    context.lineTo((i + 1) * barWidth, y);
  });
  context.stroke();
  context.fillStyle = colors.text;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText(tick(-limit), 2, height - 8);
  context.textAlign = "center";
  context.fillText("0", width / 2, height - 8);
  context.textAlign = "right";
  context.fillText(tick(limit), width - 2, height - 8);
}

const SHOWN_UNITS = 24;

/** The layers as columns of units, lines by weight; a dropped unit is crossed out. */
export function drawNetwork(canvas, widths, parameters, dropped, colors) {
  const { context, width, height } = prepare(canvas);
  const column = (l) => 24 + ((width - 48) * l) / (widths.length - 1);
  const shown = widths.map((units) => Math.min(units, SHOWN_UNITS));
  const place = (l, u) => ((u + 0.5) * (height - 16)) / shown[l];
  const radius = (l) => Math.max(2.5, Math.min(8, (height - 16) / shown[l] / 2 - 1));
  const isDropped = (l, u) => l > 0 && l < widths.length - 1 && dropped[l - 1][u] === 1;
  let offset = 0;
  for (let l = 1; l < widths.length; l++) {
    const [nIn, nOut] = [widths[l - 1], widths[l]];
    let largest = 1e-9;
    for (let i = 0; i < nIn * nOut; i++) largest = Math.max(largest, Math.abs(parameters[offset + i]));
    for (let u = 0; u < shown[l]; u++) {
      for (let k = 0; k < shown[l - 1]; k++) {
        const w = parameters[offset + u * nIn + k];
        const strength = Math.abs(w) / largest;
        if (strength < 0.02 || isDropped(l, u) || isDropped(l - 1, k)) continue;
        context.strokeStyle = w > 0 ? colors.oneText : colors.zeroText;
        context.globalAlpha = 0.15 + 0.75 * strength;
        context.lineWidth = 0.5 + 2 * strength;
        context.beginPath();
        context.moveTo(column(l - 1), place(l - 1, k));
        context.lineTo(column(l), place(l, u));
        context.stroke();
      }
    }
    offset += nIn * nOut + nOut;
  }
  context.globalAlpha = 1;
  widths.forEach((units, l) => {
    for (let u = 0; u < shown[l]; u++) {
      const [x, y, r] = [column(l), place(l, u), radius(l)];
      context.beginPath();
      context.arc(x, y, r, 0, 2 * Math.PI);
      context.fillStyle = isDropped(l, u) ? colors.paper : colors.text;
      context.strokeStyle = isDropped(l, u) ? colors.faint : colors.text;
      context.lineWidth = 1;
      context.fill();
      context.stroke();
      if (isDropped(l, u)) {
        context.strokeStyle = colors.text;
        context.beginPath();
        context.moveTo(x - r, y - r);
        context.lineTo(x + r, y + r);
        context.moveTo(x + r, y - r);
        context.lineTo(x - r, y + r);
        context.stroke();
      }
    }
    context.fillStyle = colors.text;
    context.textAlign = "center";
    context.textBaseline = "bottom";
    const more = units > SHOWN_UNITS ? ` (${SHOWN_UNITS} shown)` : "";
    context.fillText(`${units}${more}`, column(l), height);
  });
}
