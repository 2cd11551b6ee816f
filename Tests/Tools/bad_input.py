#!/usr/bin/env python3
"""Sends bad documents to a running server and checks that each is answered as it should be and that none does harm.

  python3 bad_input.py --url URL --pid PID [--limit SECONDS] [--seed N] [--mutants N] [--good FILE] PATH...

PATH are files or folders of documents; of good ones among Tests/Fixtures so many mutants are made as asked for, the
same for the same seed. Exit status 0 when all of it holds: every answer is one of the defined ones and comes within the
limit; the server is healthy and judges a good document in between and after; as many workers run as before; and the
resident memory of server and workers is back within a tenth.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import random
import sys
import tempfile
import time

import requests

FIO = "Ахметова Айгуль Сериковна"
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures")
GOOD = os.path.join(FIXTURES, "formats", "text.pdf")
DEFINED = {
    200: {None}, 400: {"UNSUPPORTED_FILE_TYPE"}, 413: {"FILE_TOO_LARGE"},
    422: {"VALIDATION_ERROR", "DOCUMENT_UNREADABLE", "DOCUMENT_ENCRYPTED", "TOO_MANY_PAGES"},
    502: {"OCR_FAILED"}, 504: {"PROCESSING_TIMEOUT", "OCR_TIMEOUT"},
}


def mutants(seed, count, folder):
    """Good documents, spoilt: bytes flipped, pieces dropped, doubled, swapped between documents, numbers made huge."""
    chance = random.Random(seed)
    sources = sorted(glob.glob(FIXTURES + "/documents/*.*") + glob.glob(FIXTURES + "/formats/*.*"))
    sources = [path for path in sources if path.rsplit(".", 1)[1] in ("pdf", "png", "jpg", "tif", "tiff")]
    for number in range(count):
        source = chance.choice(sources)
        with open(source, "rb") as file:
            content = bytearray(file.read())
        for _ in range(chance.choice([1, 1, 2, 5, 20])):
            if not content:
                break
            start = chance.randrange(len(content))
            length = chance.choice([1, 4, 16, 256, 4096])
            way = chance.randrange(7)
            if way == 0:
                content[start] ^= 1 << chance.randrange(8)
            elif way == 1:
                content[start : start + length] = bytes(chance.randrange(256) for _ in range(length))
            elif way == 2:
                del content[start : start + length]
            elif way == 3:
                content[start:start] = content[start : start + length]
            elif way == 4:
                with open(chance.choice(sources), "rb") as file:
                    other = file.read()
                content[start : start + length] = other[start % len(other) :][:length]
            elif way == 5:
                # The next number, whatever it counts, becomes one that nobody expects.
                digits = next((i for i in range(start, len(content)) if 48 <= content[i] <= 57), None)
                if digits is not None:
                    content[digits : digits + 1] = chance.choice([b"-1", b"0", b"99999999", b"4294967296"])
            else:
                content = content[: max(start, 16)]
        path = os.path.join(folder, f"mutant-{seed}-{number:04d}-" + os.path.basename(source))
        with open(path, "wb") as file:
            file.write(content)
        yield path


def workers(pid):
    """The process ids of the document workers."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            found += children.read().split()
    return sorted(set(map(int, found)))


def resident(pid):
    """Resident memory in MiB; 0 of one that is gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024
    except (FileNotFoundError, StopIteration):
        return 0


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.http = requests.Session()
        self.failures = []

    def send(self, path):
        """Status, code and seconds of a document's answer."""
        start = time.monotonic()
        with open(path, "rb") as document:
            answer = self.http.post(
                self.arguments.url + "/v1/process", files={"file": ("document", document)}, data={"fio": FIO},
                timeout=self.arguments.limit + 30)
        body = answer.json()
        return answer.status_code, body.get("detail", {}).get("code"), time.monotonic() - start

    def check(self, path):
        status, code, seconds = self.send(path)
        name = os.path.basename(path)
        if code not in DEFINED.get(status, set()):
            self.failures.append(f"{name}: {status} {code}")
        if seconds > self.arguments.limit:
            self.failures.append(f"{name}: {seconds:.1f} s")
        return status, code, seconds

    def check_health(self, after):
        if self.http.get(self.arguments.url + "/health", timeout=10).status_code != 200:
            self.failures.append(f"/health after {after}")
        status, code, _ = self.send(self.arguments.good)
        if status != 200:
            self.failures.append(f"a good document after {after}: {status} {code}")

    def settled(self):
        """The memory of server and workers once as many workers run as at first and none has anything to do."""
        for _ in range(3):
            self.check_health("all")
        return resident(self.arguments.pid), sorted(resident(worker) for worker in workers(self.arguments.pid))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--limit", type=float, default=65)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--growth", type=float, default=0.1, help="how much the memory may grow, as a share")
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("--good", default=GOOD)
    parser.add_argument("paths", nargs="*")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    with tempfile.TemporaryDirectory() as folder:
        files = [file for path in arguments.paths for file in (
            sorted(os.path.join(root, name) for root, _, names in os.walk(path) for name in names)
            if os.path.isdir(path) else [path])]
        files += mutants(arguments.seed, arguments.mutants, folder)
        # The worker's memory after the pages of any document is what it is compared with, not that of a fresh one.
        # Several at a time, so that no worker is left out.
        count = len(workers(arguments.pid))
        papers = [path for path in sorted(glob.glob(FIXTURES + "/documents/*.*")) if not path.endswith(("json", "md"))]
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            list(pool.map(bench.send, papers * 2))
        before = bench.settled()
        outcomes, slowest = collections.Counter(), []
        for number, path in enumerate(files):
            status, code, seconds = bench.check(path)
            outcomes[f"{status} {code or 'judged'}"] += 1
            slowest.append((seconds, os.path.basename(path), f"{status} {code or 'judged'}"))
            if number % 20 == 19:
                bench.check_health(os.path.basename(path))
        deadline = time.monotonic() + 15
        while len(workers(arguments.pid)) != count and time.monotonic() < deadline:
            time.sleep(0.2)
        after = bench.settled()
        if len(workers(arguments.pid)) != count:
            bench.failures.append(f"{count} workers became {len(workers(arguments.pid))}")
        for what, first, last in [("server", before[0], after[0]), ("workers", sum(before[1]), sum(after[1]))]:
            # Pages of memory and what an allocator keeps: not less than a few MiB can be told apart.
            if last > first * (1 + arguments.growth) + 8:
                bench.failures.append(f"memory of the {what}: {first:.0f} MiB became {last:.0f} MiB")
    print(f"seed {arguments.seed}: {len(files)} documents")
    for outcome, number in sorted(outcomes.items()):
        print(f"  {number:5d}  {outcome}")
    for seconds, name, outcome in sorted(slowest, reverse=True)[:5]:
        print(f"  slowest: {seconds:6.2f} s  {name}  {outcome}")
    print(f"  server {before[0]:.0f} -> {after[0]:.0f} MiB, workers {sum(before[1]):.0f} -> {sum(after[1]):.0f} MiB")
    for failure in bench.failures:
        print("FAILED", failure)
    sys.exit(1 if bench.failures else 0)


main()
