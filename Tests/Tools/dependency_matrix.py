#!/usr/bin/env python3
"""Lets everything that a running server depends on fail in every way, one after the other, under load.

    dependency_matrix.py --program PATH --kafka PATH [--seconds S] [--results FILE] [--only NAME]... [--fault NAME]...

Needs a PostgreSQL in PGHOST, PGPORT (scripts/with-postgres.sh starts one), psql and kafka_mock.c as a program. One
server has all dependencies and is never started again. In each cell clients submit jobs by HTTP, by a name in S3 and by
Kafka, and repeat what was refused under the same key, as they should. Held is a cell when whatever they heard has a
code that the dependency explains; /health was up all the time; one whole pass through the dependency works within the
bar (10 s) of its return; and every job that was acknowledged ends as its document asks, is told to its receiver and on
Kafka, and lies in the bucket. At the end each key has one run and each run one end.
"""

import argparse
import collections
import http.client
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import uuid

from crash_server import FINAL, Document, Server, form
from dependencies import FAULTS, Collector, Database, Kafka, Model, Receiver, Storage
from fault_report import put_rows

# What a submission may hear because of a dependency; nothing else may be heard of at all.
STORE = {(503, "DEPENDENCY_UNAVAILABLE")}
BUCKET = {(503, "DEPENDENCY_UNAVAILABLE"), (502, "STORAGE_FAILED"), (500, "JOB_SUBMIT_FAILED")}
REFUSALS = {"PostgreSQL": STORE, "S3": BUCKET}


def event(document, request):
    """What asks for a document's verdict on Kafka."""
    last, first, second = document.fio.split()
    return {
        "request_id": request, "s3_path": document.name, "iin": "850101300123", "last_name": last, "first_name": first,
        "second_name": second}


