"""Measures the job store of the running server: what a durable submission costs, and what a big store does to it.

    store.py --program PATH --tools DIR --results FILE [--stored N] [--seconds S] [--rounds N] [--folder DIR]

Says of each bar whether it is held; exit status 1 when one is not. `--tools` holds count_flushes.so.
"""

import argparse
import collections
import ctypes
import json
import mmap
import os
import random
import shutil
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import uuid

from load import Failure, HTTPConnectionPool, form_body, request, BOUNDARY
from servers import Server, Servers, free_cpu_note, free_port, raise_descriptor_limit

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(os.path.dirname(HERE), "Tests", "Fixtures", "formats", "text.pdf")
DAY = 86_400_000


class StoreServer(Server):
    """Our server on a folder that stays; `started` is how many seconds it took until it was ready."""

    def __init__(self, program, folder, tools=None, pinned=False, **settings):
        port = free_port()
        environment = dict(
            os.environ, IDP_PORT=str(port), IDP_LOOPS="1", IDP_WORKERS="1", IDP_RUNS_DIR=folder + "/runs",
            IDP_STORE=f"sqlite:{folder}/jobs.sqlite", IDP_QUEUE_LIMIT="10000000", IDP_LOG_LEVEL="WARNING",
            **settings)
        if tools:
            environment.update(LD_PRELOAD=tools + "/count_flushes.so", FLUSHES_FILE=folder + "/flushes")
        os.makedirs(folder, exist_ok=True)
        began = time.monotonic()
        with open(folder + "/server.log", "ab") as log:
            process = subprocess.Popen(
                (["taskset", "-c", "0"] if pinned else []) + [program, "serve"], env=environment, stdout=log,
                stderr=log, preexec_fn=raise_descriptor_limit)
        super().__init__(process, port)
        Servers.wait_until_ready(self, "/ready", began + 120)
        self.started = time.monotonic() - began
        if tools:
            with open(folder + "/flushes", "rb") as file:
                self.counter = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def flushes(self):
        return struct.unpack_from("q", self.counter)[0]

    def metric(self, series):
        for line in request(self, "GET", "/metrics").decode().splitlines():
            if line.startswith(series + " "):
                return float(line.split()[-1])
        raise Failure(f"no metric {series}")

    def signal_workers(self, number):
        """Sends a signal to all document workers."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            children = set(file.read().split())
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/children") as file:
                children |= set(file.read().split())
        for child in children:
            os.kill(int(child), number)


def wrk(server, path, script, seconds, connections=64, **variables):
    """Requests, requests a second and the server's processor seconds of one stretch of load."""
    script = os.path.join(HERE, script)
    if not os.path.exists(script):
        # wrk says so and sends something else.
        raise Failure(f"there is no {script}")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, server.url + path]
    before = server.cpu_seconds()
    output = subprocess.run(
        ["taskset", "-c", "1"] + command, env=dict(os.environ, **variables), capture_output=True, text=True).stdout
    spent = server.cpu_seconds() - before
    if "Non-2xx" in output or "requests in" not in output:
        raise Failure(output)
    words = output.split()
    return (int(words[words.index("requests") - 1]), float(words[words.index("Requests/sec:") + 1]), spent)


def busy():
    """Seconds that the machine worked and that it had, since it was started."""
    with open("/proc/stat") as file:
        fields = list(map(int, file.readline().split()[1:9]))
    return sum(fields) - fields[3] - fields[4], sum(fields)


def flush_seconds(folder, document, count, sync):
    """Seconds of each of `count` files written and flushed one after the other, as one without a group would."""
    times = []
    os.makedirs(folder, exist_ok=True)
    library = ctypes.CDLL(None, use_errno=True)
    directory = os.open(folder, os.O_RDONLY)
    for number in range(count):
        began = time.monotonic()
        with open(f"{folder}/{number}", "wb") as file:
            file.write(document)
            file.flush()
            if sync == "fsync":
                os.fsync(file.fileno())
        if sync == "syncfs" and library.syncfs(directory) != 0:
            raise OSError(ctypes.get_errno(), "syncfs")
        times.append(time.monotonic() - began)
    os.close(directory)
    shutil.rmtree(folder)
    return times


# Submissions that came alone: medians of seconds, flushes of each, timers in all, seconds of a file and a flush.
Lone = collections.namedtuple("Lone", "count seconds flushes timers floor")


