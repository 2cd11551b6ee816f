#!/usr/bin/env python3
"""A receiver of callbacks that verifies them with PyPI's `standardwebhooks`.

    webhook_receiver.py [--port N] [--strict] SECRET [SECRET ...]

Listens on 127.0.0.1, on a port that is free unless one is named, and prints {"port": N}; then one line for each
delivery: {"path", "id", "type", "data", "timestamp", "verified": [which of the secrets verify it], "traceparent",
"authorization", "content_type", "answered"}. It answers 204, or what `PUT /-/plan` told it: a body like
{"/hook": [500, {"status": 429, "retry_after": 1}, 0]} is used up answer by answer; 0 drops the connection. With
`--strict` what no secret verifies is answered 401 and uses up nothing, and `{"/hook": 500}` holds until it is told
otherwise.
"""
import argparse
import http.server
import json
import socketserver
import threading

from standardwebhooks import Webhook, WebhookVerificationError

plan: dict[str, list | int] = {}
lock = threading.Lock()


def verifies(secret: str, body: bytes, fields: dict) -> bool:
    try:
        Webhook(secret).verify(body, fields)
        return True
    except (WebhookVerificationError, ValueError):
        return False


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    secrets: list[str] = []
    is_strict = False

    def log_message(self, *_):
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, fields: dict = {}):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self):
        told = json.loads(self.body())
        with lock:
            plan.update(told)
        self.answer(204)

    def do_POST(self):
        body = self.body()
        fields = {name.lower(): value for name, value in self.headers.items()}
        verified = [place for place, secret in enumerate(self.secrets) if verifies(secret, body, fields)]
        if self.is_strict and not verified:
            return self.answer(401)
        with lock:
            answers = plan.get(self.path, [])
            next_one = answers if isinstance(answers, int) else answers.pop(0) if answers else 204
        entry = next_one if isinstance(next_one, dict) else {"status": next_one}
        event = json.loads(body)
        line = {
            "path": self.path, "id": fields.get("webhook-id"), "type": event.get("type"), "data": event.get("data"),
            "timestamp": int(fields.get("webhook-timestamp", 0)), "traceparent": fields.get("traceparent"),
            "authorization": fields.get("authorization"), "content_type": fields.get("content-type"),
            "verified": verified,
            "answered": entry["status"],
        }
        with lock:
            print(json.dumps(line), flush=True)
        if entry["status"] == 0:
            self.close_connection = True
            return
        more = {"Retry-After": str(entry["retry_after"])} if "retry_after" in entry else {}
        self.answer(entry["status"], more)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("secrets", nargs="+")
    options = parser.parse_args()
    Receiver.secrets, Receiver.is_strict = options.secrets, options.strict
    server = Server(("127.0.0.1", options.port), Receiver)
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
