"""Keeps a server busy for a long time and watches its memory: jobs, synchronous calls, looks and scrapes.

    soak.py --program PATH [--minutes M] [--clients N]

Prints a table of samples and how fast memory rises: the slope of the server's resident memory over the second half, in
MiB an hour and in bytes an answer, with its standard error. Caches fill and allocators settle in the first half.
Fails when the memory in the last quarter is more than a tenth (and 8 MiB) above that of the second quarter, when a
second half of ten minutes or more rises by more than 12 MiB an hour beyond three standard errors, when descriptors or
threads are more at the end than in the middle, when an answer is not a defined one, or when a job does not end.
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


def slope(points):
    """Least squares of (x, y): the slope and its standard error; (0, 0) of less than three points."""
    count = len(points)
    if count < 3:
        return 0, 0
    middle_x, middle_y = statistics.fmean(x for x, _ in points), statistics.fmean(y for _, y in points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    if spread == 0:
        return 0, 0
    rise = sum((x - middle_x) * (y - middle_y) for x, y in points) / spread
    rest = sum((y - middle_y - rise * (x - middle_x)) ** 2 for x, y in points)
    return rise, (rest / (count - 2) / spread) ** 0.5


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


class Sample:
    """What a server and its children hold at one moment."""

    def __init__(self, seconds, answers, pid):
        self.seconds, self.answers, self.memory = seconds, answers, resident(pid)
        self.children = sum(resident(child) for child, _ in descendants(pid))
        self.descriptors, self.threads = (len(os.listdir(f"/proc/{pid}/{what}")) for what in ("fd", "task"))

    def __str__(self):
        return (f"| {self.seconds / 60:.1f} | {self.answers} | {self.memory:.1f} | {self.children:.0f} | "
                f"{self.descriptors} | {self.threads} |")


def verdict(samples, minutes):
    """Prints how memory rose; what is wrong with that."""
    failures = []
    quarter, half = len(samples) // 4, samples[len(samples) // 2 :]
    before = statistics.median(sample.memory for sample in samples[quarter : 2 * quarter])
    after = statistics.median(sample.memory for sample in samples[-quarter:])
    print(f"\nserver: {before:.1f} MiB in the second quarter, {after:.1f} MiB in the last")
    if after > before * 1.1 + 8:
        failures.append(f"memory grew from {before:.1f} to {after:.1f} MiB")
    hourly, error = (3600 * value for value in slope([(sample.seconds, sample.memory) for sample in half]))
    each, _ = slope([(sample.answers, sample.memory * (1 << 20)) for sample in half])
    print(f"slope of the second half: {hourly:+.2f} ± {error:.2f} MiB an hour, {each:+.0f} bytes an answer")
    if minutes >= 20 and hourly - 3 * error > 12:
        failures.append(f"memory rises by {hourly:.1f} ± {error:.1f} MiB an hour")
    for what in ("descriptors", "threads"):
        first, last = (max(getattr(sample, what) for sample in part)
                       for part in (samples[quarter : 2 * quarter], samples[-quarter:]))
        print(f"{what}: at most {first} in the second quarter, {last} in the last")
        if last > first * 1.25 + 8:
            failures.append(f"{what} grew from {first} to {last}")
    return failures


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
    steps = max(24, int(options.minutes * 4))
    for step in range(1, steps + 1):
        stop.wait(max(0, began + step * options.minutes * 60 / steps - time.monotonic()))
        if server.process.poll() is not None:
            failures.append(f"the server ended with {server.process.returncode}")
            break
        samples.append(Sample(time.monotonic() - began, sum(counts.values()), pid))
        if step % max(1, steps // 24) == 0:
            print(samples[-1], flush=True)
    stop.set()
    for caller in callers:
        caller.join()
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        if server.process.wait(60) != 0:
            failures.append(f"the server ended with {server.process.returncode}")
    if len(samples) >= 8:
        failures += verdict(samples, options.minutes)
    print(f"answers: {dict(counts)}")
    shutil.rmtree(folder)
    for failure in failures[:20]:
        print("FAILED", failure)
    sys.exit(1 if failures else 0)


main()
