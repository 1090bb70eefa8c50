// Charts of the last five minutes, drawn as SVG. A chart is told samples; it keeps them, draws them, and shows one of them under the pointer
// or, with the arrow keys, under the cursor. A sample that is missing leaves a gap.

import { clock } from "./format.js";

const capacity = 300;
const height = 176;
const bottom = 20;
const left = 46;
const namespace = "http://www.w3.org/2000/svg";

function svg(name, attributes, parent) {
  const element = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }

  parent?.append(element);
  return element;
}

/** The least of 1, 2, 5 times a power of the base's ten, or of 1,024 for bytes, that is not below the number. */
export function niceCeiling(number, base) {
  if (!(number > 0)) {
    return 1;
  }

  const power = Math.floor(Math.log(number) / Math.log(base));
  const unit = base ** power;
  const steps = base === 10 ? [1, 2, 5, 10] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  return unit * steps.find(step => step * unit >= number * 0.999);
}

export class Chart {
  #samples = [];
  #chosen = null;

  /**
   * @param {HTMLElement} figure Where it is drawn.
   * @param {{name: string, style: string}[]} series What a sample's values are, first at the bottom; style names the colour in style.css.
   * @param {(value: number) => string} format Writes a value.
   * @param {{isStacked?: boolean, base?: number, least?: number}} options Whether areas are stacked instead of lines beside each other; 1024 for
   *   bytes; what the scale reaches at least.
   */
  constructor(figure, series, format, { isStacked = false, base = 10, least = 0 } = {}) {
    this.series = series;
    this.format = format;
    this.isStacked = isStacked;
    this.base = base;
    this.least = least;
    this.title = figure.querySelector("figcaption").textContent;

    this.plot = document.createElement("div");
    this.plot.className = "plot";
    this.svg = svg("svg", { role: "img", tabindex: "0" }, this.plot);
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    this.plot.append(this.tip);
    this.legend = document.createElement("ul");
    this.legend.className = "legend";
    figure.append(this.plot, this.legend);

    this.svg.addEventListener("pointermove", event => this.#choose(this.#indexAt(event)));
    this.svg.addEventListener("pointerleave", () => this.#choose(null));
    this.svg.addEventListener("blur", () => this.#choose(null));
    this.svg.addEventListener("keydown", event => this.#onKey(event));
    new ResizeObserver(() => this.#draw()).observe(this.plot);
  }

  /** Adds a sample: an array with a value, or null, for each series; or null for a second of which nothing is known. */
  add(time, values) {
    this.#samples.push({ time, values });
    if (this.#samples.length > capacity) {
      this.#samples.shift();
      this.#chosen = this.#chosen === null ? null : Math.max(0, this.#chosen - 1);
    }

    this.#draw();
  }

  #onKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && this.#samples.length > 0) {
      event.preventDefault();
      const last = this.#samples.length - 1;
      this.#choose(this.#chosen === null ? last : Math.min(last, Math.max(0, this.#chosen + step)));
    } else if (event.key === "Escape") {
      this.#choose(null);
    }
  }

  #choose(index) {
    this.#chosen = index;
    this.#draw();
  }

  #indexAt(event) {
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    const index = this.#samples.length - 1 - Math.round((this.width - x) / this.step);
    return index >= 0 && index < this.#samples.length ? index : null;
  }

  get step() {
    return (this.width - left) / (capacity - 1);
  }

  #x(index) {
    return this.width - (this.#samples.length - 1 - index) * this.step;
  }

  #draw() {
    this.width = this.plot.clientWidth;
    if (this.width === 0) {
      return;
    }

    const known = this.#samples.filter(sample => sample.values).map(sample => sample.values);
    const largest = Math.max(0, ...known.map(values => this.isStacked
      ? values.reduce((sum, value) => sum + (value ?? 0), 0)
      : Math.max(...values.map(value => value ?? 0))));
    const top = niceCeiling(Math.max(largest, this.least), this.base);
    const y = value => (height - bottom) * (1 - value / top) + 6;

    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.svg.replaceChildren();
    for (const part of [0, 0.5, 1]) {
      svg("line", { x1: left, x2: this.width, y1: y(top * part), y2: y(top * part), class: "grid" }, this.svg);
      svg("text", { x: left - 6, y: y(top * part) + 4, "text-anchor": "end" }, this.svg).textContent = this.format(top * part);
    }

    for (const [minutes, label] of [[5, "5 min ago"], [2.5, ""], [0, "now"]]) {
      svg("text", {
        x: this.width - minutes * 60 * this.step + (minutes === 5 ? this.step : 0), y: height + 2, "text-anchor": minutes === 0 ? "end" : "start",
      }, this.svg).textContent = label;
    }

    this.isStacked ? this.#drawStack(y) : this.#drawLines(y);
    this.#drawChosen(y);
    this.#describe();
  }

