// Section "jobs": the list of runs, newest first, with filter, cancel and replay.

import { json } from "./api.js";
import { el, every, show } from "./dom.js";
import { actionButton, problem } from "./run.js";
import { knows, t, when } from "./words.js";

const states = ["accepted", "running", "completed", "failed", "cancelled"];

/** Draws the section into `main`. */
export function jobsView(main, signal) {
  const body = el("tbody", {});
  const note = el("div", { "aria-live": "polite" });
  const more = el("button", { type: "button", hidden: true }, t("jobs.more"));
  const filter = el("select", { id: "filter" }, el("option", { value: "" }, t("jobs.all")),
    states.map((state) => el("option", { value: state }, t(`state.${state}`))));
  const list = { cursor: null, isPaged: false };

  const load = async (cursor) => {
    const query = new URLSearchParams({ limit: "25" });
    if (filter.value) query.set("status", filter.value);
    if (cursor) query.set("cursor", cursor);
    try {
      const page = await json("GET", `/v1/jobs?${query}`, { signal });
      const rows = page.jobs.map((run) => row(run, signal, () => load(null)));
      if (cursor) body.append(...rows);
      else show(body, rows);
      list.cursor = page.next_cursor;
      more.hidden = !page.next_cursor;
      show(note, body.children.length ? null : el("p", { className: "dim" }, t("jobs.none")));
    } catch (error) {
      if (error.name !== "AbortError") show(note, problem(error));
    }
  };
  filter.addEventListener("change", () => {
    list.isPaged = false;
    load(null);
  });
  more.addEventListener("click", () => {
    list.isPaged = true;
    load(list.cursor);
  });
  show(main, el("section", { className: "card" },
    el("div", { className: "row spread" }, el("h1", {}, t("jobs.title")),
      el("label", { for: "filter" }, t("jobs.filter"), " ", filter)),
    note,
    el("div", { className: "scroll", tabindex: "0", role: "region", "aria-label": t("jobs.title") },
      el("table", { className: "list" },
        el("thead", {}, el("tr", {}, ["id", "when", "kind", "status", "verdict", "why", "act"].map((name) =>
          el("th", { scope: "col" }, t(`jobs.${name}`))))), body)),
    el("p", { className: "row" }, more)));
  // Who has paged back is reading; the first page renews itself.
  every(2, signal, () => (list.isPaged ? undefined : load(null)));
}

function row(run, signal, reload) {
  const tr = el("tr", {});
  const verdict = run.verdict === null || run.verdict === undefined ? "–" : t(run.verdict ? "yes" : "no");
  const reasons = (run.errors ?? []).map((code) => (knows(`reason.${code}`) ? t(`reason.${code}`) : code));
  if (run.error) reasons.push(run.error.code);
  const canReplay = run.status === "failed" && run.kind !== "sync";
  tr.append(
    el("td", {}, el("a", { className: "id", href: `#/runs/${run.run_id}` }, run.run_id.slice(0, 8), "…", run.run_id.slice(-4))),
    el("td", {}, when(run.created_at)), el("td", {}, run.kind),
    el("td", {}, el("span", { className: `tag tag-${run.status}` }, t(`state.${run.status}`))),
    el("td", { className: run.verdict ? "good" : run.verdict === false ? "bad" : "" }, verdict),
    el("td", {}, reasons.join(" ")),
    el("td", {}, ["accepted", "running"].includes(run.status) && actionButton("cancel", run, tr, signal, reload),
      canReplay && actionButton("replay", run, tr, signal, reload)));
  return tr;
}
