// One run: followed live, then its verdict, reasons, evidence and pages.

import { ApiError, call, events, json } from "./api.js";
import { el, show, svg } from "./dom.js";
import { duration, knows, t, when } from "./words.js";

const stages = ["acquire", "text", "classify", "extract", "validate"];
const finals = ["completed", "failed", "cancelled"];

/** Section "runs": one run by its id. */
export function runView(main, id, signal) {
  show(main, el("h1", {}, t("run.title")), runCard(id, signal));
}

/** The key of the words for how a run ended. */
export function verdictWord(run) {
  if (run.status === "failed") return "verdict.failed";
  if (run.status === "cancelled") return "verdict.cancelled";
  if (run.needs_review) return "verdict.review";
  return run.verdict ? "verdict.true" : "verdict.false";
}

/** An error of the service, in words, with what the caller can do. */
export function problem(error) {
  if (!(error instanceof ApiError)) throw error;
  const text = error.status === 0 ? t("error.gone") : error.message;
  return el("div", { className: "card problem", role: "alert" },
    el("p", {}, el("strong", {}, text), error.code && el("code", {}, ` ${error.code}`)),
    error.fields.map((field) => el("p", {}, field.field ?? field.name ?? "", ": ", field.message ?? field.reason ?? "")),
    error.retryAfter && el("p", {}, t("error.again", { n: error.retryAfter })),
    error.requestID && el("p", { className: "dim" }, t("error.ask", { id: error.requestID })));
}

/** A card that follows the run `id` until it ends, then shows everything; `onEnd` gets the ended run. */
export function runCard(id, signal, onEnd = () => {}) {
  const card = el("article", { className: "card run", "aria-busy": "true" });
  follow(id, card, signal, onEnd).catch((error) => {
    if (error.name !== "AbortError") show(card, problem(error));
  });
  return card;
}

