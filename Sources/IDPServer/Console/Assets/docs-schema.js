// A JSON Schema as a nested list.

import { el } from "./dom.js";

const deepest = 6;

/** The members of a schema, as deep as they go. */
export function schemaList(schema, resolve, depth = 0) {
  const node = flat(schema, resolve);
  if (depth > deepest) return null;
  const item = node.type === "array" ? flat(node.items, resolve) : node;
  const members = Object.entries(item.properties ?? {});
  if (!members.length) return depth === 0 && node.type !== "object" ? el("p", { className: "dim" }, kind(node, resolve)) : null;
  const required = new Set(item.required ?? []);
  return el("ul", { className: "schema" }, members.map(([name, member]) => {
    const inner = flat(member, resolve);
    return el("li", {}, el("b", { className: required.has(name) ? "required" : "" }, name), " ",
      el("code", {}, kind(inner, resolve)), " ", el("span", { className: "dim" }, inner.description ?? ""),
      schemaList(inner, resolve, depth + 1));
  }));
}

/** A schema with its references followed and the parts of `allOf` and `anyOf` laid over one another. */
function flat(schema, resolve) {
  const node = resolve(schema);
  const parts = [...(node.allOf ?? []), ...(node.anyOf ?? [])].map((part) => flat(part, resolve));
  if (!parts.length) return node;
  const isOptional = parts.some((part) => part.type === "null");
  return parts.filter((part) => part.type !== "null").reduce((all, part) => merge(all, part),
    { ...node, nullable: isOptional, allOf: undefined, anyOf: undefined });
}

function merge(all, part) {
  const properties = { ...all.properties };
  for (const [name, member] of Object.entries(part.properties ?? {})) {
    properties[name] = properties[name] ? { allOf: [properties[name], member] } : member;
  }
  return {
    ...all, ...part, properties, nullable: all.nullable || part.nullable,
    description: all.description ?? part.description,
    required: [...(all.required ?? []), ...(part.required ?? [])],
  };
}

function kind(node, resolve) {
  const or = node.nullable ? " or null" : "";
  if (node.enum) return node.enum.join(" | ") + or;
  if (node.type === "array") return `list of ${kind(flat(node.items, resolve), resolve)}${or}`;
  return [node.type ?? "any"].flat().join(" or ") + (node.format ? ` (${node.format})` : "") + or;
}
