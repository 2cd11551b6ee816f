"""Kills the server at random moments under load, starts it again, and holds that nothing acknowledged was lost.

    crash.py --program PATH [--rounds N] [--seed N] [--clients N] [--seconds S] [--folder DIR]

Each round loads the server with clients that submit real documents (jobs with an Idempotency-Key, a few synchronous
calls, a few cancels), kills it with SIGKILL at a random moment (also while it starts, or while it drains) and starts it
again on what is there. What must hold is said by `Ledger.check_*`. Exit status 1 when anything does not.

Standard library only, as the tests' Python brings nothing that would be better at this.
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
import sqlite3
import sys
import tempfile
import threading
import time
import uuid

from crash_server import FINAL, STATES, Document, Server, started


class Ledger:
    """What callers were told. Everything in it must be true after each start of the server and at the end."""

    def __init__(self):
        self.lock = threading.Lock()
        self.runs = {}  # run id -> document
        self.keys = {}  # key -> (document, run id or None while nobody was told)
        self.ends = {}  # run id -> the status body that was seen first once it had ended
        self.sync = {}  # run id -> document
        self.cancelled = set()  # ids whose cancel was acknowledged while they had not ended
        self.cancel_asked = set()  # ids for which a cancel was sent, whatever became of it
        self.files = {}  # run id -> the bytes of its final_result.json once it had ended
        self.counts = collections.Counter()
        self.failures = []

    def fail(self, text):
        with self.lock:
            self.failures.append(text)
        print("FAILED", text, flush=True)

    def acknowledged(self, key, document, run):
        with self.lock:
            known = self.keys.get(key, (document, None))[1]
            self.keys[key] = (document, run)
            self.runs[run] = document
        if known not in (None, run):
            self.fail(f"key {key}: run {run}, but {known} before")

    def ended(self, run, body):
        """Remembers an end; one that was seen before must be the same."""
        with self.lock:
            first = self.ends.setdefault(run, body)
        if first != body:
            self.fail(f"run {run}: ended as {first} and then as {body}")


class Load(threading.Thread):
    """One client until told to stop: submissions, resubmissions, synchronous calls, cancels, looks."""

    def __init__(self, server, ledger, documents, seed, stop, pause):
        super().__init__(daemon=True)
        self.client, self.ledger, self.documents = server.client(), ledger, documents
        self.random, self.stop, self.pause = random.Random(seed), stop, pause

    def run(self):
        while not self.stop.is_set():
            try:
                self.step()
            except (OSError, http.client.HTTPException):
                # The server is gone, or was killed in the middle: what it said nothing about is open.
                self.stop.wait(0.02)
            except Exception as error:
                self.ledger.fail(f"client: {type(error).__name__} {error}")
            self.stop.wait(self.random.random() * self.pause)

    def step(self):
        choice, ledger = self.random.random(), self.ledger
        if choice < 0.70:
            self.submit(uuid.uuid4().hex, self.random.choice(self.documents))
        elif choice < 0.78:
            with ledger.lock:
                key = self.random.choice(list(ledger.keys)) if ledger.keys else None
            if key:
                self.submit(key, ledger.keys[key][0])
        elif choice < 0.82:
            self.process(self.random.choice(self.documents))
        elif choice < 0.86:
            self.cancel()
        else:
            with ledger.lock:
                run = self.random.choice(list(ledger.runs)) if ledger.runs else None
            if run:
                look(self.client, ledger, run)

    def submit(self, key, document):
        with self.ledger.lock:
            self.ledger.keys.setdefault(key, (document, None))
        submit(self.client, self.ledger, key, document)

    def process(self, document):
        status, _, body = self.client.call("POST", "/v1/process", document.body, {"Content-Type": document.type})
        self.ledger.counts[f"process {status}"] += 1
        if status == 200:
            with self.ledger.lock:
                self.ledger.sync[body["run_id"]] = document
            if (body["verdict"], sorted(body["errors"])) != (document.verdict, document.errors):
                self.ledger.fail(f"run {body['run_id']}: judged {body}")

    def cancel(self):
        with self.ledger.lock:
            open_runs = [run for run in self.ledger.runs if run not in self.ledger.ends]
            if not open_runs:
                return
            run = self.random.choice(open_runs)
            self.ledger.cancel_asked.add(run)
        status, _, _ = self.client.call("POST", f"/v1/jobs/{run}/cancel")
        self.ledger.counts[f"cancel {status}"] += 1
        if status == 202:
            with self.ledger.lock:
                self.ledger.cancelled.add(run)
        elif status not in (200, 503):
            self.ledger.fail(f"run {run}: cancel answered {status}")


def submit(client, ledger, key, document):
    """Submits with a key; gives whether there was a run for it."""
    status, _, body = client.call(
        "POST", "/v1/jobs", document.body, {"Content-Type": document.type, "Idempotency-Key": key})
    ledger.counts[f"submit {status}"] += 1
    if status == 202:
        ledger.acknowledged(key, document, body["run_id"])
    elif status not in (429, 503):
        ledger.fail(f"key {key}: submission answered {status} {body}")
    return status == 202


def look(client, ledger, run):
    """The status of a run, which must be there; None while the server cannot say."""
    status, _, body = client.call("GET", f"/v1/jobs/{run}")
    if status != 200:
        if status != 503:
            ledger.fail(f"run {run}: {status} {body}")
        return None
    if body["status"] not in STATES:
        ledger.fail(f"run {run}: status {body['status']}")
    if body["status"] in FINAL:
        ledger.ended(run, body)
    return body


class Crash:
    """The rounds, and what is held after them."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.documents, self.ledger = Document.all(), Ledger()
        self.random = random.Random(arguments.seed)
        self.server = Server(arguments.program, folder, self.documents[0].today)
        self.kills = collections.Counter()
        self.slowest_start = 0.0

    def rounds(self):
        for number in range(self.arguments.rounds):
            self.server.start()
            moment = self.random.random()
            if number % 8 == 3:
                # While it starts: recovery and sweep may be half done. Nothing is promised yet.
                time.sleep(moment * 0.4)
                self.end_round("starting")
                continue
            began = time.monotonic()
            self.server.wait_until_ready()
            self.slowest_start = max(self.slowest_start, time.monotonic() - began)
            self.check_acknowledged()
            stop = threading.Event()
            load = [
                Load(self.server, self.ledger, self.documents, self.random.random(), stop, self.arguments.pause)
                for _ in range(self.arguments.clients)]
            for client in load:
                client.start()
            time.sleep(0.05 + moment * self.arguments.seconds)
            if number % 8 == 6:
                self.server.process.send_signal(signal.SIGTERM)
                time.sleep(self.random.random() * 0.3)
                if self.server.process.poll() is None:
                    self.end_round("draining")
                else:
                    self.kills["(drained in time)"] += 1
            else:
                self.end_round("under load")
            stop.set()
            for client in load:
                client.join()

    def end_round(self, what):
        self.kills[what] += 1
        orphans = self.server.kill()
        deadline = time.monotonic() + 20
        while orphans and time.monotonic() < deadline:
            orphans = {(pid, start) for pid, start in orphans if start is not None and started(pid) == start}
            time.sleep(0.01)
        for pid, _ in orphans:
            self.ledger.fail(f"process {pid} outlived its server")

    def check_acknowledged(self):
        """Right after a start: every run that has not ended, and some that have, are found."""
        ledger, client = self.ledger, self.server.client()
        unfinished = [run for run in ledger.runs if run not in ledger.ends]
        ended = list(ledger.ends)
        for run in unfinished + self.random.sample(ended, min(20, len(ended))):
            look(client, ledger, run)

    def finish(self):
        """No more kills: everything ends, and is right."""
        self.server.start()
        self.server.wait_until_ready()
        ledger, client = self.ledger, self.server.client()
        # Submissions that were cut off: whoever made them asks again, with the same key. The queue may be full of them.
        unanswered = [key for key, (_, run) in ledger.keys.items() if run is None]
        for key in unanswered:
            self.until(f"an answer for key {key}", lambda: submit(client, ledger, key, ledger.keys[key][0]))
        for key in self.random.sample(sorted(ledger.keys), min(100, len(ledger.keys))):
            self.until(f"an answer for key {key}", lambda: submit(client, ledger, key, ledger.keys[key][0]))
        for run, document in list(ledger.runs.items()):
            body = self.until(f"the end of run {run}", lambda: (
                lambda body: body if body and body["status"] in FINAL else None)(look(client, ledger, run)))
            if body:
                self.check_end(run, body, document)
        for run, document in ledger.sync.items():
            body = look(client, ledger, run)
            if body and (body["status"], body["verdict"]) != ("completed", document.verdict):
                ledger.fail(f"synchronous run {run}: {body}")
        self.check_states(client)
        self.stop()
        self.check_store()
        self.check_log()
        # Once more, for the sweeps of a start: what the last kill left is gone, and nothing else.
        before = self.results()
        self.server.start()
        self.server.wait_until_ready()
        self.check_folders()
        if self.results() != before:
            ledger.fail("a restart rewrote results")
        self.check_states(self.server.client())
        self.stop()

    def check_end(self, run, body, document):
        if body["status"] == "cancelled":
            if run not in self.ledger.cancel_asked:
                self.ledger.fail(f"run {run}: cancelled by nobody")
        elif run in self.ledger.cancelled:
            self.ledger.fail(f"run {run}: its cancel was acknowledged: {body}")
        elif (body["status"], body["verdict"]) != ("completed", document.verdict) or (
                sorted(body["errors"]) != document.errors):
            self.ledger.fail(f"run {run}: {body}")

    def check_states(self, client):
        """Jobs by state: the list of the API, the gauge and the store say the same."""
        listed, cursor, ids = collections.Counter(), "", set()
        while True:
            _, _, page = client.call("GET", "/v1/jobs?limit=100" + (f"&cursor={cursor}" if cursor else ""))
            for job in page["jobs"]:
                listed[job["status"]] += 1
                ids.add(job["run_id"])
            cursor = page.get("next_cursor")
            if not cursor:
                break
        gauges = dict.fromkeys(STATES, 0)
        _, _, text = client.call("GET", "/metrics")
        for state, value in re.findall(r'^idp_jobs\{state="(\w+)"\} (\S+)$', text, re.M):
            gauges[state] = int(float(value))
        if {state: listed[state] for state in STATES} != gauges:
            self.ledger.fail(f"the list has {dict(listed)}, the gauge {gauges}")
        if missing := set(self.ledger.runs) - ids:
            self.ledger.fail(f"{len(missing)} acknowledged jobs are not listed: {sorted(missing)[:3]}")
        stored = collections.Counter(
            {STATES[state]: count for state, count in self.select(
                "SELECT state, COUNT(*) FROM run WHERE kind = 1 GROUP BY state")})
        if stored != listed:
            self.ledger.fail(f"the list has {dict(listed)}, the store {dict(stored)}")
        self.jobs = sum(listed.values())

    def check_store(self):
        """One row for a key, and no sign of a second result."""
        if self.select("PRAGMA integrity_check") != [("ok",)]:
            self.ledger.fail("the store is damaged")
        for key, count in self.select("SELECT idempotency_key, COUNT(*) FROM run GROUP BY 1 HAVING COUNT(*) > 1"):
            if key is not None:
                self.ledger.fail(f"key {key}: {count} runs")
        self.attempts = dict(self.select("SELECT attempts, COUNT(*) FROM run WHERE kind = 1 GROUP BY 1"))
        # A job that was never acknowledged to anybody has a key all the same: its caller may ask for it.
        keyless = self.select("SELECT COUNT(*) FROM run WHERE kind = 1 AND idempotency_key IS NULL")[0][0]
        if keyless:
            self.ledger.fail(f"{keyless} jobs that nobody submitted")

    def check_log(self):
        """Counted by the log of all processes together: a run ends once."""
        ends = collections.Counter()
        with open(self.server.log_path, encoding="utf-8", errors="replace") as log:
            for line in log:
                if '"run ended"' in line and (found := re.search(r'"run_id":"([0-9a-f-]+)"', line)):
                    ends[found[1]] += 1
                if re.search(r'"level":"critical"|Fatal error|illegal transition', line, re.I):
                    self.ledger.fail("log: " + line.strip()[:300])
        for run, count in ends.items():
            if count > 1:
                self.ledger.fail(f"run {run} ended {count} times")

    def check_folders(self):
        """Folders and rows are the same runs; nothing half made is left."""
        rows = {str(uuid.UUID(bytes=row[0])) for row in self.select("SELECT run_id FROM run")}

        def difference():
            return set(self.folders()) ^ rows

        self.until("folders and rows to be the same", lambda: not difference() or None)
        for run in sorted(difference())[:3]:
            self.ledger.fail(f"run {run} has " + ("a row and no folder" if run in rows else "a folder and no row"))
        for run, path in self.folders().items():
            status = {name for name in os.listdir(path + "/meta")}
            if extra := status - {"metadata.json", "job.json", "final_result.json"}:
                self.ledger.fail(f"run {run}: {extra} left in its folder")
            with open(path + "/meta/job.json", encoding="utf-8") as file:
                state = json.load(file)["status"]
            body = self.ledger.ends.get(run)
            if body and state != body["status"]:
                self.ledger.fail(f"run {run}: job.json says {state}, the server {body['status']}")
        if spooled := os.listdir(self.folder + "/runs/.spool"):
            self.ledger.fail(f"{len(spooled)} uploads left in the spool")

    def folders(self):
        runs = self.folder + "/runs"
        return {
            run: f"{runs}/{day}/{run}" for day in os.listdir(runs) if day.startswith("2")
            for run in os.listdir(f"{runs}/{day}")}

    def results(self):
        """Inode, time and content of every result: a second writing of the same would show too."""
        found = {}
        for run, path in self.folders().items():
            try:
                with open(path + "/meta/final_result.json", encoding="utf-8") as file:
                    info = os.fstat(file.fileno())
                    found[run] = (info.st_ino, info.st_mtime_ns, file.read())
            except FileNotFoundError:
                pass
            end = self.ledger.ends.get(run)
            if end and end["status"] == "completed":
                result = json.loads(found[run][2]) if run in found else {}
                if result.get("verdict") != end["verdict"]:
                    self.ledger.fail(f"run {run}: final_result.json says {result}")
        return found

    def select(self, sql):
        store = sqlite3.connect(f"file:{self.folder}/jobs.sqlite?mode=ro", uri=True)
        try:
            return store.execute(sql).fetchall()
        finally:
            store.close()

    def stop(self):
        self.server.process.send_signal(signal.SIGTERM)
        if (status := self.server.process.wait(60)) != 0:
            self.ledger.fail(f"the server ended with {status}")

    def until(self, what, ask, limit=120):
        deadline = time.monotonic() + limit
        while True:
            if answer := ask():
                return answer
            if time.monotonic() > deadline:
                self.ledger.fail(f"no {what} in {limit} s")
                return None
            time.sleep(0.1)

    def report(self):
        ledger = self.ledger
        print(f"seed {self.arguments.seed}: {self.arguments.rounds} rounds; killed: {dict(self.kills)}")
        print(f"  slowest start {self.slowest_start:.2f} s; {dict(sorted(ledger.counts.items()))}")
        print(f"  {len(ledger.runs)} acknowledged jobs, {self.jobs} jobs stored, {len(ledger.sync)} synchronous runs, "
              f"{len(ledger.cancelled)} acknowledged cancels")
        print(f"  jobs by attempts: {dict(sorted(self.attempts.items()))}")
        ends = collections.Counter(body["status"] for body in ledger.ends.values())
        print(f"  ends: {dict(ends)}; lost, stuck or double: {len(ledger.failures)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=1.0, help="longest life of a server under load")
    parser.add_argument("--pause", type=float, default=0.2, help="longest pause of a client between two calls")
    parser.add_argument("--folder", help="where to work; kept. Without it a temporary one, kept after a failure")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    folder = os.path.abspath(arguments.folder or tempfile.mkdtemp(prefix="crash-"))
    os.makedirs(folder, exist_ok=True)
    crash = Crash(arguments, folder)
    try:
        crash.rounds()
        crash.finish()
        crash.report()
    finally:
        if crash.server.process and crash.server.process.poll() is None:
            crash.server.process.kill()
            crash.server.process.wait()
    if crash.ledger.failures:
        print(f"kept for a look: {folder}")
        sys.exit(1)
    if not arguments.folder:
        shutil.rmtree(folder)


main()
