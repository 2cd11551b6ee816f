// Trying an operation from its description: a form, the request as a curl command, the answer as it came.

import { key } from "./api.js";
import { el, show } from "./dom.js";

/** A form that sends the operation to this server. */
export function tryForm(path, method, operation, parameters, resolve) {
  const id = operation.operationId;
  const fields = parameters.map((one) => ({ ...one, input: inputFor(one.schema ?? {}, `${id}-${one.name}`) }));
  for (const field of fields) {
    if (field.required && field.example !== undefined) field.input.value = field.example;
  }
  const type = Object.keys(operation.requestBody?.content ?? {})[0];
  const form = resolve(operation.requestBody?.content[type]?.schema);
  const parts = Object.entries(form?.properties ?? {}).map(([name, schema]) => {
    const part = resolve(schema);
    return {
      name, isFile: part.format === "binary", required: form.required?.includes(name), description: part.description,
      input: inputFor(part, `${id}-body-${name}`),
    };
  });
  const outcome = el("div", { "aria-live": "polite" });
  const button = el("button", { type: "submit", className: "main" }, "Send");
  const node = el("form", { className: "try", novalidate: true }, el("h3", {}, "Try it"),
    [...fields, ...parts].map((field) => el("label", { for: field.input.id },
      el("span", { className: field.required ? "required" : "" }, field.name),
      field.isFile ? null : el("small", {}, field.description ?? ""), field.input)),
    el("p", { className: "row" }, button), outcome);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await send(path, method, fields, type, parts, outcome);
    } finally {
      button.disabled = false;
    }
  });
  return node;
}

function inputFor(schema, id) {
  if (schema.format === "binary") return el("input", { type: "file", id });
  if (schema.enum) {
    return el("select", { id }, el("option", { value: "" }, ""),
      schema.enum.map((value) => el("option", { value }, value)));
  }
  return el("input", { type: "text", id, autocomplete: "off", spellcheck: "false" });
}

function requestOf(path, method, fields, type, parts) {
  const filled = fields.filter((field) => field.input.value !== "");
  const target = path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(filled.find((field) => field.in === "path" && field.name === name)?.input.value ?? `{${name}}`));
  const query = new URLSearchParams(filled.filter((field) => field.in === "query")
    .map((field) => [field.name, field.input.value])).toString();
  const headers = Object.fromEntries(filled.filter((field) => field.in === "header")
    .map((field) => [field.name, field.input.value]));
  if (key.value) headers.Authorization = `Bearer ${key.value}`;
  const form = type === "multipart/form-data" ? new FormData() : undefined;
  for (const part of form ? parts : []) {
    const value = part.isFile ? part.input.files[0] : part.input.value;
    if (value) form.append(part.name, value);
  }
  return { method: method.toUpperCase(), url: target + (query && `?${query}`), headers, form };
}

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same request for a shell; the key stays out of it. */
function curlText(request) {
  const words = ["curl", "-i"];
  if (request.method !== "GET" && !request.form) words.push("-X", request.method);
  for (const [name, value] of Object.entries(request.headers)) {
    words.push("-H", quoted(`${name}: ${name === "Authorization" ? "Bearer …" : value}`));
  }
  for (const [name, value] of request.form ?? []) {
    words.push("-F", quoted(value instanceof File ? `${name}=@${value.name}` : `${name}=${value}`));
  }
  return [...words, quoted(location.origin + request.url)].join(" ");
}

async function send(path, method, fields, type, parts, outcome) {
  const request = requestOf(path, method, fields, type, parts);
  const began = performance.now();
  const command = el("pre", { className: "command" }, curlText(request));
  try {
    const response = await fetch(request.url, {
      method: request.method, headers: request.headers, body: request.form, cache: "no-store", credentials: "omit",
    });
    const body = await response.text();
    const took = Math.round(performance.now() - began);
    show(outcome, command, el("p", {},
      el("span", { className: `status status-${String(response.status)[0]}` }, String(response.status)),
      ` ${response.statusText}, ${took} ms`),
    el("pre", {}, [...response.headers].map(([name, value]) => `${name}: ${value}\n`).join("")),
    body && el("pre", { className: "body" }, pretty(body, response.headers.get("Content-Type") ?? "")));
  } catch (error) {
    show(outcome, command, el("p", { className: "problem", role: "alert" }, `No answer: ${error.message}`));
  }
}

function pretty(body, type) {
  if (!type.includes("json")) return body.length > 100_000 ? `${body.slice(0, 100_000)}\n…` : body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
