// The service's own HTTP API, as any caller uses it.

const keyName = "idp.key";

/** An error answer of the service: the registry's code, the message, and which fields are wrong. */
export class ApiError extends Error {
  constructor(status, detail, retryAfter) {
    super(detail.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = detail.code ?? "";
    this.fields = detail.fields ?? [];
    this.requestID = detail.request_id ?? "";
    this.retryAfter = retryAfter;
  }
}

/** The key that is sent with each request, kept for this tab only. */
export const key = {
  get value() {
    return sessionStorage.getItem(keyName) ?? "";
  },
  set value(text) {
    if (text) sessionStorage.setItem(keyName, text);
    else sessionStorage.removeItem(keyName);
  },
};

/** Called when the service asks for a key. */
export const onUnauthorized = { call: () => {} };

function headers(extra) {
  // A token of three dotted parts is a JWT; anything else is an API key. Both go in the field that the API reads.
  return key.value ? { Authorization: `Bearer ${key.value}`, ...extra } : { ...extra };
}

/** A request; answers the response when it succeeded, else throws an `ApiError`. */
export async function call(method, path, { body, signal, accept = "application/json", extra } = {}) {
  const response = await fetch(path, {
    method, body, signal, headers: headers({ Accept: accept, ...extra }), cache: "no-store", credentials: "omit",
  });
  if (response.ok) return response;
  if (response.status === 401) onUnauthorized.call();
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  let detail = {};
  try {
    detail = (await response.json()).detail ?? {};
  } catch {
    // Not ours: a proxy's page, say. The status is all there is.
  }
  throw new ApiError(response.status, detail, retryAfter);
}

/** A request whose answer is JSON. */
export async function json(method, path, options) {
  return (await call(method, path, options)).json();
}

/** Sends a document in as a job; `progress` gets the share of it that has gone out, 0 to 1. Answers the 202's body. */
export function submit(file, fio, idempotencyKey, progress, signal) {
  // fetch tells nothing of an upload's progress; XMLHttpRequest does.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("fio", fio);
    form.append("file", file, file.name);
    request.open("POST", "/v1/jobs");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", idempotencyKey);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      let body = {};
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // As above.
      }
      if (request.status === 202) return resolve(body);
      if (request.status === 401) onUnauthorized.call();
      const retryAfter = Number(request.getResponseHeader("Retry-After")) || undefined;
      reject(new ApiError(request.status, body.detail ?? {}, retryAfter));
    });
    request.addEventListener("error", () => reject(new ApiError(0, {})));
    request.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * Server-sent events of `path`, one `{event, data}` at a time. Read with fetch, since EventSource cannot send a key.
 */
export async function* events(path, signal) {
  const response = await call("GET", path, { accept: "text/event-stream", signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parse(block);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parse(block) {
  let name = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  return data.length ? { event: name, data: JSON.parse(data.join("\n")) } : null;
}
