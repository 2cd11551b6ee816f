#!/usr/bin/env python3
"""What reaches a dependency that is dead, beside what reaches it when it lives, under the same offered load.

    dead_dependency.py --program PATH [--seconds S] [--rate N] [--results FILE]

Needs a PostgreSQL in PGHOST, PGPORT (scripts/with-postgres.sh starts one) and psql. Counted is at the dependency, not
by the server: requests, each answered with an error at once; of PostgreSQL transactions, and connections tried while each
is reset. Fails where a dead one gets more than a fifth above what it gets alive. FILE gets a section of it.
"""
import argparse
import http.client
import shutil
import sys
import tempfile
import threading
import time

from crash_server import Document, Server, form
from dependencies import Collector, Database, Model, Receiver, Storage
from fault_report import put_section

BAR = 0.2


class Load:
    """Submissions at a steady rate, whatever comes of them."""

    def __init__(self, server, document, url, rate):
        self.server, self.document, self.url, self.rate = server, document, url, rate

    def run(self, seconds):
        """Offers for so long; how many were taken, and how many offered."""
        taken, threads, count = [], [], round(self.rate * seconds)
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(0, began + number / self.rate - time.monotonic()))
            threads.append(threading.Thread(target=self.submit, args=(taken,), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(60)
        return len(taken), count

    def submit(self, taken):
        fields, body = form(self.document.content, fio=self.document.fio, callback_url=self.url)
        client = self.server.client()
        try:
            if client.call("POST", "/v1/jobs", body, fields)[0] == 202:
                taken.append(1)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            client.close()


def settle(server, seconds=90):
    """Waits until everything has ended and been told."""
    client, deadline = server.client(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if not any(client.call("GET", path)[2][member] for path, member in (
                    ("/v1/jobs?status=accepted&limit=1", "jobs"), ("/v1/jobs?status=running&limit=1", "jobs"),
                    ("/v1/callbacks?status=pending&limit=1", "callbacks"))):
                return
        except (OSError, http.client.HTTPException, KeyError, TypeError):
            pass
        time.sleep(0.2)


def measure(dependencies, load, seconds):
    """Rows of the table, and whether the bar is held."""
    load.run(3)
    settle(load.server)
    before = [dependency.asked() for dependency in dependencies]
    load.run(seconds)
    settle(load.server)
    alive = [dependency.asked() - count for dependency, count in zip(dependencies, before)]
    rows, is_held = [], True
    for dependency, count in zip(dependencies, alive):
        # A database that resets who connects is asked nothing; its connections are what is left to count.
        is_database = isinstance(dependency, Database)
        fault, counter = ("reset", dependency.connections) if is_database else ("error", dependency.asked)
        known = counter()
        dependency.begin(fault)
        taken, offered = load.run(seconds)
        dead = counter() - known
        dependency.end(fault)
        time.sleep(5)
        settle(load.server)
        extra = dead / max(1, count) - 1
        is_held = is_held and extra <= BAR
        rows.append(
            f"| {dependency.name} | {count / seconds:.1f} | {dead / seconds:.1f} | {extra:+.0%} | "
            f"{taken} of {offered} | {'' if extra <= BAR else 'short'} |")
        print(rows[-1], flush=True)
    return rows, is_held


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--seconds", type=float, default=15, help="of each stretch")
    parser.add_argument("--rate", type=float, default=8, help="submissions a second")
    parser.add_argument("--results", help="file that gets a section of it")
    options = parser.parse_args()
    folder, document = tempfile.mkdtemp(prefix="dead-"), Document.all()[0]
    dependencies = [Database(), Storage(), Model(), Receiver(), Collector()]
    settings = {}
    for dependency in dependencies:
        settings.update(dependency.settings)
    # Spans and metrics are pushed often enough to be counted.
    often = {"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_METRIC_EXPORT_INTERVAL": "1000"}
    server = Server(options.program, folder, document.today, **{**settings, **often, "IDP_WORKERS": "2"})
    server.start()
    try:
        server.wait_until_ready()
        load = Load(server, document, dependencies[3].url, options.rate)
        rows, is_held = measure(dependencies, load, options.seconds)
    finally:
        server.kill()
        for dependency in dependencies:
            dependency.stop()
    text = "\n".join([
        f"The same {options.rate:g} submissions a second, the dependency alive and then answering each request with an",
        "error at once; counted at the dependency. PostgreSQL: transactions alive, connections tried while each is",
        "reset. The bar is a fifth more.", "",
        "| dependency | alive, a second | dead, a second | extra | jobs taken meanwhile | |",
        "| --- | ---: | ---: | ---: | ---: | --- |", *rows])
    if options.results:
        put_section(options.results, "What a dead dependency is asked", text)
    shutil.rmtree(folder)
    sys.exit(0 if is_held else 1)


main()
