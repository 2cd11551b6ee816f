"""Clients of the benchmark that wrk is not: single requests, idle connections, large uploads side by side."""

import http.client
import os
import re
import resource
import selectors
import socket
import ssl
import subprocess
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


def connection_to(server):
    if not server.authority:
        return http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    context = ssl.create_default_context(cafile=server.authority)
    return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=60, context=context)


def agreed_on(server):
    """Version, cipher and key exchange of a handshake, as openssl's client tells them."""
    text = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=30).stdout
    wanted = ("New, TLS", "Server Temp Key", "Server public key")
    facts = [line for line in text.splitlines() if line.startswith(wanted)]
    if len(facts) != 3:
        raise Failure(f"no handshake: {text[-500:]}")
    return ", ".join(facts)


def handshakes(server, seconds):
    """Opens connections for so long, one after the other, each with a whole handshake and one request; how many."""
    text = subprocess.run(
        ["taskset", "-c", "1", "openssl", "s_time", "-new", "-connect", f"127.0.0.1:{server.port}", "-www", "/health",
         "-time", str(max(1, round(seconds)))], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        timeout=120).stdout
    counted = re.search(r"^(\d+) connections in \d+ real seconds", text, re.MULTILINE)
    if not counted:
        raise Failure(f"no handshakes: {text[-500:]}")
    return int(counted[1])


def request(server, method, path, form=None, file=None):
    """One request on a connection of its own; the answer's body."""
    connection = connection_to(server)
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
        self.connection = connection_to(server)

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


class SlowClients:
    """So many connections on which a head comes byte by byte, ten a second, and never ends."""

    def __init__(self, server, count):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.sockets = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(count)]
        for client in self.sockets:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nX: ")
            client.setblocking(False)
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.trickle, daemon=True)
        self.thread.start()

    def trickle(self):
        # Away from the server's processor.
        os.sched_setaffinity(0, {1})
        while not self.is_over.wait(0.1):
            for client in self.sockets:
                try:
                    client.send(b"a")
                except OSError:
                    pass  # The server has ended it: that is its right.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()
        for client in self.sockets:
            client.close()


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
