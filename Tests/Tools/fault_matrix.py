"""Lets one thing after the other fail under a running server: it says so with a defined code, loses nothing, recovers.

    fault_matrix.py --program PATH --injector inject_faults.so [CELL ...]

Each cell: jobs are acknowledged; the fault begins; what is asked then is answered with a defined code and in time, and
/health stays up; the fault ends; /ready says yes again, jobs are taken, every acknowledged job ends with its verdict,
and who was refused has left nothing behind.
"""

import argparse
import errno
import http.client
import mmap
import os
import resource
import shutil
import signal
import sqlite3
import struct
import sys
import tempfile
import time
import uuid

from crash_server import FINAL, SUFFIX, Document, Server, descendants

# What a caller may hear while something is broken, besides that it worked.
REFUSALS = {
    "full": {507: {"STORAGE_FULL"}, 503: {"DEPENDENCY_UNAVAILABLE"}},
    "broken": {
        500: {"JOB_SUBMIT_FAILED", "INTERNAL_PROCESSING_ERROR"}, 502: {"STORAGE_FAILED"},
        503: {"DEPENDENCY_UNAVAILABLE"}},
    "slow": {},
    "late": {504: {"PROCESSING_TIMEOUT", "OCR_TIMEOUT"}, 502: {"OCR_FAILED"}},
}


class Disk:
    """A fault of the disk: errno of naming, writing and flushing, milliseconds of a write and a flush."""

    suffix = SUFFIX

    def __init__(self, refusals, naming=0, writing=0, flushing=0, write_delay=0, flush_delay=0):
        self.refusals = REFUSALS[refusals]
        self.numbers = (naming, writing, flushing, write_delay, flush_delay)
        # A store that cannot be written is not ready; one that is slow, or whose folders alone fail, is.
        self.is_unready = bool(writing or flushing)

    def begin(self, cell):
        cell.faults[:20] = struct.pack("5i", *self.numbers)

    def end(self, cell):
        cell.faults[:20] = bytes(20)


class Workers:
    """A fault of the document workers: a signal to all of them, once."""

    is_unready = False
    # Of the documents that are sent.
    suffix = SUFFIX

    def __init__(self, number):
        self.number, self.refusals = number, REFUSALS["late"]

    def begin(self, cell):
        self.hit = descendants(cell.server.process.pid)
        for pid, _ in self.hit:
            try:
                os.kill(pid, self.number)
            except ProcessLookupError:
                pass

    def end(self, cell):
        pass


class Memory(Workers):
    """No memory for the document workers that run: their limit is set to what they have, and pictures are to be read.

    Those that come after them have the usual limit."""

    suffix = "-scan.pdf"

    def __init__(self):
        self.refusals = {**REFUSALS["late"], 422: {"DOCUMENT_UNREADABLE"}}

    def begin(self, cell):
        for pid, _ in descendants(cell.server.process.pid):
            try:
                with open(f"/proc/{pid}/status") as status:
                    size = next(int(line.split()[1]) for line in status if line.startswith("VmSize:")) << 10
                resource.prlimit(pid, resource.RLIMIT_AS, (size + (1 << 20), size + (1 << 20)))
            except (FileNotFoundError, ProcessLookupError, StopIteration):
                pass


CELLS = {
    "no space": Disk("full", errno.ENOSPC, errno.ENOSPC, errno.ENOSPC),
    "no space for bytes": Disk("full", 0, errno.ENOSPC, 0),
    "no space at the flush": Disk("full", 0, 0, errno.ENOSPC),
    "quota used up": Disk("full", errno.EDQUOT, errno.EDQUOT, errno.EDQUOT),
    "write errors": Disk("broken", 0, errno.EIO, errno.EIO),
    "flush errors": Disk("broken", 0, 0, errno.EIO),
    "names cannot be made": Disk("broken", errno.EIO, 0, 0),
    "read-only": Disk("broken", errno.EROFS, errno.EROFS, errno.EROFS),
    "slow flushes": Disk("slow", flush_delay=700),
    "slow writes": Disk("slow", write_delay=20),
    "workers killed": Workers(signal.SIGKILL),
    "workers hang": Workers(signal.SIGSTOP),
    "workers without memory": Memory(),
}