class Bars:
    def __init__(self):
        self.rows, self.isHeld = [], True

    def add(self, what, value, bar, held):
        self.isHeld = self.isHeld and held
        self.rows.append(f"| {what} | {value} | {bar} | {'held' if held else '**missed**'} |")
        print(self.rows[-1], flush=True)


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.bars = options, folder, Bars()
        with open(DOCUMENT, "rb") as file:
            self.document = file.read()

    # --- submissions

    def stretch(self, number, **settings):
        """Load of 64 clients on a fresh server: submissions a second, and flushes, processor seconds and idle share."""
        folder = f"{self.folder}/stretch-{number}-{len(settings)}"
        with StoreServer(self.options.program, folder, self.options.tools, **settings) as server:
            request(server, "POST", "/v1/jobs", {"fio": "Applicant Name"}, self.document)
            # Document workers stand still, for less long than the stall detector lets them: judging is measured
            # elsewhere.
            server.signal_workers(signal.SIGSTOP)
            before, (worked, had) = server.flushes(), busy()
            count, rate, spent = wrk(server, "/v1/jobs", "form.lua", self.options.seconds, DOCUMENT=DOCUMENT)
            flushes, after = (server.flushes() - before) / count, busy()
            server.process.kill()
        # The folder stays until the end: ext4 walks around what was removed in the last seconds.
        return rate, flushes, spent / count, 1 - (after[0] - worked) / (after[1] - had)

    def submissions(self):
        alone, control, ours = [], [], []
        for number in range(self.options.rounds):
            alone += flush_seconds(f"{self.folder}/alone-{number}", self.document, 100, "fsync")
            control.append(self.stretch(number, IDP_STORE_BATCH="1"))
            if control[-1][1] < 1:
                raise Failure("the control does not flush for each submission")
            ours.append(self.stretch(number))
        with StoreServer(self.options.program, self.folder + "/lone", self.options.tools) as server:
            request(server, "POST", "/v1/jobs", {"fio": "Applicant Name"}, self.document)
            server.signal_workers(signal.SIGSTOP)
            lone = self.lone(server)
            server.process.kill()
        rates, flushes, costs, idle = zip(*ours)
        rate, single = statistics.median(rates), 1 / statistics.median(alone)
        flushing, share = statistics.median(rate for rate, *_ in control), statistics.median(idle)
        self.bars.add("flushes of one submission among 64 clients", f"{statistics.median(flushes):.3f}", "≤ 0.1",
                      statistics.median(flushes) <= 0.1)
        cost = 1e6 * statistics.median(costs)
        self.bars.add("processor time of one, all threads of the server", f"{cost:.0f} µs", "≤ 250 µs", cost <= 250)
        self.bars.add(
            "submissions a second beside the same server with a flush for each, `IDP_STORE_BATCH=1` "
            f"({flushing:.0f}/s; files written and flushed by one process: {single:.0f}/s)",
            f"{rate:.0f}/s = {rate / flushing:.1f} ×, processors {100 * share:.0f} % idle",
            "≥ 5 ×, or processors ≤ 5 % idle", rate / flushing >= 5 or share <= 0.05)
        self.bars.add(f"flushes of a lone submission ({lone.count} of them)", f"{lone.flushes:.2f}", "1",
                      lone.flushes <= 1.05)
        self.bars.add("timers that a lone submission had to wait for", f"{lone.timers:.0f}", "0", lone.timers == 0)
        self.bars.rows.append(
            f"| time of a lone submission beside its file and one flush ({1e3 * lone.floor:.1f} ms) | "
            f"{1e3 * lone.seconds:.1f} ms = {lone.seconds / lone.floor:.2f} × | shown only | |")

    def lone(self, server, count=60):
        """What submissions that come alone cost, one after the other."""
        pool = HTTPConnectionPool(server).connection
        body = form_body({"fio": "Applicant Name"}, self.document)
        fields = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        times, floors, flushes = [], [], 0
        timers = server.metric("idp_store_batch_waits_total")
        for number in range(count):
            before, began = server.flushes(), time.monotonic()
            pool.request("POST", "/v1/jobs", body, fields)
            answer = pool.getresponse()
            answer.read()
            if answer.status != 202:
                raise Failure(f"a lone submission: {answer.status}")
            times.append(time.monotonic() - began)
            flushes += server.flushes() - before
            floors += flush_seconds(f"{self.folder}/floor", self.document, 1, "syncfs")
        timers = server.metric("idp_store_batch_waits_total") - timers
        return Lone(count, statistics.median(times), flushes / count, timers, statistics.median(floors))

    # --- stores of two sizes

    def stores(self):
        options, small, big = self.options, 1000, self.options.stored
        folders = {count: f"{self.folder}/store-{count}" for count in (small, big)}
        for count, folder in folders.items():
            began = time.monotonic()
            self.seed(folder, count)
            print(f"{count} runs stored in {time.monotonic() - began:.0f} s", flush=True)
        servers = {count: StoreServer(options.program, folder, pinned=True) for count, folder in folders.items()}
        try:
            starts = {count: server.started for count, server in servers.items()}
            costs = {small: [], big: []}
            # Once before it counts, as the pages of the store come into memory.
            for number in range(options.rounds + 1):
                for count, server in servers.items():
                    requests, _, spent = wrk(
                        server, "/v1/jobs", "ids.lua", options.seconds, 16, IDS=folders[count] + "/ids")
                    if number:
                        costs[count].append(spent * 1e6 / requests)
        finally:
            for server in servers.values():
                server.stop()
        few, many = (statistics.median(costs[count]) for count in (small, big))
        self.bars.add(
            f"processor time of a status among {big:,} runs beside one among {small:,} ({few:.1f} µs)",
            f"{many:.1f} µs = {many / few:.2f} ×", "≤ 1.2 ×", many / few <= 1.2)
        self.bars.add(
            f"from start to ready with {big:,} runs ({small:,}: {starts[small]:.2f} s)", f"{starts[big]:.2f} s",
            "≤ 3 s", starts[big] <= 3)

    def seed(self, folder, count):
        """A store of so many ended jobs, each a copy of one that the server has judged, and ids to ask for."""
        with StoreServer(self.options.program, folder) as server:
            pool = HTTPConnectionPool(server)
            run = json.loads(request(server, "POST", "/v1/jobs", {"fio": "Applicant Name"}, self.document))["run_id"]
            deadline = time.monotonic() + 60
            while json.loads(pool.get("/v1/jobs/" + run))["status"] in ("accepted", "running"):
                if time.monotonic() > deadline:
                    raise Failure("the job to copy does not end")
                time.sleep(0.05)
        store = sqlite3.connect(folder + "/jobs.sqlite", isolation_level=None)
        # It may be lost: it is made anew each time.
        store.execute("PRAGMA journal_mode = OFF")
        store.execute("PRAGMA synchronous = OFF")
        store.execute("PRAGMA cache_size = -262144")
        names = [row[1] for row in store.execute("PRAGMA table_info(run)") if row[1] != "id"]
        row = store.execute(f"SELECT {', '.join(names)} FROM run").fetchone()
        judgement = store.execute("SELECT bytes FROM judgement").fetchone()[0]
        changed = [names.index(name) for name in ("run_id", "created_at", "started_at", "finished_at")]
        now, randomness, ids = int(time.time() * 1000), random.Random(7), []

        def rows():
            for number in range(count):
                # Over the ten days that have passed: within the retention.
                moment = now - 11 * DAY + number * 10 * DAY // count
                bits = randomness.getrandbits(74)
                value = moment << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & (1 << 62) - 1
                run = value.to_bytes(16, "big")
                if count <= 1000 or number % (count // 20_000 or 1) == 0:
                    ids.append(str(uuid.UUID(bytes=run)))
                copy = list(row)
                for place, new in zip(changed, (run, moment, moment + 5, moment + 500)):
                    copy[place] = new
                yield copy

        store.execute("BEGIN")
        marks = ", ".join("?" * len(names))
        store.executemany(f"INSERT INTO run ({', '.join(names)}) VALUES ({marks})", rows())
        store.execute(
            "INSERT INTO judgement SELECT id, ? FROM run WHERE id NOT IN (SELECT id FROM judgement)", [judgement])
        store.execute("COMMIT")
        store.execute("PRAGMA journal_mode = WAL")
        store.close()
        random.Random(8).shuffle(ids)
        with open(folder + "/ids", "w") as file:
            file.write("\n".join(ids) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--results")
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["submissions", "stores"])
    parser.add_argument("--folder", help="on the disk to measure; emptied at the end")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="bench-store-", dir=options.folder)
    try:
        bench = Bench(options, folder)
        print("| what | measured | bar | |\n| --- | --- | --- | --- |")
        if options.only != "stores":
            bench.submissions()
        if options.only != "submissions":
            bench.stores()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.results and not options.only:
        with open(options.results, "w") as file:
            file.write("\n".join([
                "# Job store", "",
                f"`make bench-store`: {free_cpu_note()}; a document of {len(bench.document):,} bytes; medians of "
                f"{options.rounds} rounds of {options.seconds} s. Compare within the table only.", "",
                "| what | measured | bar | |", "| --- | --- | --- | --- |", *bench.bars.rows, ""]))
    sys.exit(0 if bench.bars.isHeld else 1)


if __name__ == "__main__":
    main()
