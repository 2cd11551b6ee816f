#!/usr/bin/env python3
"""A language model's endpoint that answers as it is told: OpenAI-compatible chat completions without a model.

    llm_server.py [--key KEY] [--model NAME]

Prints {"port": N, "control": N} first. `POST /v1/chat/completions` on the first port is as strict as a real endpoint:
another key is 401, another model 404, a request without a strict JSON schema 400. It answers with what the script has
for the schema's name. On the control port, `POST /` with JSON sets the script, `GET /` gives what was asked so far.

The script: {"answers": {NAME: OBJECT or TEXT}, "fault": FAULT, "count": N, "status": S, "ms": M, "obey": true}.
  answers   for each prompt; what is no object is sent as it stands
  obey      the model does whatever the paper says: "type: KEY", "name: SURNAME GIVEN PATRONYMIC", "date: YYYY-MM-DD"
            in the paper's text are its answer, the line that says so its quote
  fault     holds for `count` requests (for ever without one):
            status (answers with `status`), hang (never answers), reset (closes the connection), slow (waits `ms`),
            garbage (no JSON), prose (words instead of the object), truncated (finish_reason length),
            refusal (the model declines), empty (no choices), wrong (an object of another shape),
            fences (the right object between Markdown's fences)
"""
import argparse
import json
import re
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Script:
    def __init__(self):
        self.lock = threading.Lock()
        self.told = {"answers": {}}
        self.asked = []
        self.released = threading.Event()

    def set(self, told):
        with self.lock:
            self.told = told
            # Who hangs is let go.
            self.released.set()
            self.released = threading.Event()

    def take(self, question):
        """The script that holds for this request."""
        with self.lock:
            self.asked.append(question)
            told = dict(self.told)
            if "count" in self.told and self.told.get("fault"):
                self.told["count"] -= 1
                if self.told["count"] <= 0:
                    self.told.pop("fault")
            return told, self.released


def obedient(name, paper):
    """What a model answers that takes the paper's words for orders."""
    kind = re.search(r"type: (\w+)", paper)
    person = re.search(r"name: (\S+) (\S+) (\S+)", paper)
    day = re.search(r"date: (\d{4}-\d\d-\d\d)", paper)
    if name.startswith("classify"):
        return {"type": kind.group(1) if kind else "unknown", "quote": kind.group(0) if kind else ""}
    parts = person.groups() if person else ("", "", "")
    return {
        "surname": parts[0], "given": parts[1], "patronymic": parts[2], "name_quote": " ".join(parts).strip(),
        "date": day.group(1) if day else ""}


def problem(request, headers, arguments):
    """Why a real endpoint would refuse the request; None if it would not."""
    if headers.get("Authorization") != f"Bearer {arguments.key}":
        return 401
    if request.get("model") != arguments.model:
        return 404
    form = request.get("response_format", {})
    schema = form.get("json_schema", {})
    if form.get("type") != "json_schema" or not schema.get("strict") or request.get("stream"):
        return 400
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", schema.get("name", "")):
        return 400
    shape = schema.get("schema", {})
    if shape.get("additionalProperties") is not False or set(shape.get("required", [])) != set(shape["properties"]):
        return 400
    if [message["role"] for message in request["messages"]] != ["system", "user"]:
        return 400
    return None


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/chat/completions":
            return self.answer(404, {"error": {"message": "no such path"}})
        request = json.loads(body)
        refused = problem(request, self.headers, self.server.arguments)
        if refused:
            self.server.script.take({"refused": refused})
            return self.answer(refused, {"error": {"message": "refused", "type": "invalid_request_error"}})
        name = request["response_format"]["json_schema"]["name"]
        system, user = (message["content"] for message in request["messages"])
        told, released = self.server.script.take(
            {"prompt": name, "system": system, "user": user, "traceparent": self.headers.get("traceparent")})
        fault = told.get("fault")
        if fault == "hang":
            released.wait()
            fault = "reset"
        if fault == "reset":
            # Linger of zero: close(2) sends RST.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.connection.close()
        if fault == "status":
            return self.answer(told["status"], {"error": {"message": "told to fail"}})
        if fault == "slow":
            time.sleep(told["ms"] / 1000)
        self.complete(name, user, told, fault)

    def complete(self, name, user, told, fault):
        if fault == "garbage":
            return self.answer(200, b"<html>not what you think</html>")
        content = obedient(name, user) if told.get("obey") else told["answers"].get(name, {})
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        message, reason = {"role": "assistant", "content": text}, "stop"
        if fault == "prose":
            message["content"] = "The paper is a certificate, I think."
        if fault == "wrong":
            message["content"] = '{"verdict": true}'
        if fault == "fences":
            message["content"] = f"Here it is:\n```json\n{text}\n```"
        if fault == "truncated":
            message["content"], reason = text[: len(text) // 2], "length"
        if fault == "refusal":
            message = {"role": "assistant", "content": None, "refusal": "I will not."}
        self.answer(200, {
            "id": "chatcmpl-1", "object": "chat.completion", "model": self.server.arguments.model,
            "choices": [] if fault == "empty" else [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}})


class Control(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with self.server.script.lock:
            asked = list(self.server.script.asked)
        self.answer(200, asked)

    def do_POST(self):
        self.server.script.set(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(200, {})


class Server(ThreadingHTTPServer):
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", default="key-of-the-tests")
    parser.add_argument("--model", default="model-of-the-tests")
    arguments = parser.parse_args()
    script = Script()
    servers = []
    for handler in (Endpoint, Control):
        server = Server(("127.0.0.1", 0), handler)
        server.arguments, server.script = arguments, script
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": servers[0].server_address[1], "control": servers[1].server_address[1]}), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