class Cell:
    def __init__(self, name, options, folder):
        self.name, self.fault, self.folder = name, CELLS[name], folder
        self.documents, self.failures, self.heard = Document.all(self.fault.suffix), [], {}
        self.runs = {}
        os.makedirs(folder)
        with open(folder + "/faults", "wb") as file:
            file.write(bytes(20))
        with open(folder + "/faults", "r+b") as file:
            self.faults = mmap.mmap(file.fileno(), 20)
        self.server = Server(
            options.program, folder, self.documents[0].today, LD_PRELOAD=options.injector,
            FAULTS_FILE=folder + "/faults", FAULTS_ROOT=folder + "/runs",
            IDP_STORE="sqlite:" + folder + "/runs/jobs.sqlite", IDP_WORKERS="2")

    def fail(self, text):
        self.failures.append(text)
        print(f"FAILED {self.name}: {text}", flush=True)

    def run(self):
        self.server.start()
        self.server.wait_until_ready()
        try:
            self.client = self.server.client()
            done = self.submit(self.documents[0], must=True)
            self.end_of(done)
            for document in self.documents[:3]:
                self.submit(document, must=True)
            self.fault.begin(self)
            self.during(done)
            self.fault.end(self)
            self.after()
            self.server.process.send_signal(signal.SIGTERM)
            if (status := self.server.process.wait(60)) != 0:
                self.fail(f"the server ended with {status}")
        finally:
            if self.server.process.poll() is None:
                self.server.kill()
        print(f"{'failed' if self.failures else 'held':6}  {self.name}: {self.heard}", flush=True)

    def call(self, method, path, body=None, fields=None):
        try:
            return self.client.call(method, path, body, fields)
        except (OSError, http.client.HTTPException) as error:
            self.fail(f"{method} {path}: {type(error).__name__} {error}")
            return 0, {}, {}

    def submit(self, document, must=False):
        """Submits a job; gives its run, or None if it was refused as it may be."""
        began = time.monotonic()
        status, fields, body = self.call(
            "POST", "/v1/jobs", document.body,
            {"Content-Type": document.type, "Idempotency-Key": uuid.uuid4().hex})
        if status == 202:
            self.runs[body["run_id"]] = document
            self.note("202")
            return body["run_id"]
        self.judge("submission", status, fields, body, time.monotonic() - began, must)
        return None

    def judge(self, what, status, fields, body, seconds, must=False):
        code = body.get("detail", {}).get("code") if isinstance(body, dict) else None
        self.note(f"{status} {code}")
        if must or code not in self.fault.refusals.get(status, set()):
            self.fail(f"{what}: {status} {body}")
        if status in (503, 507) and not fields.get("Retry-After"):
            self.fail(f"{what}: {status} without Retry-After")
        if seconds > 40:
            self.fail(f"{what}: {seconds:.0f} s")

    def note(self, what):
        self.heard[what] = self.heard.get(what, 0) + 1

    def during(self, done):
        for number in range(4):
            self.submit(self.documents[number % len(self.documents)])
        document, began = self.documents[0], time.monotonic()
        status, fields, body = self.call("POST", "/v1/process", document.body, {"Content-Type": document.type})
        if status != 200:
            self.judge("/v1/process", status, fields, body, time.monotonic() - began)
        elif body["verdict"] != document.verdict:
            self.fail(f"/v1/process: {body}")
        began = time.monotonic()
        if self.call("GET", "/health")[0] != 200 or time.monotonic() - began > 2:
            self.fail("/health during the fault")
        if self.call("GET", f"/v1/jobs/{done}")[0] != 200:
            self.fail("an ended job could not be read during the fault")
        if self.fault.is_unready:
            self.until("/ready to say no", 15, lambda: self.call("GET", "/ready")[0] == 503)

    def after(self):
        self.until("/ready", 20, lambda: self.call("GET", "/ready")[0] == 200)
        if self.submit(self.documents[1]) is None:
            self.fail("a submission after the fault was refused")
        for run, document in self.runs.items():
            body = self.end_of(run)
            if body and (body["status"], body["verdict"]) != ("completed", document.verdict):
                # Two workers that hang or die over one document set it aside; that is told with a code.
                if not (isinstance(self.fault, Workers) and body["status"] == "failed" and body["errors"]):
                    self.fail(f"run {run}: {body}")
        self.until("only acknowledged jobs to be there", 10, self.is_tidy)

    def is_tidy(self):
        store = sqlite3.connect(f"file:{self.folder}/runs/jobs.sqlite?mode=ro", uri=True)
        rows = {str(uuid.UUID(bytes=row[0])): row[1] for row in store.execute("SELECT run_id, kind FROM run")}
        store.close()
        if {run for run, kind in rows.items() if kind == 1} != set(self.runs):
            return False
        folders = {
            run for day in os.listdir(self.folder + "/runs") if day.startswith("2")
            for run in os.listdir(f"{self.folder}/runs/{day}")}
        # A synchronous run may be told without a row, when the store would not take it: it has a folder.
        return set(self.runs) <= folders

    def end_of(self, run):
        body = {}

        def is_over():
            nonlocal body
            status, _, body = self.call("GET", f"/v1/jobs/{run}")
            return status == 200 and body["status"] in FINAL

        return body if self.until(f"the end of run {run}", 90, is_over) else None

    def until(self, what, limit, ask):
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if ask():
                return True
            time.sleep(0.05)
        self.fail(f"waited {limit} s in vain for {what}")
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--injector", required=True, help="inject_faults.c as a shared object")
    parser.add_argument("cells", nargs="*", metavar="CELL", help="; ".join(CELLS))
    options = parser.parse_args()
    folder, failures = tempfile.mkdtemp(prefix="faults-"), 0
    for number, name in enumerate(options.cells or CELLS):
        cell = Cell(name, options, f"{folder}/{number}")
        cell.run()
        failures += len(cell.failures)
    if failures:
        print(f"kept for a look: {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


main()
