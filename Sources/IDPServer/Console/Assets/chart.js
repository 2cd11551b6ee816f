// A small line chart: the last few minutes of one or two series, drawn as SVG.

import { el, show, svg } from "./dom.js";
import { t } from "./words.js";

const width = 300;
const height = 80;
const kept = 90;

/** A chart titled `title`; `format` writes a value. `add` appends one value per series and draws. */
export class Chart {
  constructor(title, format) {
    this.format = format;
    this.series = [];
    this.now = el("output", {}, t("system.wait"));
    this.plot = svg("svg", {
      viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": title,
    });
    this.node = el("figure", { className: "card chart" },
      el("figcaption", {}, el("span", {}, title), this.now), this.plot);
  }

  add(...values) {
    values.forEach((value, index) => {
      this.series[index] = [...(this.series[index] ?? []), value].slice(-kept);
    });
    this.draw();
  }

  draw() {
    const known = this.series.flat().filter(Number.isFinite);
    const top = Math.max(...known, 1e-9) * 1.1;
    const lines = this.series.map((values, index) =>
      svg("path", { class: `line line-${index}`, d: path(values, top), "vector-effect": "non-scaling-stroke" }));
    show(this.plot, lines);
    const latest = this.series.map((values) => this.format(values.at(-1))).join(" / ");
    this.now.textContent = t("system.now", { value: latest });
  }
}

/** The line through what is known; a gap where nothing was. */
function path(values, top) {
  const step = width / (kept - 1);
  const first = kept - values.length;
  let d = "";
  let isDown = false;
  values.forEach((value, index) => {
    if (!Number.isFinite(value)) {
      isDown = false;
      return;
    }
    const x = (first + index) * step;
    const y = height - (value / top) * height;
    d += `${isDown ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDown = true;
  });
  return d;
}
