#!/usr/bin/env python3
"""Kills one of several nodes at random moments, again and again, while clients submit jobs to all of them.

Needs a PostgreSQL at IDP_STORE (scripts/with-postgres.sh starts one) and psql. Fails unless afterwards every
acknowledged job has ended as its document asks, the same way on every node; no key has two runs; no run ended twice;
and the folders say what the store says.
"""
import argparse
import collections
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from crash_server import FINAL, Document, Server


class Ledger:
    """What the clients were told."""

    def __init__(self):
        self.lock = threading.Lock()
        self.runs = {}
        self.cancels = set()
        self.counts = collections.Counter()
        self.failures = []

    def fail(self, text):
        with self.lock:
            self.failures.append(text)
        print("FAILED:", text, flush=True)

    def count(self, name):
        with self.lock:
            self.counts[name] += 1


class Submitter(threading.Thread):
    """Submits a document with a key of its own until some node acknowledges it, then looks at it elsewhere."""

    def __init__(self, nodes, ledger, documents, seed, stop, pause):
        super().__init__(daemon=True)
        self.nodes, self.ledger, self.documents, self.stop, self.pause = nodes, ledger, documents, stop, pause
        self.random = random.Random(seed)

    def run(self):
        while not self.stop.is_set():
            document = self.random.choice(self.documents)
            key = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
            run = self.submit(document, key)
            if run and self.random.random() < 0.1:
                self.cancel(run)
            if run and self.random.random() < 0.3:
                self.call("GET", f"/v1/jobs/{run}?wait=1")
            self.stop.wait(self.random.random() * self.pause)

    def submit(self, document, key):
        while not self.stop.is_set():
            answer = self.call(
                "POST", "/v1/jobs", document.body, {"Content-Type": document.type, "Idempotency-Key": f'"{key}"'})
            if answer and answer[0] == 202:
                run = answer[2]["run_id"]
                with self.ledger.lock:
                    self.ledger.runs[run] = document
                self.ledger.count("replayed" if answer[1].get("Idempotent-Replayed") else "submitted")
                return run
            self.ledger.count(f"submit {answer[0] if answer else 'broken'}")
            if answer and answer[0] not in (409, 429, 500, 503):
                self.ledger.fail(f"submission answered {answer[0]}: {answer[2]}")
                return None
            self.stop.wait(0.05)
        return None

    def cancel(self, run):
        with self.ledger.lock:
            self.ledger.cancels.add(run)
        answer = self.call("POST", f"/v1/jobs/{run}/cancel", b"")
        self.ledger.count(f"cancel {answer[0] if answer else 'broken'}")

    def call(self, *request):
        client = self.random.choice(self.nodes).client()
        try:
            return client.call(*request)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            client.close()


