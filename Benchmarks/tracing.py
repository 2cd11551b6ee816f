#!/usr/bin/env python3
"""Processor time of /health with tracing off, and on at a sampling rate of one in a hundred, in many short turns.

Probes are never traced, so an empty list of jobs is measured beside it: its requests are, and its spans are counted.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from load import Failure
from servers import Servers, free_cpu_note

BAR = 1.03
HERE = os.path.dirname(os.path.abspath(__file__))


def cost(server, path, seconds):
    """Processor time of one request, in microseconds."""
    before = server.cpu_seconds()
    output = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", server.url + path], capture_output=True,
        text=True).stdout
    spent = server.cpu_seconds() - before
    if "Non-2xx" in output or "requests in" not in output:
        raise Failure(output)
    words = output.split()
    return spent * 1e6 / int(words[words.index("requests") - 1])


def collector():
    """A receiver of spans, and its port."""
    process = subprocess.Popen(
        [os.path.join(HERE, "../.venv/bin/python"), os.path.join(HERE, "../Tests/Tools/otlp_receiver.py")],
        stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline().partition(":")[2].strip(" }\n"))


def spans(server):
    """How many the server has sent, by its own count."""
    output = subprocess.run(["curl", "-sf", server.url + "/metrics"], capture_output=True, text=True).stdout
    lines = [line for line in output.splitlines() if line.startswith("idp_trace_spans_exported_total")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def compare(off, on, path, options):
    """Lets the two take turns on a path; the median of a turn's ratio."""
    costs = {off: [], on: []}
    for turn in range(options.turns + 1):
        for server in (off, on) if turn % 2 else (on, off):
            spent = cost(server, path, options.seconds)
            # The first turn warms up.
            if turn:
                costs[server].append(spent)
    pairs = sorted(b / a for a, b in zip(costs[off], costs[on]))
    quarter = len(pairs) // 4
    print(f"{path}, {free_cpu_note()}, {options.turns} turns of {options.seconds} s: tracing off "
          f"{statistics.median(costs[off]):.2f} µs, on at 1 % {statistics.median(costs[on]):.2f} µs of processor time; "
          f"ratio of a turn {statistics.median(pairs):.3f} (middle half {pairs[quarter]:.3f} to "
          f"{pairs[-1 - quarter]:.3f})", flush=True)
    return statistics.median(pairs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=1, help="of each turn")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="bench-tracing-")
    servers = Servers(options.program, None, folder)
    receiver, port = collector()
    # What it prints is nobody's: a pipe that is full would stop it.
    drain = subprocess.Popen(["cat"], stdin=receiver.stdout, stdout=subprocess.DEVNULL)
    try:
        off = servers.keep("off", servers.fresh)
        on = servers.keep("on", lambda: servers.fresh(
            IDP_TRACING_ENABLED="true", OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
            OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0.01"))
        ratios = [compare(off, on, path, options) for path in ("/health", "/v1/jobs?limit=1")]
        time.sleep(1)
        sent = spans(on)
    finally:
        servers.stop()
        for process in (receiver, drain):
            process.terminate()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{sent:.0f} spans sent; bar of /health {BAR}")
    if not sent:
        raise SystemExit("no span was sent: nothing was measured")
    sys.exit(0 if ratios[0] <= BAR else 1)


main()
