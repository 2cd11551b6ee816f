// Section "system": live charts and figures from the server's own metrics.

import { call } from "./api.js";
import { Chart } from "./chart.js";
import { el, every, show } from "./dom.js";
import { parse, quantile, rate, sum } from "./exposition.js";
import { problem } from "./run.js";
import { duration, number, t } from "./words.js";

/** Requests of callers: probes, scrapes and this page's own asking are not load. */
const isLoad = (labels) => /^\/v1\//.test(labels.endpoint ?? "");

/** Draws the section into `main`. */
export function systemView(main, signal) {
  const shown = (value) => (Number.isFinite(value) ? number(value) : "–");
  const rateChart = new Chart(t("system.rate"), shown);
  const latency = new Chart(t("system.latency"), duration);
  const runs = new Chart(t("system.runs"), shown);
  const queue = new Chart(t("system.queue"), shown);
  const facts = el("dl", { className: "facts" });
  const stages = el("div", { className: "card" });
  const note = el("div", { "aria-live": "polite" });
  show(main, el("h1", {}, t("system.title")), note,
    el("div", { className: "charts" }, [rateChart, latency, runs, queue].map((chart) => chart.node)),
    el("div", { className: "split" }, el("section", { className: "card" }, facts), stages));

  let before = null;
  every(2, signal, async () => {
    let now;
    try {
      now = parse(await (await call("GET", "/metrics", { accept: "text/plain", signal })).text());
      show(note);
    } catch (error) {
      if (error.name !== "AbortError") show(note, problem(error));
      return;
    }
    if (before) {
      rateChart.add(rate(before, now, "requests_total", isLoad));
      latency.add(
        quantile(before, now, "request_duration_seconds", 0.5, isLoad),
        quantile(before, now, "request_duration_seconds", 0.99, isLoad));
      runs.add(60 * rate(before, now, "pipeline_duration_seconds_count"));
      queue.add(sum(now, "idp_queue_depth"));
    }
    before = now;
    drawFacts(facts, now);
    drawStages(stages, now);
  });
}

function drawFacts(facts, now) {
  const workers = sum(now, "idp_workers");
  const busy = sum(now, "idp_workers", (labels) => labels.state === "busy");
  const rows = [
    ["system.workers", workers === undefined ? "–" : t("system.worker", { busy: busy ?? 0, all: workers })],
    ["system.restarts", number(sum(now, "idp_worker_restarts_total") ?? 0)],
    ["system.connections", number(sum(now, "idp_connections") ?? 0)],
    ["system.memory", `${number((sum(now, "process_resident_memory_bytes") ?? 0) / 1048576)} MiB`],
  ];
  show(facts, rows.map(([word, value]) => el("div", { className: "field" }, el("dt", {}, t(word)), el("dd", {}, value))));
}

function drawStages(card, now) {
  const names = (now.samples.get("pipeline_stage_duration_seconds_count") ?? [])
    .filter((one) => one.value > 0).map((one) => one.labels.stage);
  const means = names.map((stage) => {
    const isIt = (labels) => labels.stage === stage;
    return {
      stage, mean: sum(now, "pipeline_stage_duration_seconds_sum", isIt) / sum(now, "pipeline_stage_duration_seconds_count", isIt),
    };
  });
  const longest = Math.max(...means.map((one) => one.mean), 1e-9);
  show(card, el("h2", {}, t("system.stages")), el("table", { className: "bars" }, el("tbody", {}, means.map((one) =>
    el("tr", {}, el("th", { scope: "row" }, t(`stage.${one.stage}`)),
      el("td", {}, el("meter", { min: 0, max: longest, value: one.mean })),
      el("td", { className: "number" }, duration(one.mean)))))));
}