class Crash:
    def __init__(self, arguments, folder):
        self.arguments, self.ledger, self.folder = arguments, Ledger(), folder
        self.random = random.Random(arguments.seed)
        self.documents = Document.all()
        self.nodes = []
        for index in range(arguments.nodes):
            own = f"{folder}/node{index}"
            os.makedirs(own, exist_ok=True)
            self.nodes.append(
                Server(
                    arguments.program, own, self.documents[0].today, IDP_RUNS_DIR=folder + "/runs",
                    IDP_STORE=os.environ["IDP_STORE"], IDP_NODE_LEASE=f"{arguments.lease}s", IDP_WORKERS="1",
                    IDP_QUEUE_LIMIT="500", IDP_LOOPS="1"))

    def rounds(self):
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_until_ready()
        stop = threading.Event()
        submitters = [
            Submitter(self.nodes, self.ledger, self.documents, self.random.random(), stop, self.arguments.pause)
            for _ in range(self.arguments.clients)]
        for submitter in submitters:
            submitter.start()
        for index in range(self.arguments.rounds):
            time.sleep(self.random.random() * self.arguments.seconds)
            victim = self.random.choice(self.nodes)
            victim.kill()
            # Some come back before their lease has ended, some after.
            time.sleep(self.random.random() * self.arguments.lease * self.random.choice((0.2, 1.5)))
            victim.start()
            victim.wait_until_ready()
            if (index + 1) % 10 == 0:
                print(f"  {index + 1} kills, {len(self.ledger.runs)} acknowledged jobs", flush=True)
        stop.set()
        for submitter in submitters:
            submitter.join(90)

    def finish(self):
        ledger, began = self.ledger, time.monotonic()
        ends = collections.Counter()
        for run, document in sorted(ledger.runs.items()):
            body = self.end(run)
            if body is None:
                ledger.fail(f"run {run} did not end")
                continue
            ends[body["status"]] += 1
            if body["status"] == "cancelled":
                if run not in ledger.cancels:
                    ledger.fail(f"run {run}: cancelled by nobody")
            elif (body["status"], body["verdict"]) != ("completed", document.verdict) or (
                    sorted(body["errors"]) != document.errors):
                ledger.fail(f"run {run}: {body}")
            for node in self.nodes:
                status, _, other = node.client().call("GET", f"/v1/jobs/{run}")
                if (status, other.get("status"), other.get("verdict")) != (200, body["status"], body["verdict"]):
                    ledger.fail(f"run {run}: one node says {body['status']}, another {status} {other}")
        print(f"  all ended {time.monotonic() - began:.1f} s after the last submission: {dict(ends)}")
        for node in self.nodes:
            node.process.send_signal(signal.SIGTERM)
            if (status := node.process.wait(60)) != 0:
                ledger.fail(f"a node ended with {status}")
        self.check_store()
        self.check_logs()
        self.check_folders()

    def end(self, run, limit=120):
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            status, _, body = self.random.choice(self.nodes).client().call("GET", f"/v1/jobs/{run}?wait=5")
            if status != 200:
                self.ledger.fail(f"run {run}: {status} {body}")
                return None
            if body["status"] in FINAL:
                return body
        return None

    def check_store(self):
        for row in self.select("SELECT idempotency_key FROM run GROUP BY 1, coalesce(caller, '') HAVING count(*) > 1"):
            self.ledger.fail(f"key {row}: more than one run")
        if (left := self.select("SELECT count(*) FROM run WHERE state < 2")) != ["0"]:
            self.ledger.fail(f"{left} runs have not ended")
        rows = set(self.select("SELECT encode(run_id, 'hex') FROM run"))
        lost = {run for run in self.ledger.runs if run.replace("-", "") not in rows}
        if lost:
            self.ledger.fail(f"{len(lost)} acknowledged jobs are not in the store: {sorted(lost)[:3]}")
        self.attempts = self.select("SELECT attempts || 'x ' || count(*) FROM run GROUP BY attempts ORDER BY attempts")

    def check_logs(self):
        """By the logs of all processes together a run ends once."""
        ends = collections.Counter()
        for node in self.nodes:
            with open(node.log_path, encoding="utf-8", errors="replace") as log:
                for line in log:
                    if '"run ended"' in line and (found := re.search(r'"run_id":"([0-9a-f-]+)"', line)):
                        ends[found[1]] += 1
                    if '"run dropped' in line:
                        self.ledger.count("dropped, another node had it")
                    if '"job taken over"' in line:
                        self.ledger.count("taken over")
                    if re.search(r'"level":"critical"|Fatal error|illegal transition', line, re.I):
                        self.ledger.fail("log: " + line.strip()[:300])
        for run, count in ends.items():
            if count > 1:
                self.ledger.fail(f"run {run} ended {count} times")

    def check_folders(self):
        """What a folder says of a result is what the store says."""
        stored = dict(row.split("|") for row in self.select(
            "SELECT encode(run_id, 'hex'), state || coalesce(verdict::text, '') FROM run"))
        runs = self.folder + "/runs"
        for day in os.listdir(runs):
            if not day.startswith("2"):
                continue
            for run in os.listdir(f"{runs}/{day}"):
                path = f"{runs}/{day}/{run}/meta/final_result.json"
                state = stored.get(run.replace("-", ""), "")
                if os.path.exists(path) and state.startswith("2"):
                    with open(path, encoding="utf-8") as file:
                        verdict = json.load(file)["verdict"]
                    if state != "2" + json.dumps(verdict):
                        self.ledger.fail(f"run {run}: final_result.json says {verdict}, the store {state}")

    def select(self, sql):
        answer = subprocess.run(
            ["psql", "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql, os.environ["IDP_STORE"]],
            capture_output=True, text=True, check=True)
        return answer.stdout.split("\n")[:-1]

    def report(self):
        ledger = self.ledger
        print(f"seed {self.arguments.seed}: {self.arguments.rounds} kills among {len(self.nodes)} nodes, "
              f"{len(ledger.runs)} acknowledged jobs; {dict(sorted(ledger.counts.items()))}")
        print(f"  starts of runs: {', '.join(self.attempts)}; lost, stuck or double: {len(ledger.failures)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.5, help="longest time between two kills")
    parser.add_argument("--pause", type=float, default=0.3, help="longest pause of a client between two submissions")
    parser.add_argument("--lease", type=float, default=2.0, help="IDP_NODE_LEASE, in seconds")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="crash-nodes-")
    crash = Crash(arguments, folder)
    try:
        crash.rounds()
        crash.finish()
        crash.report()
    finally:
        for node in crash.nodes:
            if node.process and node.process.poll() is None:
                node.process.kill()
                node.process.wait()
    if crash.ledger.failures:
        print(f"kept for a look: {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


main()
