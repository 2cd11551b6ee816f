"""Cuts the power of a running server at any of its writes, as far as a program can: nothing acknowledged may be lost.

    power_loss.py --program PATH --recorder record_writes.so [--cuts N] [--seed N] [--seconds S]

The server runs under load with record_writes.c preloaded, which writes down each change of its files and each flush.
Clients append to the same record what they were told (`202`, the end of a job) at the moment they heard it. Then disks
are made that a power cut at a random record could have left, and the server is started on each of them.

The model of the disk: a flush keeps what was written before it began (fsync and fdatasync: that file's bytes; syncfs:
all). Names are kept in order, as a journal does (ext4, XFS): those before the latest flush of anything, and of the
later ones as many as chance says. Bytes that no flush covers are kept, lost or torn at 512 bytes, each write for itself,
and where a name is kept whose bytes were lost there are zeros.
"""

import argparse
import hashlib
import http.client
import json
import os
import random
import shutil
import struct
import sys
import tempfile
import threading
import time
import uuid

from crash_server import FINAL, Client, Document, Server

HEAD = struct.Struct("<cQQI")


class Told:
    """What callers heard, in the record of the writes."""

    def __init__(self, path):
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, **fact):
        text = json.dumps(fact).encode()
        # One write, so that it stands between two records of the server.
        os.write(self.descriptor, HEAD.pack(b"!", 0, 0, len(text)) + text)


