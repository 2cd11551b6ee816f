"""Drives POST /v1/process of a running server to its peak and then with ten times as much, and prints what came of it.

    overload.py URL DOCUMENT FIO [--seconds N] [--factor N] [--clients N]

The peak is measured with a few clients that each wait for their answer; the overload arrives at its own rate and waits
for nobody. /health is asked all the while. Ratios only mean something within one run.
"""

import argparse
import asyncio
import time
import urllib.parse
import uuid


def form(document, fio):
    boundary = uuid.uuid4().hex
    with open(document, "rb") as file:
        content = file.read()
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="fio"\r\n\r\n{fio}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="document"\r\n\r\n'
    ).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    head = (
        "POST /v1/process HTTP/1.1\r\nHost: bench\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Pool:
    """Kept connections, as many as are needed at a time."""

    def __init__(self, host, port):
        self.address = (host, port)
        self.idle = []

    async def send(self, request):
        """Status, seconds, and the value of Retry-After or None. Connections are made before the clock starts."""
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection(*self.address)
        began = time.perf_counter()
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(
                line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line
            )
            await reader.readexactly(int(fields.get(b"content-length", 0)))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
            return 0, time.perf_counter() - began, None
        seconds = time.perf_counter() - began
        if fields.get(b"connection") == b"close":
            writer.close()
        else:
            self.idle.append((reader, writer))
        return int(head.split(b" ", 2)[1]), seconds, fields.get(b"retry-after")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


async def ask_health(pool, until, seconds):
    request = b"GET /health HTTP/1.1\r\nHost: bench\r\n\r\n"
    while time.perf_counter() < until:
        seconds.append((await pool.send(request))[1])
        await asyncio.sleep(0.01)


async def peak(pool, request, clients, duration):
    done = 0
    until = time.perf_counter() + duration

    async def client():
        nonlocal done
        while time.perf_counter() < until:
            status, _, _ = await pool.send(request)
            if status == 200 and time.perf_counter() < until:
                done += 1

    await asyncio.gather(*(client() for _ in range(clients)))
    return done / duration


async def overload(pool, request, rate, duration):
    results, health, tasks = [], [], []
    begin = time.perf_counter()
    until = begin + duration

    async def one():
        result = await pool.send(request)
        results.append((*result, time.perf_counter()))

    watcher = asyncio.create_task(ask_health(pool, until, health))
    count = 0
    while time.perf_counter() < until:
        # What is due by now goes out together: the timer is coarser than the rate.
        while count < (time.perf_counter() - begin) * rate:
            tasks.append(asyncio.create_task(one()))
            count += 1
        await asyncio.sleep(0.002)
    await watcher
    await asyncio.gather(*tasks)
    return results, health, until, count


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("document")
    parser.add_argument("fio")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--factor", type=float, default=10)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    url = urllib.parse.urlsplit(options.url)
    pool = Pool(url.hostname, url.port)
    request = form(options.document, options.fio)

    await peak(pool, request, options.clients, 2)
    best = await peak(pool, request, options.clients, options.seconds)
    results, health, until, sent = await overload(pool, request, best * options.factor, options.seconds)
    good = sum(1 for status, _, _, at in results if status == 200 and at <= until) / options.seconds
    refused = [seconds for status, seconds, _, _ in results if status in (429, 503)]
    told = [after for status, _, after, _ in results if status in (429, 503)]
    others = sorted({status for status, _, _, _ in results} - {200, 429, 503})
    answered = [seconds for status, seconds, _, _ in results if status == 200]

    print("| what | value |\n| --- | ---: |")
    print(f"| peak, {options.clients} clients that wait | {best:.1f}/s |")
    print(f"| sent, {options.factor:g} times that | {sent / options.seconds:.0f}/s |")
    print(f"| judged meanwhile | {good:.1f}/s |")
    print(f"| **goodput of the peak** | **{good / best:.2f}** |")
    print(f"| refused with 429 or 503 | {len(refused)} |")
    print(f"| of those with Retry-After | {sum(1 for after in told if after)} |")
    print(f"| p99 of a refusal | {percentile(refused, 0.99) * 1000:.1f} ms |")
    print(f"| p99 of /health at the same time | {percentile(health, 0.99) * 1000:.1f} ms |")
    print(f"| **p99 of a refusal to that of /health** | **{percentile(refused, 0.99) / percentile(health, 0.99):.1f}** |")
    print(f"| p50, p99 of a verdict | {percentile(answered, 0.5):.2f} s, {percentile(answered, 0.99):.2f} s |")
    print(f"| other statuses (0: no answer) | {', '.join(map(str, others)) or 'none'} |")


asyncio.run(main())
