"""Keeps a server busy for a long time and watches its memory: jobs, synchronous calls, looks and scrapes.

    soak.py --program PATH [--minutes M] [--clients N]

Prints a table of samples. Fails when the server's memory in the last quarter is more than a tenth (and 8 MiB) above that
of the second quarter, when an answer is not a defined one, or when a job does not end.
"""

import argparse
import collections
import http.client
import os
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time

from crash_server import FINAL, Document, Server, descendants


def resident(pid):
    """Resident memory in MiB; 0 of one that is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmRSS:")), 0) / 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Caller(threading.Thread):
    """Submits a job, calls synchronously or scrapes, one after the other."""

    def __init__(self, number, server, documents, stop, counts, failures):
        super().__init__(daemon=True)
        self.number, self.client, self.documents, self.stop = number, server.client(), documents, stop
        self.counts, self.failures = counts, failures

    def run(self):
        turn = self.number
        while not self.stop.is_set():
            turn += 1
            document = self.documents[turn % len(self.documents)]
            try:
                self.judge(document, turn)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{type(error).__name__} {error}")

    def judge(self, document, turn):
        fields = {"Content-Type": document.type}
        path = "/v1/process" if turn % 4 == 0 else "/v1/jobs"
        status, _, body = self.client.call("POST", path, document.body, fields)
        self.counts[f"{path} {status}"] += 1
        if status == 202:
            deadline = time.monotonic() + 120
            run = body["run_id"]
            while body["status"] not in FINAL and time.monotonic() < deadline:
                status, _, body = self.client.call("GET", f"/v1/jobs/{run}?wait=20")
        if status == 429:
            self.stop.wait(0.5)
        elif status != 200 or (body["verdict"], sorted(body["errors"] or [])) != (document.verdict, document.errors):
            self.failures.append(f"{path}: {status} {body}")
        if turn % 10 == 0:
            self.client.call("GET", "/metrics")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=6)
    options = parser.parse_args()
    folder, documents = tempfile.mkdtemp(prefix="soak-"), Document.all()
    server = Server(options.program, folder, documents[0].today)
    server.start()
    server.wait_until_ready()
    stop, counts, failures = threading.Event(), collections.Counter(), []
    callers = [
        Caller(number, server, documents, stop, counts, failures) for number in range(options.clients)]
    for caller in callers:
        caller.start()
    pid, began, samples = server.process.pid, time.monotonic(), []
    print("| minute | answers | server MiB | its children MiB | descriptors | threads |")
    print("| --- | --- | --- | --- | --- | --- |")
    steps = 24
    for step in range(1, steps + 1):
        stop.wait(max(0, began + step * options.minutes * 60 / steps - time.monotonic()))
        if server.process.poll() is not None:
            failures.append(f"the server ended with {server.process.returncode}")
            break
        samples.append(resident(pid))
        children = sum(resident(child) for child, _ in descendants(pid))
        print(f"| {(time.monotonic() - began) / 60:.1f} | {sum(counts.values())} | {samples[-1]:.1f} | {children:.0f} | "
              f"{len(os.listdir(f'/proc/{pid}/fd'))} | {len(os.listdir(f'/proc/{pid}/task'))} |", flush=True)
    stop.set()
    for caller in callers:
        caller.join()
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        if server.process.wait(60) != 0:
            failures.append(f"the server ended with {server.process.returncode}")
    quarter = len(samples) // 4
    if quarter:
        before, after = statistics.median(samples[quarter : 2 * quarter]), statistics.median(samples[-quarter:])
        print(f"\nserver: {before:.1f} MiB in the second quarter, {after:.1f} MiB in the last; {dict(counts)}")
        if after > before * 1.1 + 8:
            failures.append(f"memory grew from {before:.1f} to {after:.1f} MiB")
    shutil.rmtree(folder)
    for failure in failures[:20]:
        print("FAILED", failure)
    sys.exit(1 if failures else 0)


main()