class Record:
    """The records in order: (kind, number, number, bytes)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        self.entries, place = [], 0
        while place + HEAD.size <= len(data):
            kind, first, second, length = HEAD.unpack_from(data, place)
            place += HEAD.size + length
            self.entries.append((kind, first, second, data[place - length : place]))

    def told(self, cut):
        """Runs that were acknowledged before the cut, and the ends that were seen before it."""
        runs, ends = {}, {}
        for kind, _, _, content in self.entries[:cut]:
            if kind == b"!":
                fact = json.loads(content)
                if "end" in fact:
                    ends[fact["run"]] = fact["end"]
                else:
                    runs[fact["run"]] = (fact["key"], fact["document"])
        return runs, ends

    def disk(self, cut, chance):
        """A disk that a cut at this record could have left: {path: bytes, or None for a folder}."""
        begun, names_kept, bytes_kept = {}, 0, {}
        for place, (kind, number, inode, _) in enumerate(self.entries[:cut]):
            if kind == b"b":
                begun[number] = place
            elif kind == b"e":
                names_kept = max(names_kept, begun[number])
                bytes_kept[inode] = max(bytes_kept.get(inode, 0), begun[number])
        later = [
            place for place in range(names_kept, cut) if self.entries[place][0] in (b"o", b"r", b"u", b"m", b"d")]
        names_end = later[chance.randrange(len(later) + 1) :][:1] or [cut]
        share = chance.choice([0.0, 0.5, 0.9, 1.0])
        paths, files, inodes = {}, {}, {}
        for place, (kind, first, second, content) in enumerate(self.entries[:cut]):
            if kind in (b"w", b"t"):
                file = inodes.get(first)
                if file is None:
                    continue
                kept = place < max(bytes_kept.get(first, 0), bytes_kept.get(0, 0))
                if kind == b"t":
                    if kept or place < names_end[0]:
                        del files[file][second:]
                        files[file].extend(bytes(second - len(files[file])))
                    continue
                if not kept and chance.random() >= share:
                    if chance.random() < 0.5:
                        continue
                    content = content[: chance.randrange(len(content) + 1) // 512 * 512]
                data = files[file]
                data.extend(bytes(max(0, second + len(content) - len(data))))
                data[second : second + len(content)] = content
            elif kind == b"o":
                path = content.decode()
                if path not in paths and place >= names_end[0]:
                    inodes.pop(first, None)
                    continue
                if path not in paths or inodes.get(first) != paths[path]:
                    paths[path] = inodes[first] = len(files)
                    files[paths[path]] = bytearray()
                elif second:
                    files[paths[path]].clear()
            elif place < names_end[0]:
                self.rename(kind, content, paths)
        return {path: None if file is None else bytes(files[file]) for path, file in paths.items()}

    @staticmethod
    def rename(kind, content, paths):
        if kind == b"m":
            paths[content.decode()] = None
        elif kind in (b"u", b"d"):
            paths.pop(content.decode(), None)
        elif kind == b"r":
            old, new = (part.decode() for part in content.split(b"\0"))
            if old in paths:
                paths[new] = paths.pop(old)


class Load(threading.Thread):
    """Submits until told to stop, and writes down what it hears."""

    def __init__(self, server, told, documents, seed, stop):
        super().__init__(daemon=True)
        self.client, self.told, self.documents = server.client(), told, documents
        self.random, self.stop, self.open = random.Random(seed), stop, {}

    def run(self):
        while not self.stop.is_set():
            try:
                self.step()
            except (OSError, http.client.HTTPException):
                return
            self.stop.wait(self.random.random() * 0.1)

    def step(self):
        number, key = self.random.randrange(len(self.documents)), uuid.uuid4().hex
        document = self.documents[number]
        if len(self.open) < 6:
            status, _, body = self.client.call(
                "POST", "/v1/jobs", document.body, {"Content-Type": document.type, "Idempotency-Key": key})
            if status == 202:
                self.told.add(run=body["run_id"], key=key, document=number)
                self.open[body["run_id"]] = number
        for run in list(self.open):
            status, _, body = self.client.call("GET", f"/v1/jobs/{run}")
            if status == 200 and body["status"] in FINAL:
                self.told.add(run=run, end=[body["status"], body["verdict"], body["errors"], body["attempts"]])
                del self.open[run]


class PowerLoss:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.random, self.documents, self.failures = random.Random(options.seed), Document.all(), []

    def record(self):
        """Runs a server under load and gives the record of its writes."""
        path, root = self.folder + "/record", self.folder + "/live"
        os.makedirs(root)
        server = Server(
            self.options.program, root, self.documents[0].today, LD_PRELOAD=self.options.recorder, RECORD_FILE=path,
            RECORD_ROOT=root)
        server.start()
        server.wait_until_ready()
        told, stop = Told(path), threading.Event()
        load = [Load(server, told, self.documents, self.random.random(), stop) for _ in range(4)]
        for client in load:
            client.start()
        time.sleep(self.options.seconds)
        stop.set()
        for client in load:
            client.join()
        self.wait_until_quiet(path)
        server.kill()
        record = Record(path)
        self.check_model(record, root)
        return record

    @staticmethod
    def wait_until_quiet(path):
        """A write of the moment of the kill may be on the disk and not in the record."""
        size, latest = -1, os.path.getsize(path)
        while size != latest:
            time.sleep(0.7)
            size, latest = latest, os.path.getsize(path)

    def check_model(self, record, root):
        """With nothing lost, the model's disk must be the real one, or its verdicts say nothing."""
        whole = Record.__new__(Record)
        whole.entries = record.entries + [(b"b", 0, 0, b""), (b"e", 0, 0, b"")]
        disk = whole.disk(len(whole.entries), random.Random(0))
        real = {
            os.path.relpath(os.path.join(parent, name), root) for parent, _, names in os.walk(root) for name in names}
        # The index of the log is shared memory; the log of the process is not the server's own.
        ignored = {"jobs.sqlite-shm", "server.log", "runs/.lock"}
        files = {path for path, content in disk.items() if content is not None}
        if different := (real ^ files) - ignored:
            raise SystemExit(f"the record is not what happened: {sorted(different)[:5]}")
        for path in files - ignored:
            with open(os.path.join(root, path), "rb") as file:
                if file.read() != disk[path]:
                    raise SystemExit(f"the record is not what happened in {path}")

    def cut(self, number, record):
        first = next(place for place, entry in enumerate(record.entries) if entry[0] == b"!")
        place = self.random.randrange(first, len(record.entries) + 1)
        runs, ends = record.told(place)
        root = f"{self.folder}/cut-{number}"
        os.makedirs(root + "/runs")
        for path, content in sorted(record.disk(place, self.random).items()):
            if path.endswith("-shm"):
                continue
            path = os.path.join(root, path)
            if content is None:
                os.makedirs(path, exist_ok=True)
            else:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(content)
        where = f"cut {number} at record {place} of {len(record.entries)}"
        server = Server(self.options.program, root, self.documents[0].today)
        server.start()
        server.wait_until_ready()
        before = len(self.failures)
        try:
            self.check(server, root, where, runs, ends)
        finally:
            server.kill()
        if len(self.failures) == before:
            shutil.rmtree(root)
        return len(runs), len(ends)

    def check(self, server, root, where, runs, ends):
        client = server.client()
        for run, (key, number) in runs.items():
            document, day = self.documents[number], self.day(root, run)
            if day is None:
                self.fail(f"{where}: run {run} has no folder")
                continue
            with open(f"{root}/runs/{day}/{run}/input/document.pdf", "rb") as file:
                if hashlib.sha256(file.read()).digest() != hashlib.sha256(document.content).digest():
                    self.fail(f"{where}: the document of run {run} is damaged")
            deadline = time.monotonic() + 60
            while True:
                status, _, body = client.call("GET", f"/v1/jobs/{run}")
                if status != 200 or body["status"] in FINAL or time.monotonic() > deadline:
                    break
                time.sleep(0.02)
            if status != 200 or (body["status"], body["verdict"], sorted(body["errors"] or [])) != (
                    "completed", document.verdict, document.errors):
                self.fail(f"{where}: run {run}: {status} {body}")
            elif run in ends and [body["status"], body["verdict"], body["errors"], body["attempts"]] != ends[run]:
                self.fail(f"{where}: run {run} had ended as {ends[run]}, now {body}")
        for run, (key, number) in list(runs.items())[:3]:
            document = self.documents[number]
            _, _, body = client.call(
                "POST", "/v1/jobs", document.body, {"Content-Type": document.type, "Idempotency-Key": key})
            if body.get("run_id") != run:
                self.fail(f"{where}: key {key} was run {run}, now {body}")
        # Files of ended runs are not flushed; the start mends them from the store.
        deadline = time.monotonic() + 20
        while (torn := self.torn(root, ends)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for run in torn:
            self.fail(f"{where}: the result of run {run} was not mended")

    def torn(self, root, ends):
        found = []
        for run, end in ends.items():
            try:
                with open(f"{root}/runs/{self.day(root, run)}/{run}/meta/final_result.json", encoding="utf-8") as file:
                    if json.load(file)["verdict"] != end[1]:
                        found.append(run)
            except (OSError, ValueError):
                found.append(run)
        return found

    @staticmethod
    def day(root, run):
        days = [day for day in os.listdir(root + "/runs") if os.path.isdir(f"{root}/runs/{day}/{run}")]
        return days[0] if days else None

    def fail(self, text):
        self.failures.append(text)
        print("FAILED", text, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--recorder", required=True, help="record_writes.c as a shared object")
    parser.add_argument("--cuts", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--seconds", type=float, default=4.0, help="how long the recorded server lives")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="power-loss-")
    bench = PowerLoss(options, folder)
    record = bench.record()
    counts = [bench.cut(number, record) for number in range(options.cuts)]
    print(f"seed {options.seed}: {len(record.entries)} records, {options.cuts} cuts; "
          f"acknowledged before them {min(counts)[0]} to {max(counts)[0]}, of those ended "
          f"{min(end for _, end in counts)} to {max(end for _, end in counts)}; lost: {len(bench.failures)}")
    if bench.failures:
        print(f"kept for a look: {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


main()
