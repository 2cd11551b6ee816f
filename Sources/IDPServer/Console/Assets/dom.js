// Elements made from values: text is always text, never markup, so nothing that a document says can become a script.

/** An element; `props` sets attributes, `on…` listeners and `className`; children are nodes, strings or nothing. */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same in SVG. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name === "className" ? "class" : name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Puts `children` in the place of all that `node` holds. */
export function show(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
}

/** Calls `work` every `seconds` while the page is seen and `signal` lives; never twice at once. */
export function every(seconds, signal, work) {
  let timer;
  const turn = async () => {
    if (signal.aborted) return;
    if (!document.hidden) {
      try {
        await work();
      } catch (error) {
        if (error.name !== "AbortError") console.debug(error);
      }
    }
    if (!signal.aborted) timer = setTimeout(turn, seconds * 1000);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  turn();
}
