#!/usr/bin/env python3
"""What a durable submission costs on PostgreSQL: transactions as the database counts them, and our processor time.

Needs a PostgreSQL at IDP_STORE and psql; scripts/bench-postgres.sh starts one.
"""
import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from load import request
from servers import Server, Servers, free_cpu_note, free_port, raise_descriptor_limit
from store import DOCUMENT, StoreServer, wrk


class PostgresServer(StoreServer):
    def __init__(self, program, folder):
        port = free_port()
        environment = dict(
            os.environ, IDP_PORT=str(port), IDP_LOOPS="1", IDP_WORKERS="1", IDP_RUNS_DIR=folder + "/runs",
            IDP_QUEUE_LIMIT="10000000", IDP_LOG_LEVEL="WARNING")
        began = time.monotonic()
        with open(folder + "/server.log", "ab") as log:
            process = subprocess.Popen(
                [program, "serve"], env=environment, stdout=log, stderr=log, preexec_fn=raise_descriptor_limit)
        Server.__init__(self, process, port)
        Servers.wait_until_ready(self, "/ready", began + 120)


def transactions():
    # A session tells the server's counters once a second at most.
    time.sleep(2.5)
    sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    return int(subprocess.run(
        ["psql", "--no-psqlrc", "-At", "-c", sql, os.environ["IDP_STORE"]], capture_output=True, text=True,
        check=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--results")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="bench-postgres-")
    with open(DOCUMENT, "rb") as file:
        document = file.read()
    shares, costs, rates = [], [], []
    try:
        with PostgresServer(options.program, folder) as server:
            request(server, "POST", "/v1/jobs", {"fio": "Applicant Name"}, document)
            for _ in range(options.rounds):
                before = transactions()
                server.signal_workers(signal.SIGSTOP)
                count, rate, spent = wrk(server, "/v1/jobs", "form.lua", options.seconds, DOCUMENT=DOCUMENT)
                server.signal_workers(signal.SIGCONT)
                shares.append((transactions() - before) / count)
                costs.append(spent * 1e6 / count)
                rates.append(rate)
            server.process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    share, cost = statistics.median(shares), statistics.median(costs)
    rows = [
        f"| transactions of one submission among 64 clients | {share:.3f} | ≤ 0.2 | "
        f"{'' if share <= 0.2 else 'short'} |",
        f"| processor time of one, all threads of the server | {cost:.0f} µs | ≤ 300 µs | "
        f"{'' if cost <= 300 else 'short'} |",
        f"| submissions a second | {statistics.median(rates):.0f} | | |"]
    text = "\n".join([
        "# Job store on PostgreSQL", "",
        f"`scripts/bench-postgres.sh`: {free_cpu_note()}; PostgreSQL and wrk on the same machine; a document of "
        f"{len(document):,} bytes; medians of {options.rounds} rounds of {options.seconds} s.", "",
        "| what | measured | bar | |", "| --- | --- | --- | --- |", *rows, ""])
    print(text)
    if options.results:
        with open(options.results, "w", encoding="utf-8") as file:
            file.write(text)
    sys.exit(0 if share <= 0.2 and cost <= 300 else 1)


main()
