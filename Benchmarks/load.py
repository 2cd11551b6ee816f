"""Clients of the benchmark that wrk is not: single requests, idle connections, large uploads side by side."""

import http.client
import os
import resource
import selectors
import socket
import threading
import time

BOUNDARY = "----idp-benchmark-7MA4YWxkTrZu0gW"


class Failure(Exception):
    """The run cannot go on."""


def form_body(fields, file):
    """The parts before and after the file's content, as bytes."""
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items())
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="paper.pdf"\r\n'
    head += "Content-Type: application/pdf\r\n\r\n"
    return head.encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()


def request(server, method, path, form=None, file=None):
    """One request on a connection of its own; the answer's body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    body, fields = None, {}
    if form is not None:
        body = form_body(form, file)
        fields["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
    try:
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise Failure(f"{method} {path}: {answer.status} {text[:300]!r}")
    return text


class HTTPConnectionPool:
    """One connection that is kept."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def get(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise Failure(f"GET {path}: {answer.status}")
        return text

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


class IdleConnection:
    """A connection on which one request was answered and nothing follows."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.socket.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")

    def wait(self):
        if b"200" not in self.socket.recv(4096):
            raise Failure("an idle connection got no answer")
        self.socket.setblocking(False)

    def has_ended(self):
        try:
            return self.socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self):
        self.socket.close()


def open_idle(server, count):
    """So many connections, each of which has had one answer."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connections = []
    for start in range(0, count, 250):
        batch = [IdleConnection(server) for _ in range(min(250, count - start))]
        for connection in batch:
            connection.wait()
        connections += batch
    return connections


def parallel_uploads(server, path, count, size):
    """So many forms with a file of `size` bytes at once, all begun before any ends; the server's largest RSS."""
    content = os.urandom(1 << 20) * (size >> 20)
    body = form_body({"fio": "Applicant Name"}, content)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n").encode()
    data = memoryview(head + body)
    peak = Peak(server)
    selector = selectors.DefaultSelector()
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", server.port))
        client.setblocking(False)
        selector.register(client, selectors.EVENT_WRITE, [0])
    answers, deadline = 0, time.monotonic() + 240
    while answers < count:
        if time.monotonic() > deadline:
            raise Failure(f"{answers} of {count} uploads were answered in time")
        for key, _ in selector.select(1):
            position = key.data
            if position[0] < len(data):
                # Each in small steps, so that all of them are on their way to the last.
                position[0] += key.fileobj.send(data[position[0] : position[0] + (256 << 10)])
                if position[0] == len(data):
                    selector.modify(key.fileobj, selectors.EVENT_READ, position)
                continue
            answer = key.fileobj.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise Failure(f"an upload was answered {answer[:200]!r}")
            selector.unregister(key.fileobj)
            key.fileobj.close()
            answers += 1
    return peak.stop()


class Peak:
    """Watches a server's RSS."""

    def __init__(self, server):
        self.server = server
        self.bytes = server.rss_bytes()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.is_over.wait(0.01):
            self.bytes = max(self.bytes, self.server.rss_bytes())

    def stop(self):
        self.is_over.set()
        self.thread.join()
        return self.bytes
