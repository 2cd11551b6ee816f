// The API's description as a page: made from /openapi.json alone, so it says what the server says.

import { key } from "./api.js";
import { el, show } from "./dom.js";
import { schemaList } from "./docs-schema.js";
import { tryForm } from "./docs-try.js";

const main = document.getElementById("main");

/** What a `$ref` of the document stands for; anything else is itself. */
function resolver(spec) {
  return (node) => {
    let at = node;
    while (at?.$ref) at = at.$ref.slice(2).split("/").reduce((tree, name) => tree?.[name], spec);
    return at ?? {};
  };
}

/** CommonMark as far as the document uses it: paragraphs and `code`. Text stays text. */
function prose(text, tag = "p") {
  return (text ?? "").split("\n\n").filter((part) => part.trim()).map((part) => el(tag, {},
    part.split("`").map((piece, index) => index % 2 ? el("code", {}, piece) : piece)));
}

function parameterRows(parameters) {
  if (!parameters.length) return null;
  return el("div", { className: "scroll" }, el("h3", {}, "Parameters"), el("table", { className: "list" },
    el("thead", {}, el("tr", {}, ["name", "in", "type", "what it is"].map((word) => el("th", { scope: "col" }, word)))),
    el("tbody", {}, parameters.map((one) => el("tr", {},
      el("td", {}, el("code", { className: one.required ? "required" : "" }, one.name)), el("td", {}, one.in),
      el("td", {}, typeName(one.schema)), el("td", {}, prose(one.description, "span")))))));
}

function typeName(schema = {}) {
  const limits = [schema.minimum ?? schema.exclusiveMinimum, schema.maximum].filter((one) => one !== undefined);
  const kind = schema.format ?? schema.type ?? "any";
  if (schema.enum) return schema.enum.join(", ");
  return limits.length ? `${kind} ${limits.join(" to ")}` : String(kind);
}

function example(content, resolve) {
  if (content.example !== undefined) return content.example;
  const named = Object.values(content.examples ?? {})[0];
  return named ? resolve(named).value : undefined;
}

function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function answerRow(status, answer, resolve) {
  const fields = Object.keys(answer.headers ?? {});
  return el("details", {},
    el("summary", {}, el("span", { className: `status status-${status[0]}` }, status), " ",
      prose(answer.description, "span")),
    fields.length > 0 && el("p", { className: "dim" }, "Head: ", fields.join(", ")),
    Object.entries(answer.content ?? {}).map(([type, content]) => {
      const shown = example(content, resolve);
      const others = Object.keys(content.examples ?? {}).slice(1);
      return el("div", {}, el("h3", {}, type), schemaList(content.schema, resolve),
        shown !== undefined && el("pre", {}, text(shown)),
        others.length > 0 && el("p", { className: "dim" }, "Also with: ", others.join(", ")));
    }));
}

function operationCard(path, method, operation, resolve) {
  const parameters = (operation.parameters ?? []).map(resolve);
  const body = operation.requestBody;
  // Drawn when it is opened: a hundred schemas that nobody looks at would only make the page slow.
  const inside = el("div", {});
  const card = el("details", { className: "card operation", id: operation.operationId },
    el("summary", {}, el("span", { className: `method method-${method}` }, method.toUpperCase()),
      el("span", { className: "path" }, path), el("span", { className: "dim" }, operation.summary)), inside);
  card.addEventListener("toggle", () => {
    if (!card.open || inside.childElementCount) return;
    show(inside, prose(operation.description), parameterRows(parameters),
      body && el("div", {}, el("h3", {}, "Body: ", Object.keys(body.content).join(", ")),
        Object.values(body.content).map((content) => schemaList(content.schema, resolve))),
      el("div", { className: "answers" }, el("h3", {}, "Answers"),
        Object.keys(operation.responses).sort().map((status) =>
          answerRow(status, resolve(operation.responses[status]), resolve))),
      tryForm(path, method, operation, parameters, resolve));
  });
  return card;
}

function draw(spec) {
  const resolve = resolver(spec);
  const operations = Object.entries(spec.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const groups = spec.tags.map((tag) => ({
    ...tag, operations: operations.filter((one) => one.operation.tags.includes(tag.name)),
  }));
  document.getElementById("title").textContent = `${spec.info.title} ${spec.info.version}`;
  show(main, el("div", { className: "docs" },
    el("nav", { className: "contents", "aria-label": "Operations" }, groups.flatMap((group) => [
      el("h2", {}, group.name),
      ...group.operations.map(({ path, method, operation }) => el("a", { href: `#${operation.operationId}` },
        el("span", { className: `method method-${method}` }, method.toUpperCase()), " ", path)),
    ])),
    el("div", {}, el("section", { className: "intro card" }, el("h1", {}, "API"), prose(spec.info.description)),
      groups.map((group) => el("section", {}, el("h2", {}, group.name), prose(group.description),
        group.operations.map(({ path, method, operation }) => operationCard(path, method, operation, resolve)))))));
}

function openNamed() {
  const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(card instanceof HTMLDetailsElement)) return;
  card.open = true;
  card.scrollIntoView();
}

const keyInput = document.getElementById("key");
keyInput.value = key.value;
keyInput.addEventListener("change", () => { key.value = keyInput.value.trim(); });
document.documentElement.dataset.theme = localStorage.getItem("idp.theme")
  ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
addEventListener("hashchange", openNamed);
try {
  draw(await (await fetch("/openapi.json")).json());
  openNamed();
} catch (error) {
  show(main, el("p", { className: "card problem", role: "alert" }, `/openapi.json could not be read: ${error.message}`));
}
