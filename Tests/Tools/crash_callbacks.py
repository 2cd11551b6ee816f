#!/usr/bin/env python3
"""Kills the server at random moments while jobs end and their receiver comes and goes; then counts what was told.

    crash_callbacks.py --program PATH [--rounds N] [--seed N] [--results FILE]

Fails unless every end of an acknowledged job was taken by the receiver at least once, verified, under one id each, and
the ends of one job (a failed one that is replayed ends again) in their order. FILE gets a section of it.
"""
import argparse
import collections
import http.client
import random
import shutil
import signal
import sys
import tempfile
import textwrap
import threading
import time
import uuid

from crash_server import Document, Server, form
from dependencies import FAULTS, Receiver
from fault_report import put_section

# No document, but a PDF by its first bytes: the job fails, and fails again when it is replayed.
BROKEN = b"%PDF-1.7\nnothing of a document\n%%EOF\n"


class Ledger:
    """Acknowledged jobs, and for each the ends that it must and may have beside its first."""

    def __init__(self):
        self.lock = threading.Lock()
        # By its run: how often a replay was acknowledged, and how often nobody knows whether it was taken.
        self.jobs, self.counts = {}, collections.Counter()


class Client(threading.Thread):
    """Submits good jobs and broken ones, and replays those that failed."""

    def __init__(self, server, receiver, document, ledger, stop, seed):
        super().__init__(daemon=True)
        self.server, self.receiver, self.document = server, receiver, document
        self.ledger, self.stop, self.random = ledger, stop, random.Random(seed)
        self.broken = []

    def run(self):
        while not self.stop.wait(self.random.random() * 0.2):
            if self.broken and self.random.random() < 0.5:
                self.replay()
            else:
                self.submit(self.random.random() < 0.4)

    def call(self, *request):
        client = self.server.client()
        try:
            return client.call(*request)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            client.close()

    def submit(self, is_broken):
        content = BROKEN if is_broken else self.document.content
        fields, body = form(content, fio=self.document.fio, callback_url=self.receiver.url)
        answer = self.call("POST", "/v1/jobs", body, fields)
        self.ledger.counts[f"submit {answer[0] if answer else 'broken'}"] += 1
        if not answer or answer[0] != 202:
            return
        with self.ledger.lock:
            self.ledger.jobs[answer[2]["run_id"]] = [0, 0]
        if is_broken:
            self.broken.append(answer[2]["run_id"])

    def replay(self):
        run = self.random.choice(self.broken)
        # A job that is on its way again takes another wish for the same one.
        known = self.call("GET", f"/v1/jobs/{run}")
        if not known or known[0] != 200 or known[2]["status"] != "failed":
            return
        answer = self.call("POST", f"/v1/jobs/{run}/replay", b"")
        self.ledger.counts[f"replay {answer[0] if answer else 'broken'}"] += 1
        with self.ledger.lock:
            ends = self.ledger.jobs[run]
            if answer and answer[0] == 202:
                ends[0] += 1
            elif not answer:
                ends[1] += 1


def judge(jobs, deliveries):
    """What is wrong with what the receiver was told; and how many deliveries were repeats."""
    failures, taken, repeats = [], collections.defaultdict(dict), 0
    for place, line in enumerate(deliveries):
        _, run, number = line["id"].split("_")
        run = str(uuid.UUID(run))
        if line["data"]["run_id"] != run or not line["verified"]:
            failures.append(f"delivery {line}")
        earlier = [count for count in range(int(number)) if count not in taken[run]]
        if earlier:
            failures.append(f"job {run}: end {number} was sent before end {earlier[0]} was taken")
        if line["answered"] == 204:
            repeats += int(number) in taken[run]
            taken[run].setdefault(int(number), place)
    for run, (must, may) in jobs.items():
        count = len(taken[run])
        if not 1 + must <= count <= 1 + must + may:
            failures.append(f"job {run}: {count} ends told, {1 + must} to {1 + must + may} expected")
    if strangers := set(taken) - set(jobs):
        # Durable, and their 202 was lost on the way.
        print(f"  told of {len(strangers)} jobs whose acknowledgement was lost")
    return failures, repeats


def tell(counts):
    return ", ".join(f"{name} {count} ×" for name, count in sorted(counts.items()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--results", help="file that gets a section of it")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance, folder = random.Random(options.seed), tempfile.mkdtemp(prefix="callbacks-")
    document, receiver, ledger, stop = Document.all()[0], Receiver(), Ledger(), threading.Event()
    waits = ",".join(["500ms"] * 60)
    server = Server(
        options.program, folder, document.today,
        **{**receiver.settings, "IDP_CALLBACK_WAITS": waits, "IDP_CALLBACK_TIMEOUT": "1s", "IDP_WORKERS": "2"})
    failures = []
    try:
        server.start()
        server.wait_until_ready()
        clients = [Client(server, receiver, document, ledger, stop, chance.random()) for _ in range(3)]
        for client in clients:
            client.start()
        kinds = collections.Counter()
        for _ in range(options.rounds):
            fault = chance.choice([None, *FAULTS])
            kinds[fault or "none"] += 1
            if fault:
                receiver.begin(fault)
            time.sleep(chance.random() * 2)
            server.kill()
            if fault and chance.random() < 0.5:
                receiver.end(fault)
                fault = None
            server.start()
            server.wait_until_ready()
            if fault:
                time.sleep(chance.random())
                receiver.end(fault)
        stop.set()
        for client in clients:
            client.join(90)
        wait_for(server, ledger)
        server.process.send_signal(signal.SIGTERM)
        if server.process.wait(60) != 0:
            failures.append(f"the server ended with {server.process.returncode}")
        wrong, repeats = judge(ledger.jobs, list(receiver.tool.lines))
        failures += wrong
        ends = len(ledger.jobs) + sum(must for must, _ in ledger.jobs.values())
        text = (
            f"{options.rounds} kills of the server, the receiver {tell(kinds)}: {len(ledger.jobs)} acknowledged jobs "
            f"with {ends} ends, {repeats} of them told more than once; lost, not verified or out of order: "
            f"{len(failures)}.")
        print(text, f"clients heard: {tell(ledger.counts)}")
        if options.results:
            put_section(options.results, "Callbacks over outages and kills", textwrap.fill(text, 120))
    finally:
        if server.process.poll() is None:
            server.kill()
        receiver.stop()
    for failure in failures[:20]:
        print("FAILED:", failure)
    if failures:
        print(f"kept for a look: {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


def wait_for(server, ledger):
    """Until nothing waits for the receiver, and no job for its end."""
    client, deadline = server.client(), time.monotonic() + 180
    while time.monotonic() < deadline:
        pending = client.call("GET", "/v1/callbacks?status=pending&limit=1")[2]["callbacks"]
        waiting = [
            state for state in ("accepted", "running")
            if client.call("GET", f"/v1/jobs?status={state}&limit=1")[2]["jobs"]]
        if not pending and not waiting:
            return
        time.sleep(0.2)
    print("FAILED: something still waits:", pending, waiting)


main()
