"""A server that is started, killed and asked, for the programs that crash it. Standard library only."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENTS = os.path.join(ROOT, "Tests", "Fixtures", "documents")
# Only those whose text is in the file: what is killed is the server, not the reading of pictures.
SUFFIX = "-text.pdf"
FINAL = ("completed", "failed", "cancelled")
STATES = ("accepted", "running") + FINAL


def form(content=None, **fields):
    """The header fields and the body of a submission; without content it names its document."""
    boundary = "crash" + uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()]
    if content is not None:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return {"Content-Type": "multipart/form-data; boundary=" + boundary}, body


class Document:
    """A sample with what must come of it."""

    def __init__(self, entry):
        with open(os.path.join(DOCUMENTS, entry["file"]), "rb") as file:
            content = file.read()
        self.content, self.today = content, entry["today"]
        self.verdict, self.errors = entry["verdict"], sorted(entry["errors"])
        self.name, self.fio = entry["file"], entry["fio"]
        fields, self.body = form(content, fio=self.fio)
        self.type = fields["Content-Type"]

    @staticmethod
    def all(suffix=SUFFIX):
        with open(os.path.join(DOCUMENTS, "expected.json"), encoding="utf-8") as file:
            return [Document(entry) for entry in json.load(file) if entry["file"].endswith(suffix)]


class Client:
    """One connection that is made anew when it broke."""

    def __init__(self, port, timeout=75):
        self.port, self.timeout, self.connection = port, timeout, None

    def call(self, method, path, body=None, headers=None):
        """Status, fields and JSON of an answer; raises OSError or HTTPException when there is none."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.will_close:
                self.close()
            is_json = answer.headers.get("Content-Type", "").startswith("application/json")
            return answer.status, answer.headers, json.loads(text) if is_json else text.decode()
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def descendants(pid):
    """Process ids and start times of all children and theirs: a pid alone may be somebody else's a moment later."""
    found, waiting = set(), [pid]
    while waiting:
        parent = waiting.pop()
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children") as children:
                    for child in map(int, children.read().split()):
                        found.add((child, started(child)))
                        waiting.append(child)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def started(pid):
    """The start time of a process that lives; None of one that is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    except (FileNotFoundError, ProcessLookupError):
        return None


class Server:
    """The server on one folder and one port, started again and again."""

    def __init__(self, program, folder, today, **settings):
        self.program, self.folder = program, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "IDP_PORT": str(self.port), "IDP_RUNS_DIR": folder + "/runs",
            "IDP_STORE": "sqlite:" + folder + "/jobs.sqlite", "IDP_TODAY": today, "IDP_QUEUE_LIMIT": "64",
            "IDP_DISK_RESERVE_BYTES": "16MiB", "IDP_LOOPS": "2", **settings,
        }
        self.log_path = folder + "/server.log"
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "serve"], env=self.environment, stdout=log, stderr=log, cwd=self.folder)

    def wait_until_ready(self, limit=60):
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended with {self.process.returncode}; see {self.log_path}")
            try:
                if Client(self.port, 5).call("GET", "/ready")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)
        raise SystemExit(f"the server was not ready in {limit} s; see {self.log_path}")

    def kill(self):
        """Kills the server itself, and gives what it had started: nobody has told those."""
        pid = self.process.pid
        # Stopped first, so that none is started between the look and the kill.
        os.kill(pid, signal.SIGSTOP)
        children = descendants(pid)
        os.kill(pid, signal.SIGKILL)
        self.process.wait()
        return children

    def client(self):
        return Client(self.port)
