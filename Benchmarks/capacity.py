#!/usr/bin/env python3
"""Measures what a document costs, and prints the tables of docs/capacity.md.

  python3 Benchmarks/capacity.py PROGRAM [REPEATS]

Processor time and memory only, which hardly depend on what else the machine does: throughput follows by the formula
there, and how near it comes is measured by Benchmarks/worker.py and ops/load.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ROOT / "Tests/Fixtures/documents"
# A kind of paper, its samples, and what is said of it.
KINDS = [
    ("PDF with a text layer", ["sick-leave-ru-text.pdf", "unemployed-bilingual-text.pdf", "unpaid-leave-kk-text.pdf"]),
    ("scan, one page", ["termination-order-ru-scan.pdf", "too-old-childcare-kk.tif", "childcare-order-bilingual.png"]),
    ("photo, one page", ["vkk-ru-photo.jpg"]),
]


def environment(folder):
    """Settings of a server of its own."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TESSDATA_PREFIX") if key in os.environ}
    return {**kept, "IDP_PORT": "0", "IDP_RUNS_DIR": f"{folder}/runs", "IDP_WORKERS": "2", "IDP_LOOPS": "1",
            "IDP_TODAY": TRUTH[0]["today"], "IDP_LOG_LEVEL": "INFO"}


TRUTH = json.loads((DOCUMENTS / "expected.json").read_text(encoding="utf-8"))
FIO = {entry["file"]: entry["fio"] for entry in TRUTH}


class Server:
    """A running server, its children and what they have cost so far."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="idp-capacity-")
        self.log = open(f"{self.folder}/log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "serve"], env=environment(self.folder), stdout=self.log, stderr=subprocess.STDOUT)
        self.port = None
        while self.port is None:
            if self.process.poll() is not None:
                sys.exit(pathlib.Path(self.log.name).read_text(encoding="utf-8"))
            found = re.search(r'"message":"listening".*?"port":"?(\d+)', pathlib.Path(self.log.name).read_text("utf-8"))
            self.port = found and int(found[1])
            time.sleep(0.05)

    def submit(self, name, route="/v1/process"):
        """Sends a sample; the answer."""
        run = subprocess.run(
            ["curl", "-sS", "--fail-with-body", "--max-time", "120", "-F", f"file=@{DOCUMENTS / name}",
             "-F", f"fio={FIO[name]}", f"http://127.0.0.1:{self.port}{route}"],
            stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(run.stdout)

    def metric(self, pattern):
        """The sum of the samples of a scrape that match."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(pattern, line))

    def processes(self):
        """The ids of the server and of its document workers."""
        listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE,
                                 text=True, check=False).stdout
        return [self.process.pid] + [int(pid) for pid in listing.split()]

    def spent(self):
        """Processor seconds of the server, its workers and their tools so far, with those that have ended."""
        ticks = 0
        for pid in self.processes():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            # utime, stime, and of children that were waited for cutime, cstime: proc(5).
            ticks += sum(int(field) for field in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Ends it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder)


def resident(pid):
    """The largest resident set of a process so far in MiB, 0 when it has gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024
    except (FileNotFoundError, ProcessLookupError, TypeError):
        return 0


def tree_size(folder):
    """Bytes that a folder takes on the disk."""
    return sum(path.stat().st_blocks * 512 for path in pathlib.Path(folder).rglob("*"))


def cost(program, names, repeats):
    """Processor seconds a document once the server is warm, and the largest worker and server in MiB."""
    running = Server(program)
    for name in names:
        running.submit(name)
    before = running.spent()
    for _ in range(repeats):
        for name in names:
            running.submit(name)
    seconds = (running.spent() - before) / (repeats * len(names))
    pids = running.processes()
    sizes = resident(pids[0]), max(resident(pid) for pid in pids[1:])
    running.stop()
    return seconds, sizes[1], sizes[0]


def disk(program, name, count):
    """Bytes on disk a job beside its document: run folder and row of the store."""
    running = Server(program)

    def used():
        return tree_size(f"{running.folder}/runs")

    def finish(expected):
        while running.metric("jobs_completed_total ") < expected:
            time.sleep(0.1)
        # The small files of a crowd may come after its jobs' ends.
        time.sleep(5)
    running.submit(name, "/v1/jobs")
    finish(1)
    before = used()
    for _ in range(count):
        running.submit(name, "/v1/jobs")
    finish(count + 1)
    grown = used() - before
    running.stop()
    document = (DOCUMENTS / name).stat().st_size
    return grown / count - document, document


def main():
    program, repeats = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    print(f"Measured on {model[1] if model else os.uname().machine}, {os.cpu_count()} processors, {repeats} repeats.\n")
    print("| document | processor seconds | documents an hour and processor, at 70 % |")
    print("| --- | ---: | ---: |")
    largest = largest_server = 0
    for kind, names in KINDS:
        seconds, worker, server = cost(program, names, repeats)
        largest, largest_server = max(largest, worker), max(largest_server, server)
        print(f"| {kind} | {seconds:.2f} | {0.7 * 3600 / seconds:.0f} |", flush=True)
    beside, document = disk(program, "sick-leave-ru-text.pdf", 40)
    print("\n| what | takes |\n| --- | ---: |")
    print(f"| the server's memory | {largest_server:.0f} MiB |")
    print(f"| a document worker's memory at its largest | {largest:.0f} MiB |")
    print(f"| a job's disk beside its document (of {document / 1024:.0f} KiB here) | {beside / 1024:.0f} KiB |")


if __name__ == "__main__":
    main()