class Ledger:
    """What the clients were told in a cell."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers = collections.Counter()
        # Acknowledged runs; the requests that were put on Kafka.
        self.runs, self.requests = {}, {}
        self.ended = set()
        self.failures = []

    def fail(self, text):
        with self.lock:
            if text not in self.failures:
                self.failures.append(text)
                print("  FAILED:", text, flush=True)

    def count(self, answer):
        with self.lock:
            self.answers[answer] += 1


class Matrix:
    def __init__(self, options, folder):
        self.options, self.papers = options, Document.all()
        self.database, self.storage, self.kafka = Database(), Storage(), Kafka(options.kafka)
        self.model, self.receiver, self.collector = Model(), Receiver(), Collector()
        self.dependencies = [
            self.database, self.storage, self.kafka, self.model, self.receiver, self.collector]
        settings = {}
        for dependency in self.dependencies:
            settings.update(dependency.settings)
        for paper in self.papers:
            self.storage.put(paper.name, paper.content)
        self.server = Server(
            options.program, folder, self.papers[0].today, **{**settings, "IDP_WORKERS": "2", "IDP_LOOPS": "1"})
        self.rows, self.all_runs, self.failures = [], {}, []
        self.ledger, self.stop = Ledger(), threading.Event()
        self.phase = None

    def run(self):
        self.server.start()
        self.server.wait_until_ready()
        clients = [threading.Thread(target=client, daemon=True) for client in (
            self.submit_files, self.submit_names, self.ask_at_once, self.look, self.produce)]
        for client in clients:
            client.start()
        for dependency in self.dependencies:
            if self.options.only and dependency.name not in self.options.only:
                continue
            for fault in self.options.fault or FAULTS:
                self.cell(dependency, fault)
        self.stop.set()
        for client in clients:
            client.join(120)
        self.until("the end of everything", 120, lambda: not self.missing(self.ledger))
        self.failures += self.ledger.failures
        self.finish()

    # Clients. Each goes on until all cells are done; what it hears is judged by the cell of that moment.

    def call(self, method, path, body=None, fields=None):
        client = self.server.client()
        try:
            return client.call(method, path, body, fields or {})
        except (OSError, http.client.HTTPException) as error:
            self.ledger.fail(f"{method} {path}: {type(error).__name__} {error}")
            return 0, {}, {}
        finally:
            client.close()

    def allowed(self):
        """What may be heard now: as long as a dependency is at fault, and until it was seen to work again."""
        return REFUSALS.get(self.phase, set())

    def submit(self, paper, by_name=False, once=False):
        """Submits under one key until it is acknowledged; the run."""
        key, more = uuid.uuid4().hex, {"s3_path": paper.name} if by_name else {}
        fields, body = form(
            None if by_name else paper.content, fio=paper.fio, callback_url=self.receiver.url, **more)
        while True:
            began, allowed = time.monotonic(), self.allowed()
            status, heard, answer = self.call("POST", "/v1/jobs", body, {**fields, "Idempotency-Key": key})
            ledger = self.ledger
            if status == 202:
                ledger.count("202")
                with ledger.lock:
                    ledger.runs[answer["run_id"]] = paper
                return answer["run_id"]
            self.judge(ledger, status, heard, answer, began, allowed | self.allowed())
            if once or self.stop.wait(0.3):
                return None

    def judge(self, ledger, status, heard, answer, began, allowed):
        code = answer.get("detail", {}).get("code") if isinstance(answer, dict) else None
        ledger.count(f"{status} {code}")
        if (status, code) not in allowed:
            ledger.fail(f"answer {status} {answer}")
        if status == 503 and not heard.get("Retry-After"):
            ledger.fail("503 without Retry-After")
        if time.monotonic() - began > 40:
            ledger.fail(f"{status} {code} after {time.monotonic() - began:.0f} s")

    def submit_files(self):
        number = 0
        while not self.stop.wait(0.4):
            self.submit(self.papers[number % len(self.papers)])
            number += 1

    def submit_names(self):
        number = 0
        while not self.stop.wait(0.7):
            self.submit(self.papers[number % len(self.papers)], by_name=True)
            number += 1

    def ask_at_once(self):
        """Verdicts while the caller waits: no outage but the store's may touch them."""
        paper = self.papers[0]
        while not self.stop.wait(1):
            ledger, began, allowed = self.ledger, time.monotonic(), self.allowed()
            status, heard, answer = self.call(
                "POST", "/v1/process", paper.body, {"Content-Type": paper.type})
            if status != 200:
                self.judge(ledger, status, heard, answer, began, (allowed | self.allowed()) & STORE)
            elif answer["verdict"] != paper.verdict:
                ledger.fail(f"/v1/process: {answer}")
            else:
                ledger.count("200")

    def look(self):
        while not self.stop.wait(0.2):
            ledger, began = self.ledger, time.monotonic()
            if self.call("GET", "/health")[0] != 200 or time.monotonic() - began > 5:
                ledger.fail(f"/health after {time.monotonic() - began:.1f} s")

    def produce(self):
        while not self.stop.wait(1):
            # What is told to fail on Kafka fails whoever writes the requests as well.
            if self.phase != self.kafka.name:
                self.request()

    def request(self):
        request, ledger = uuid.uuid4().hex, self.ledger
        with ledger.lock:
            ledger.requests[request] = self.papers[0]
        self.kafka.produce(event(self.papers[0], request))
        return request

    # Cells.

    def cell(self, dependency, fault):
        seconds = self.options.seconds if fault == "gone" else min(self.options.seconds, 10)
        ledger = self.ledger
        print(f"{dependency.name}, {fault}, {seconds:g} s", flush=True)
        # In the middle of something when it begins.
        for _ in range(3):
            self.request()
        for paper in self.papers[:3]:
            self.submit(paper)
        self.phase = dependency.name
        dependency.begin(fault)
        time.sleep(seconds)
        dependency.end(fault)
        ended = time.monotonic()
        back = self.until(f"{dependency.name} after {fault}", 60, lambda: self.probe(dependency))
        back = back and back - ended
        self.phase = None
        if back and back > self.options.bar:
            ledger.fail(f"works {back:.1f} s after the return")
        # What comes from now on is the next cell's.
        self.ledger, left = Ledger(), []

        def is_done():
            left[:] = self.missing(ledger)
            return not left

        done = self.until("the end of everything", 120, is_done)
        for text in left[:5]:
            ledger.fail(text)
        if self.server.process.poll() is not None:
            raise SystemExit(f"the server ended with {self.server.process.returncode}; see {self.server.log_path}")
        self.all_runs.update(ledger.runs)
        self.failures += [f"{dependency.name}, {fault}: {text}" for text in ledger.failures]
        acknowledged, lost = len(ledger.runs) + len(ledger.requests), len(left)
        heard = ", ".join(f"{code} × {count}" for code, count in sorted(ledger.answers.items()))
        self.rows.append(
            f"| {dependency.name} | {fault} | {seconds:g} | {acknowledged} | {lost} | {heard} | "
            f"{f'{back:.1f}' if back else 'no'} | {f'{done - ended:.1f}' if done else 'no'} | "
            f"{'short' if ledger.failures else ''} |")
        print(" ", self.rows[-1], flush=True)

    def until(self, what, limit, ask):
        """The moment when it was so; None after the limit."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if ask():
                return time.monotonic()
            time.sleep(0.1)
        self.ledger.fail(f"waited {limit} s in vain for {what}")
        return None

    def probe(self, dependency):
        """One whole pass through a dependency, begun now."""
        paper = self.papers[0]
        if dependency is self.kafka:
            request = self.request()
            return self.within(60, lambda: request in self.results())
        if dependency is self.collector:
            known = self.collector.spans()
            return self.within(3, lambda: self.collector.spans() > known)
        if not (run := self.submit(paper, by_name=dependency is self.storage, once=True)):
            return False
        if not self.within(5, lambda: self.status(run) == "completed"):
            return False
        if dependency is self.storage:
            return self.within(3, lambda: self.is_kept(run))
        if dependency is self.model:
            _, _, result = self.call("GET", f"/v1/jobs/{run}/result")
            asked = result.get("consultations") or []
            return bool(asked) and all(one["outcome"] != "failed" for one in asked)
        if dependency is self.receiver:
            return self.within(3, lambda: run in self.told())
        return True

    def within(self, seconds, ask):
        deadline = time.monotonic() + seconds
        while not ask():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    # What came of it.

    def status(self, run):
        status, _, body = self.call("GET", f"/v1/jobs/{run}")
        return body["status"] if status == 200 else None

    def results(self):
        """What Kafka tells of each request: the runs and their ends."""
        results = collections.defaultdict(set)
        for told in self.kafka.records("requests.results"):
            results[told["request_id"]].add((told["run_id"], told["status"]))
        return results

    def told(self):
        return {line["data"]["run_id"] for line in self.receiver.told()}

    def is_kept(self, run):
        return any(f"/{run}/" in key and key.endswith("final_result.json") for key in self.storage.keys())

    def missing(self, ledger):
        """What of a cell is not yet as it must be in the end."""
        left, told, results = [], self.told(), self.results()
        kept = {match[1] for key in self.storage.keys() if (match := re.search(r"/([^/]+)/meta/final_result", key))}
        with ledger.lock:
            runs, requests = dict(ledger.runs), dict(ledger.requests)
        for run, paper in runs.items():
            if run in ledger.ended:
                continue
            status, _, body = self.call("GET", f"/v1/jobs/{run}")
            if status != 200 or body["status"] not in FINAL:
                left.append(f"run {run} has not ended: {status} {body}")
            elif (body["status"], body["verdict"], sorted(body["errors"] or [])) != (
                    "completed", paper.verdict, paper.errors):
                ledger.fail(f"run {run}: {body}")
            elif run not in told:
                left.append(f"the end of run {run} was not told")
            elif run not in kept:
                left.append(f"run {run} is not in the bucket")
            else:
                ledger.ended.add(run)
        for request, paper in requests.items():
            if request not in results:
                left.append(f"request {request} has no result")
            elif len(results[request]) > 1:
                ledger.fail(f"request {request} has results {results[request]}")
            elif next(iter(results[request]))[1] != ("success" if paper.verdict else "fail"):
                ledger.fail(f"request {request}: {results[request]}")
        return left

    def finish(self):
        def check(what, found):
            if found:
                self.failures.append(f"{what}: {found}")

        self.server.process.send_signal(signal.SIGTERM)
        check("exit status", self.server.process.wait(90))
        check("keys with several runs", self.database.select(
            "SELECT idempotency_key FROM run WHERE kind = 1 GROUP BY 1, coalesce(caller, '') HAVING count(*) > 1"))
        check("jobs that have not ended", self.database.select("SELECT run_id FROM run WHERE kind = 1 AND state < 2"))
        check("records set aside", self.kafka.records("requests.dlq"))
        self.all_runs.update(self.ledger.runs)
        check("deliveries of other runs", self.told() - set(self.all_runs))
        rows = self.database.select("SELECT encode(run_id, 'hex') FROM run WHERE kind = 1")
        stored = {str(uuid.UUID(row)) for row in rows}
        check("acknowledged runs that are not in the store", set(self.all_runs) - stored)
        ends = collections.Counter()
        with open(self.server.log_path, encoding="utf-8", errors="replace") as log:
            for line in log:
                if '"run ended"' in line and (found := re.search(r'"run_id":"([0-9a-f-]+)"', line)):
                    ends[found[1]] += 1
                if re.search(r'"level":"critical"|Fatal error|illegal transition', line, re.I):
                    self.failures.append("log: " + line.strip()[:300])
        check("runs that ended several times", [run for run, count in ends.items() if count > 1])

    def report(self):
        for failure in self.failures:
            print("FAILED:", failure)
        if not self.failures:
            print("Every cell held.")
        if self.options.results:
            put_rows(self.options.results, self.rows)

    def close(self):
        if self.server.process and self.server.process.poll() is None:
            self.server.kill()
        for dependency in self.dependencies:
            dependency.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--kafka", required=True, help="kafka_mock.c as a program")
    parser.add_argument("--seconds", type=float, default=60, help="how long a dependency is gone; others at most 10 s")
    parser.add_argument("--bar", type=float, default=10, help="seconds from a return to a pass through")
    parser.add_argument("--results", help="file whose table gets these rows")
    parser.add_argument("--only", action="append", help="a dependency by its name in the table; all of them")
    parser.add_argument("--fault", action="append", choices=list(FAULTS), help="a fault; all of them")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="dependencies-")
    matrix = Matrix(options, folder)
    try:
        matrix.run()
        matrix.report()
    finally:
        matrix.close()
    if matrix.failures:
        print(f"kept for a look: {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


main()
