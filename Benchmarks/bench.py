#!/usr/bin/env python3
"""Measures the server beside others in one run, in rounds that take turns, and prints what each bar comes to.

    bench.py --program FILE --micro FILE --tools DIRECTORY [--rounds 3] [--seconds 2] [--short] [--results FILE]
             [ROW ...]

ROW is one or more of: health, queued, status, slow, tls, upload, metrics, idle, memory, micro, allocations. Without
one, all run.
--short takes one round of half a second: to see that everything works, not to compare anything.

Figures are processor time of the server's process over the requests that it answered; a server runs on processor 0 and
what loads it on processor 1. Ratios are taken between medians of one run. Started by scripts/bench.sh.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from load import (
    Failure, HTTPConnectionPool, SlowClients, agreed_on, handshakes, open_idle, parallel_uploads, request)
from servers import Servers, free_cpu_note

BODY_BYTES = 200_000
ROWS = ["health", "queued", "status", "slow", "tls", "upload", "metrics", "idle", "memory", "micro", "allocations"]


class Figures:
    """Every measured number by name, one per round."""

    def __init__(self):
        self.values = {}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def __contains__(self, name):
        return name in self.values

    def median(self, name):
        return statistics.median(self.values[name])


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.figures = Figures()
        self.servers = Servers(options.program, options.tools, folder)
        self.folder = folder
        self.loaded = {}
        self.tls_facts = None
        self.lua = pathlib.Path(__file__).with_name("form.lua")

    # --- load by wrk

    def wrk(self, name, server, path, script=None, connections=64, seconds=None, beside=None):
        """One stretch of load; adds `name`.cpu (µs a request), .rate, .p50, .p99 (µs), .rss (MiB)."""
        command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", "--latency"]
        command += [f"-d{seconds or self.options.seconds}s"] + (["-s", str(script)] if script else [])
        before = server.cpu_seconds()
        process = subprocess.Popen(command + [server.url + path], stdout=subprocess.PIPE, text=True)
        if beside:
            while process.poll() is None:
                beside()
        output = process.communicate()[0]
        spent = server.cpu_seconds() - before
        if process.returncode != 0 or "Non-2xx" in output or "requests in" not in output:
            raise Failure(f"{name}: {output}")
        words = output.split()
        requests = int(words[words.index("requests") - 1])
        self.figures.add(name + ".cpu", spent * 1e6 / requests)
        self.figures.add(name + ".rate", float(words[words.index("Requests/sec:") + 1]))
        for percentile in ("50", "99"):
            self.figures.add(f"{name}.p{percentile}", microseconds(words[words.index(percentile + "%") + 1]))
        self.figures.add(name + ".rss", server.rss_bytes() / 2**20)
        self.loaded.setdefault(name, None)

    # --- rows, one round each

    def health(self):
        self.wrk("health", self.servers.ours(), "/health")
        self.wrk("evhttp", self.servers.evhttp(), "/health")
        self.wrk("nginx", self.servers.nginx(), "/health")
        self.wrk("epoll", self.servers.epoll(), "/health")

    def queued(self):
        self.wrk("lane off", self.servers.ours_through_evhttp(), "/health")
        self.wrk("queued", self.servers.ours_through_evhttp(), "/-/ping")

    def slow(self):
        server = self.servers.ours()
        self.wrk("calm", server, "/health", connections=8)
        with SlowClients(server, 100 if self.options.short else 1000):
            self.wrk("beside slow", server, "/health", connections=8)

    def tls(self):
        ours, nginx = self.servers.ours_with_tls(), self.servers.nginx_with_tls()
        if self.tls_facts is None:
            self.tls_facts = agreed_on(ours)
            if agreed_on(nginx) != self.tls_facts:
                raise Failure(f"TLS differs: {self.tls_facts} with ours, {agreed_on(nginx)} with nginx")
        for name, server in (("tls", ours), ("nginx tls", nginx)):
            self.wrk(name, server, "/health")
            before = server.cpu_seconds()
            count = handshakes(server, self.options.seconds)
            self.figures.add(name + ".handshake", (server.cpu_seconds() - before) * 1e6 / count)
            self.figures.add(name + ".handshakes", count / max(1, round(self.options.seconds)))

    def status(self):
        server = self.servers.ours()
        if "status" not in self.loaded:
            self.run_id = self.judge(server)
        self.wrk("status", server, f"/v1/jobs/{self.run_id}")

    def judge(self, server):
        """Has one document judged; its run's id, whose status has been asked for once."""
        paper = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/documents/sick-leave-ru-text.pdf"
        form = {"fio": "Ли Ержан Сергеевич"}
        answer = request(server, "POST", "/v1/process", form=form, file=paper.read_bytes())
        run_id = json.loads(answer)["run_id"]
        request(server, "GET", f"/v1/jobs/{run_id}")
        return run_id

    def upload(self):
        self.wrk("upload", self.servers.ours(), "/-/form", self.lua, 16)
        self.wrk("receive", self.servers.ours(), "/-/sink", self.lua, 16)
        self.wrk("receive by evhttp", self.servers.evhttp(), "/upload", self.lua, 16)
        self.wrk("receive by epoll", self.servers.epoll(), "/upload", self.lua, 16)
        spool = os.path.join(self.folder, "parts")
        os.makedirs(spool, exist_ok=True)
        count = "500" if self.options.short else "4000"
        self.figures.add("store", self.tool("upload_parts", "store", spool, str(BODY_BYTES), count))
        self.figures.add("hash", self.tool("upload_parts", "hash", str(BODY_BYTES), count))

    def tool(self, name, *arguments):
        command = ["taskset", "-c", "0", os.path.join(self.options.tools, name), *arguments]
        return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    def metrics(self):
        for kind, scrapes in (("counter", 200), ("histogram", 40)):
            server = self.servers.with_series(kind)
            scrapes = max(4, scrapes // (10 if self.options.short else 1))
            with HTTPConnectionPool(server) as pool:
                text = pool.get("/metrics")
                before = server.cpu_seconds()
                for _ in range(scrapes):
                    pool.get("/metrics")
                self.figures.add(f"scrape {kind}s", (server.cpu_seconds() - before) * 1e3 / scrapes)
            self.figures.add(f"lines {kind}s", text.count(b"\n"))
            self.figures.add(f"bytes {kind}s", len(text))
        server = self.servers.with_series("counter")
        self.wrk("alone", server, "/health", connections=8)
        with HTTPConnectionPool(server) as pool:
            self.wrk("scraped", server, "/health", connections=8, beside=lambda: pool.get("/metrics"))

    def idle(self):
        count = 1000 if self.options.short else 10_000
        for name, start in (("idle", self.servers.fresh), ("idle evhttp", self.servers.fresh_evhttp)):
            with start() as server:
                request(server, "GET", "/health")
                before = server.rss_bytes()
                connections = open_idle(server, count)
                self.figures.add(name, (server.rss_bytes() - before) / count)
                self.figures.add(name + ".held", sum(not c.has_ended() for c in connections))
                for connection in connections:
                    connection.close()

    def memory(self):
        with self.servers.fresh() as server:
            request(server, "GET", "/health")
            before = server.rss_bytes()
            size = (5 if self.options.short else 50) << 20
            peak = parallel_uploads(server, "/-/form", count=100, size=size)
            self.figures.add("uploads", (peak - before) / 2**20)

    def micro(self):
        output = subprocess.run([self.options.micro], check=True, stdout=subprocess.PIPE, text=True).stdout
        for name, value in json.loads(output).items():
            self.figures.add(name, value)

    def allocations(self):
        """On the loop's thread, what a longer load has more than a shorter one: neither the growth of buffers nor the
        opening of connections counts."""
        counter = os.path.join(self.folder, "allocations")
        with self.servers.counting(counter) as server:
            for name, path in (("health", "/health"), ("status", f"/v1/jobs/{self.judge(server)}")):
                self.load_counted(server, path, 1)
                short = self.load_counted(server, path, 1)
                long = self.load_counted(server, path, 3)
                self.figures.add("allocations " + name, max(0, long[0] - short[0]) / max(1, long[1] - short[1]))

    @staticmethod
    def load_counted(server, path, seconds):
        """Allocations and requests of a stretch of load."""
        before = server.allocations()
        command = ["taskset", "-c", "1", "wrk", "-t1", "-c16", f"-d{seconds}s", server.url + path]
        words = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        return server.allocations() - before, int(words[words.index("requests") - 1])

    # --- all

    def run(self):
        rows = self.options.rows or ROWS
        once = {"micro", "memory", "allocations"}
        for number in range(self.options.rounds):
            for row in rows:
                if number == 0 or row not in once:
                    print(f"round {number + 1} of {self.options.rounds}: {row}", file=sys.stderr, flush=True)
                    getattr(self, row)()


def microseconds(text):
    for unit, factor in (("us", 1), ("ms", 1e3), ("s", 1e6)):
        if text.endswith(unit):
            return float(text[: -len(unit)]) * factor
    raise Failure(f"not a time of wrk: {text}")


class Report:
    """The tables."""

    def __init__(self, bench):
        self.figures = bench.figures
        self.loaded = list(bench.loaded)
        self.tls_facts = bench.tls_facts
        self.options = bench.options
        self.lines = []
        self.missed = 0

    def text(self):
        self.lines = ["# Results", ""]
        self.lines += [
            f"`make bench`: medians of {self.options.rounds} rounds of {self.options.seconds} s that took turns;"
            f" {free_cpu_note()}.",
            "Only the ratios of one run mean anything.", "", "## Bars", "",
            "| what | measured | beside | ratio or figure | bar | held |", "| --- | ---: | ---: | ---: | ---: | --- |",
        ]
        self.bars()
        self.lines += ["", "## Servers", ""]
        self.lines += ["| load | server | CPU µs a request | requests/s | p50 µs | p99 µs | RSS MiB |"]
        self.lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
        for name in self.loaded:
            self.server(name)
        self.lines += self.notes()
        return "\n".join(self.lines) + "\n"

    def bars(self):
        self.ratio("`GET /health`, beside nginx `return 200`", "health.cpu", "nginx.cpu", 1.1, "µs")
        self.ratio("the same, beside plain evhttp", "health.cpu", "evhttp.cpu", 0.6, "µs")
        self.ratio("the same through evhttp (fast lane off), beside plain evhttp",
                   "lane off.cpu", "evhttp.cpu", 0.85, "µs")
        self.ratio("a queued route that answers at once (fast lane off), beside plain evhttp",
                   "queued.cpu", "evhttp.cpu", 0.85, "µs")
        self.ratio("status of a cached job, beside our `/health`", "status.cpu", "health.cpu", 1.25, "µs")
        if "store" in self.figures:
            parts = sum(self.figures.median(name) for name in ("receive by epoll.cpu", "store", "hash"))
            self.row("upload of 200 KB to a file with SHA-256, beside the sum of its parts",
                     self.figures.median("upload.cpu"), parts, 1.25, "µs")
        self.ratio("receiving it alone, beside plain evhttp", "receive.cpu", "receive by evhttp.cpu", 0.35, "µs")
        self.ratio("p99 of `/health` while `/metrics` is scraped without a pause, beside alone",
                   "scraped.p99", "alone.p99", 2, "µs")
        self.ratio("p99 of `/health` beside 1000 clients that send a head byte by byte, beside alone",
                   "beside slow.p99", "calm.p99", 2, "µs")
        self.ratio("memory of an idle connection, of 10,000, beside plain evhttp", "idle", "idle evhttp", 1.2, "B")
        self.limit("counter + histogram, one thread", "pair_ns_one_thread", 5, "ns")
        self.limit("counter + histogram, each of two threads", "pair_ns_two_threads", 8, "ns")
        self.limit("a scrape of 10,000 series (counters)", "scrape counters", 5, "ms")
        self.limit("RSS above idle during 100 parallel uploads of 50 MiB", "uploads", 64, "MiB")
        self.limit("allocations on the loop, `GET /health`", "allocations health", 0.01, "")
        self.limit("allocations on the loop, status of a cached job", "allocations status", 0.01, "")

    def ratio(self, what, name, beside, bar, unit):
        if name in self.figures and beside in self.figures:
            self.row(what, self.figures.median(name), self.figures.median(beside), bar, unit)

    def row(self, what, value, beside, bar, unit):
        ratio = value / beside
        texts = [f"{number(figure)} {unit}" for figure in (value, beside)]
        self.add(what, *texts, f"{ratio:.2f}", f"≤ {bar}", ratio <= bar)

    def limit(self, what, name, bar, unit):
        if name in self.figures:
            value = self.figures.median(name)
            self.add(what, f"{number(value)} {unit}", "", f"{number(value)} {unit}", f"≤ {bar} {unit}", value <= bar)

    def add(self, what, value, beside, ratio, bar, is_held):
        self.missed += not is_held
        cells = [cell.strip() for cell in (what, value, beside, ratio, bar, "yes" if is_held else "**no**")]
        self.lines.append("| " + " | ".join(cells) + " |")

    def server(self, name):
        load, server = {
            "health": ("`/health`", "idp-server"), "evhttp": ("`/health`", "plain evhttp"),
            "nginx": ("`/health`", "nginx `return 200`"), "epoll": ("`/health`", "epoll, the limit"),
            "lane off": ("`/health`", "idp-server, fast lane off"),
            "queued": ("queued route", "idp-server, fast lane off"),
            "calm": ("`/health`, 8 connections", "idp-server"),
            "beside slow": ("the same beside 1000 slow clients", "idp-server"),
            "tls": ("`/health`, TLS", "idp-server"), "nginx tls": ("`/health`, TLS", "nginx `return 200`"),
            "status": ("cached job's status", "idp-server"), "upload": ("200 KB to a file", "idp-server"),
            "receive": ("200 KB, received", "idp-server"), "receive by evhttp": ("200 KB, received", "plain evhttp"),
            "receive by epoll": ("200 KB, received", "epoll, 256 KiB reads"),
            "alone": ("`/health`, 8 connections", "idp-server"),
            "scraped": ("the same while scraped", "idp-server"),
        }[name]
        figure = lambda part: number(self.figures.median(f"{name}.{part}"))
        cells = [figure("cpu"), figure("rate"), figure("p50"), figure("p99"), figure("rss")]
        self.lines.append(f"| {load} | {server} | " + " | ".join(cells) + " |")

    def notes(self):
        figures = self.figures
        notes = []
        if "store" in figures:
            parts = {name: number(figures.median(key)) for name, key in (
                ("received", "receive by epoll.cpu"), ("created, written, removed", "store"), ("hashed", "hash"))}
            notes.append("Parts of an upload, each alone: " + ", ".join(f"{k} {v} µs" for k, v in parts.items()) + ".")
        for kind in ("counter", "histogram"):
            if f"scrape {kind}s" in figures:
                lines, size = figures.median(f"lines {kind}s"), figures.median(f"bytes {kind}s") / 1e6
                cost = number(figures.median(f"scrape {kind}s"))
                notes.append(
                    f"A scrape with 10,000 {kind}s of ours is {lines:,.0f} lines, {size:.1f} MB: {cost} ms of processor"
                    " time, sent over the socket.")
        if "queued.cpu" in figures:
            notes.append(
                "The queued route changes threads twice, has a context and an access line; plain evhttp answers on its"
                " loop.")
        if "tls.cpu" in figures:
            ratio = figures.median("tls.cpu") / figures.median("nginx tls.cpu")
            notes.append(
                f"`GET /health` over TLS, keep-alive: {number(figures.median('tls.cpu'))} µs, {ratio:.2f} of nginx"
                f" with the same certificate and cipher ({self.tls_facts}).")
            ratio = figures.median("tls.handshake") / figures.median("nginx tls.handshake")
            costs = [figures.median(name + ".handshake") for name in ("tls", "nginx tls")]
            rates = [figures.median(name + ".handshakes") for name in ("tls", "nginx tls")]
            notes.append(
                "A whole handshake with one request and the end of the connection:"
                f" {number(costs[0])} µs, {ratio:.2f} of nginx; {1e6 / costs[0]:,.0f} a second of one processor"
                f" ({1e6 / costs[1]:,.0f} of nginx), {rates[0]:,.0f} and {rates[1]:,.0f} a second to one client that"
                " opens one after the other.")
        if "counters_ms" in figures:
            parts = [
                f"{number(figures.median(kind + '_ms'))} ms for {figures.median(kind + '_lines'):,.0f} lines of {kind}"
                for kind in ("counters", "histograms")]
            notes.append(f"Rendering alone: {', '.join(parts)}.")
            notes.append(f"An access line: {number(figures.median('access_line_ns'))} ns.")
        if "idle.held" in figures:
            notes.append(f"Idle connections held: {figures.median('idle.held'):,.0f}.")
        return ["", "## Beside the bars", ""] + ["- " + note for note in notes] if notes else []


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--micro", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--results")
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []])
    options = parser.parse_args()
    if options.short:
        options.rounds, options.seconds = 1, 1
    options.seconds = int(options.seconds) if options.seconds == int(options.seconds) else options.seconds
    folder = tempfile.mkdtemp(prefix="idp-bench-")
    bench = Bench(options, folder)
    try:
        bench.run()
        report = Report(bench)
        text = report.text()
    finally:
        bench.servers.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(text)
    if options.results and not options.rows and not options.short:
        pathlib.Path(options.results).write_text(text)
    print(f"{report.missed} bars are missed" if report.missed else "every bar is held", file=sys.stderr)


if __name__ == "__main__":
    started = time.monotonic()
    try:
        main()
    except Failure as failure:
        sys.exit(f"error: {failure}")
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
