// Section "check": a document and a name go in, the run is followed to its verdict.

import { submit } from "./api.js";
import { el, show } from "./dom.js";
import { problem, runCard, verdictWord } from "./run.js";
import { t } from "./words.js";

/** The runs sent from this tab, newest first: `{id, verdict, at}`. Neither names nor file names are kept. */
const history = {
  get all() {
    return JSON.parse(sessionStorage.getItem("idp.history") ?? "[]");
  },
  add(entry) {
    const others = this.all.filter((one) => one.id !== entry.id);
    sessionStorage.setItem("idp.history", JSON.stringify([entry, ...others].slice(0, 20)));
  },
};

/** Draws the section into `main`. */
export function checkView(main, signal) {
  const outcome = el("section", { className: "outcome", "aria-live": "polite" });
  const past = el("section", { className: "card" });
  const form = submissionForm(outcome, signal, () => drawHistory(past));
  show(main,
    el("div", { className: "split" },
      el("section", { className: "card", "aria-labelledby": "check-title" },
        el("h1", { id: "check-title" }, t("check.title")), el("p", { className: "lead" }, t("check.lead")), form),
      el("div", {}, outcome, past)));
  drawHistory(past);
}

function submissionForm(outcome, signal, onEnd) {
  const file = el("input", {
    type: "file", id: "file", className: "unseen", accept: ".pdf,.jpg,.jpeg,.png,.tif,.tiff", "aria-describedby": "kinds",
  });
  const chosen = el("span", { className: "chosen" }, t("check.drop"));
  const drop = el("label", { className: "drop", for: "file" }, el("strong", {}, t("check.file")), chosen,
    el("small", { id: "kinds" }, t("check.kinds")));
  const fio = el("input", {
    id: "fio", type: "text", required: true, minlength: 3, maxlength: 200, autocomplete: "off",
    placeholder: t("check.fio.hint"),
  });
  const button = el("button", { className: "main", type: "submit" }, t("check.send"));
  const tell = (files) => {
    chosen.textContent = files.length ? files[0].name : t("check.drop");
    drop.classList.toggle("has-file", files.length > 0);
  };
  file.addEventListener("change", () => tell(file.files));
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    tell(file.files);
  });
  const form = el("form", { novalidate: true }, file, drop,
    el("label", { for: "fio" }, t("check.fio")), fio, el("p", { className: "row" }, button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(file.files[0], fio.value.trim(), button, outcome, signal, onEnd);
  });
  return form;
}

async function send(document, fio, button, outcome, signal, onEnd) {
  if (!document) return show(outcome, el("p", { className: "card problem", role: "alert" }, t("check.nofile")));
  const bar = el("progress", { max: 1, value: 0 });
  const note = el("p", {}, t("check.sending", { percent: 0 }));
  show(outcome, el("div", { className: "card" }, note, bar));
  button.disabled = true;
  try {
    const answer = await submit(document, fio, `"${crypto.randomUUID()}"`, (share) => {
      bar.value = share;
      note.textContent = t("check.sending", { percent: Math.round(share * 100) });
    }, signal);
    history.add({ id: answer.run_id, verdict: null, at: Date.now() });
    onEnd();
    const card = runCard(answer.run_id, signal, (run) => {
      history.add({ id: run.run_id, word: verdictWord(run), at: Date.now() });
      onEnd();
    });
    show(outcome, card);
  } catch (error) {
    if (error.name !== "AbortError") show(outcome, problem(error));
  } finally {
    button.disabled = false;
  }
}

function drawHistory(past) {
  const all = history.all;
  past.hidden = all.length === 0;
  show(past, el("h2", {}, t("check.history")),
    el("ul", { className: "plain" }, all.map((entry) => el("li", {},
      el("a", { href: `#/runs/${entry.id}`, className: "id" }, entry.id.slice(0, 8)), " ",
      entry.word ? el("span", {}, t(entry.word)) : el("span", { className: "dim" }, "…"),
      " ", el("time", { className: "dim", datetime: new Date(entry.at).toISOString() },
        new Date(entry.at).toLocaleTimeString())))));
}