  /** The stretches of samples that have a value, as arrays of points. */
  #stretches(pick) {
    const stretches = [[]];
    this.#samples.forEach((sample, index) => {
      const value = sample.values ? pick(sample.values) : null;
      if (value === null) {
        stretches.push([]);
      } else {
        stretches.at(-1).push([this.#x(index), value]);
      }
    });
    return stretches.filter(points => points.length > 0);
  }

  #drawLines(y) {
    this.series.forEach((series, number) => {
      for (const points of this.#stretches(values => values[number])) {
        const line = points.map(([x, value]) => `${x.toFixed(1)} ${y(value).toFixed(1)}`).join("L");
        if (this.series.length === 1) {
          svg("path", { d: `M${line}L${points.at(-1)[0]} ${y(0)}L${points[0][0]} ${y(0)}Z`, class: "wash" }, this.svg);
        }

        svg("path", { d: `M${line}`, class: `line line-${series.style}` }, this.svg);
      }
    });
  }

  #drawStack(y) {
    const below = (values, number) => values.slice(0, number).reduce((sum, value) => sum + value, 0);
    this.series.forEach((series, number) => {
      for (const points of this.#stretches(values => [below(values, number), below(values, number + 1)])) {
        const upper = points.map(([x, [, high]]) => `${x.toFixed(1)} ${y(high).toFixed(1)}`).join("L");
        const lower = points.map(([x, [low]]) => `${x.toFixed(1)} ${y(low).toFixed(1)}`).reverse().join("L");
        svg("path", { d: `M${upper}L${lower}Z`, class: `stack fill-${series.style}` }, this.svg);
      }
    });
  }

  #drawChosen(y) {
    const sample = this.#chosen === null ? null : this.#samples[this.#chosen];
    this.tip.hidden = !sample;
    if (!sample) {
      return;
    }

    const x = this.#x(this.#chosen);
    svg("line", { x1: x, x2: x, y1: 6, y2: y(0), class: "cursor" }, this.svg);
    const time = document.createElement("p");
    time.textContent = clock(sample.time);
    this.tip.replaceChildren(time, ...this.series.map((series, number) => this.#row(series, sample.values?.[number] ?? null)).reverse());
    const room = this.tip.offsetWidth + 12;
    this.tip.style.left = `${x + room > this.width ? x - room : x + 12}px`;
  }

  #row(series, value) {
    const row = document.createElement("div");
    const swatch = document.createElement("i");
    const number = document.createElement("b");
    swatch.className = `fill-${series.style}`;
    number.textContent = value === null ? "–" : this.format(value);
    row.className = "row";
    row.append(swatch, `${series.name} `, number);
    return row;
  }

  #describe() {
    const values = this.#samples.at(-1)?.values;
    if (this.legend.children.length !== this.series.length) {
      this.legend.replaceChildren(...this.series.map(() => document.createElement("li")));
    }

    this.series.forEach((series, number) => this.legend.children[number].replaceChildren(...this.#row(series, values?.[number] ?? null).childNodes));
    const now = this.series.map((series, number) => `${series.name} ${values ? this.format(values[number] ?? 0) : "unknown"}`).join(", ");
    this.svg.setAttribute("aria-label", `${this.title}; now ${now}. The arrow keys show earlier seconds.`);
  }
}
