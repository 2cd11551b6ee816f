// The frame of the page: sections by the address's fragment, language, theme, key, readiness.

import { key, onUnauthorized } from "./api.js";
import { checkView } from "./check.js";
import { every, show } from "./dom.js";
import { jobsView } from "./jobs.js";
import { runView } from "./run.js";
import { systemView } from "./system.js";
import { language, t } from "./words.js";

const main = document.getElementById("main");
let current = new AbortController();

/** The sections: the fragment's first part, and what draws it until its signal aborts. */
const views = {
  check: (signal) => checkView(main, signal),
  jobs: (signal) => jobsView(main, signal),
  runs: (signal, id) => runView(main, id, signal),
  system: (signal) => systemView(main, signal),
};

function route() {
  const [name, argument] = location.hash.replace(/^#\/?/, "").split("/");
  const view = views[name] ? name : "check";
  current.abort();
  current = new AbortController();
  for (const link of document.querySelectorAll("#tabs a")) {
    const isHere = link.hash === `#/${view}` || (view === "runs" && link.hash === "#/jobs");
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  show(main);
  views[view](current.signal, decodeURIComponent(argument ?? ""));
}

function speak() {
  document.documentElement.lang = language.value;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  document.getElementById("theme").setAttribute("aria-pressed", String(name === "dark"));
}

function askForKey() {
  const dialog = document.getElementById("key-dialog");
  if (dialog.open) return;
  document.getElementById("key-value").value = key.value;
  dialog.showModal();
}

async function readiness() {
  const pill = document.getElementById("ready");
  const text = document.getElementById("ready-text");
  try {
    const response = await fetch("/ready", { cache: "no-store" });
    const body = await response.json();
    document.getElementById("service").textContent = body.service ?? "idp-server";
    pill.dataset.state = response.ok ? "good" : "bad";
    text.textContent = t(response.ok ? "ready.ok" : "ready.no");
    const failing = Object.entries(body.checks ?? {}).filter(([, value]) => value !== "ok");
    pill.title = failing.map(([name, value]) => `${name}: ${value}`).join("\n");
  } catch {
    pill.dataset.state = "bad";
    text.textContent = t("ready.gone");
  }
}

document.getElementById("language").value = language.value;
document.getElementById("language").addEventListener("change", (event) => {
  language.value = event.target.value;
  speak();
  route();
});
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
setTheme(localStorage.getItem("idp.theme") ?? (prefersDark.matches ? "dark" : "light"));
document.getElementById("theme").addEventListener("click", () => {
  const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("idp.theme", name);
  setTheme(name);
});
document.getElementById("key").addEventListener("click", askForKey);
document.getElementById("key-dialog").addEventListener("close", (event) => {
  if (event.target.returnValue !== "save") return;
  key.value = document.getElementById("key-value").value.trim();
  route();
});
onUnauthorized.call = askForKey;
addEventListener("hashchange", () => {
  route();
  main.focus();
});
speak();
route();
every(5, new AbortController().signal, readiness);