async function follow(id, card, signal, onEnd) {
  let run = await json("GET", `/v1/jobs/${id}`, { signal });
  while (!finals.includes(run.status)) {
    drawLive(card, run, signal);
    try {
      for await (const event of events(`/v1/jobs/${id}/events`, signal)) {
        run = { ...run, ...event.data };
        drawLive(card, run, signal);
      }
    } catch (error) {
      if (error.name === "AbortError") throw error;
      card.querySelector(".note")?.replaceChildren(t("run.lost"));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    run = await json("GET", `/v1/jobs/${id}`, { signal });
  }
  onEnd(run);
  const result = await json("GET", `/v1/jobs/${id}/result`, { signal });
  drawEnd(card, result, signal);
}

function head(run) {
  return el("p", { className: "dim" }, t("run.title"), " ",
    el("a", { className: "id", href: `#/runs/${run.run_id}` }, run.run_id), " · ", when(run.created_at));
}

function drawLive(card, run, signal) {
  const progress = run.progress ?? {};
  const at = stages.indexOf(progress.stage);
  const page = progress.pages ? t("run.page", { n: progress.page ?? 1, m: progress.pages }) : "";
  const waiting = run.queue_position !== undefined && run.queue_position !== null
    ? t("run.queue", { n: run.queue_position }) : "";
  show(card, head(run),
    el("p", { className: "state" }, t(`state.${run.status}`), " ", el("span", { className: "dim note" }, waiting || page)),
    el("ol", { className: "stages" }, stages.map((name, index) => el("li", {
      className: index < at ? "past" : index === at ? "now" : "",
      "aria-current": index === at ? "step" : undefined,
    }, t(`stage.${name}`)))),
    progress.pages > 1 && el("progress", { max: progress.pages, value: progress.page ?? 0 }),
    el("p", { className: "row" }, actionButton("cancel", run, card, signal)));
}

/** A button that cancels or replays the run. */
export function actionButton(action, run, card, signal, onDone = () => {}) {
  const button = el("button", { type: "button" }, t(`run.${action}`));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await call("POST", `/v1/jobs/${run.run_id}/${action}`, { signal });
      onDone();
      if (action === "replay") await follow(run.run_id, card, signal, onDone);
    } catch (error) {
      if (error.name !== "AbortError") card.append(problem(error));
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

function drawEnd(card, run, signal) {
  card.setAttribute("aria-busy", "false");
  const word = verdictWord(run);
  const reasons = (run.errors ?? []).map((code) =>
    el("li", {}, knows(`reason.${code}`) ? t(`reason.${code}`) : code, " ", el("code", {}, code)));
  const took = run.finished_at && run.started_at
    ? t("run.took", { time: duration((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000) }) : "";
  show(card, head(run),
    el("p", { className: `verdict ${word.replace(".", "-")}`, role: "status" }, t(word)),
    reasons.length > 0 && el("div", {}, el("h2", {}, t("why")), el("ul", {}, reasons)),
    run.error && el("p", { className: "problem" }, run.error.message, " ", el("code", {}, run.error.code)),
    el("p", { className: "dim" }, took, run.attempts > 1 && ` · ${t("run.attempts")}: ${run.attempts}`),
    run.extracted && found(run), run.checks && checks(run), run.stages && times(run),
    run.extracted && pages(run, signal),
    run.status === "failed" && run.kind !== "sync" && el("p", { className: "row" }, actionButton("replay", run, card, signal)));
}

function found(run) {
  const rows = ["doc_type", "fio", "doc_date"].map((name) => {
    const field = run.extracted[name];
    return el("div", { className: "field" }, el("dt", {}, t(`field.${name}`)),
      field
        ? el("dd", {}, el("span", { className: `mark mark-${name}` }, field.title ?? String(field.value)),
          el("span", { className: "dim" }, " ", t("field.sure", { percent: Math.round(field.confidence * 100) }),
            field.page ? `, ${t("field.page", { n: field.page })}` : ""),
          field.words && el("q", {}, field.words))
        : el("dd", { className: "dim" }, t("field.none")));
  });
  return el("div", {}, el("h2", {}, t("found")), el("dl", {}, rows));
}

function checks(run) {
  const rows = Object.entries(run.checks).map(([name, check]) => {
    const passed = typeof check === "object" ? check.passed : check;
    const why = typeof check === "object" ? check.reason ?? check.why ?? "" : "";
    return el("li", { className: passed ? "good" : "bad" },
      el("span", { className: "tick", "aria-hidden": "true" }, passed ? "✓" : "✗"),
      t(`check.${name}`), ": ", t(passed ? "yes" : "no"), why && el("span", { className: "dim" }, ` ${why}`));
  });
  return el("div", {}, el("h2", {}, t("checks")), el("ul", { className: "plain" }, rows));
}

function times(run) {
  const all = run.stages.map((stage) => ({ name: stage.stage ?? stage.name, seconds: secondsOf(stage) }));
  const longest = Math.max(...all.map((one) => one.seconds), 1e-9);
  return el("div", {}, el("h2", {}, t("stages")), el("table", { className: "bars" }, el("tbody", {}, all.map((one) =>
    el("tr", {}, el("th", { scope: "row" }, t(`stage.${one.name}`)),
      el("td", {}, el("meter", { min: 0, max: longest, value: one.seconds })),
      el("td", { className: "number" }, duration(one.seconds)))))));
}

function secondsOf(stage) {
  return stage.duration_seconds ?? stage.seconds ?? (stage.duration_ms ?? stage.milliseconds ?? 0) / 1000;
}

/** The pages that something was found on, with the places marked. */
function pages(run, signal) {
  const marks = new Map();
  for (const name of ["doc_type", "fio", "doc_date"]) {
    const field = run.extracted[name];
    if (!field?.page || !field.box) continue;
    marks.set(field.page, [...(marks.get(field.page) ?? []), { name, box: field.box }]);
  }
  if (!marks.size) return null;
  const sheets = [...marks.keys()].sort((a, b) => a - b).map((page) => sheet(run, page, marks.get(page), signal))
    .filter((one) => one);
  if (!sheets.length) return null;
  return el("div", {}, el("h2", {}, t("pages")), el("div", { className: "sheets" }, sheets));
}

function sheet(run, page, marks, signal) {
  const size = run.page_sizes?.[page - 1];
  if (!size) return null;
  const figure = el("figure", { className: "sheet" }, el("figcaption", {}, t("field.page", { n: page })));
  call("GET", `/v1/jobs/${run.run_id}/pages/${page}`, { accept: "image/png", signal })
    .then(async (response) => {
      const source = URL.createObjectURL(await response.blob());
      signal.addEventListener("abort", () => URL.revokeObjectURL(source));
      figure.prepend(el("div", { className: "paper" },
        el("img", { src: source, alt: t("field.page", { n: page }) }), overlay(marks, size)));
    })
    .catch((error) => {
      if (error.name !== "AbortError") figure.remove();
    });
  return figure;
}

/** Boxes are in the page's own units; the drawing takes those for its own, so it fits the picture at any size. */
function overlay(marks, size) {
  const viewBox = `0 0 ${size.width} ${size.height}`;
  return svg("svg", { viewBox, preserveAspectRatio: "none", "aria-hidden": "true" },
    marks.map(({ name, box }) => svg("rect", {
      class: `mark-${name}`, x: box.x, y: box.y, width: box.width, height: box.height,
    }, svg("title", {}, t(`field.${name}`)))));
}
