#!/usr/bin/env python3
"""A TCP proxy on 127.0.0.1 that is faulty on request: it stands between the server and anything that it depends on.

    fault_proxy.py --target HOST:PORT [--target-unix PATH] [--listen PORT] [--mode MODE] [--set NAME=VALUE]...
                   [--kafka]

Prints {"port": N, "control": N} first. The control port speaks HTTP: `GET /` gives mode, settings and counts; `POST /`
with a form (`mode=delay&ms=300`) sets the mode; what is not named falls back to its default. Ends with SIGTERM.

Modes. A new mode holds for open connections and for new ones.
  pass       everything goes through
  delay      each piece waits `ms` (and up to `jitter` more) before it goes on
  trickle    `rate` bytes a second
  blackhole  connections are accepted and nothing goes on, neither bytes nor ends
  cut        connections end in good order (FIN), new ones as soon as they are made
  reset      connections end with RST, new ones as soon as they are made
  refuse     open connections are reset and the port is closed: who connects is refused, as if the host were there and
             the program gone
  garble     every `every`-th byte is changed
Settings: `direction` (up: to the target, down: from it, both) for delay, trickle, blackhole and garble; `after`: each
connection passes so many bytes (both directions together) before the fault begins; `chance` (0 to 1): the part of
connections that are at fault, drawn with `seed` (printed with the counts).
With `--kafka` brokers that tell clients their own address (the target's) tell the proxy's instead.
"""
import argparse
import asyncio
import json
import random
import signal
import socket
import struct
import time
import urllib.parse

MODES = ("pass", "delay", "trickle", "blackhole", "cut", "reset", "refuse", "garble")
DEFAULTS = {
    "mode": "pass", "direction": "both", "after": 0, "ms": 0.0, "jitter": 0.0, "rate": 1000.0, "every": 100,
    "chance": 1.0}
PIECE = 65536


class Connection:
    """Two streams, and what has passed between them."""

    def __init__(self, proxy, reader, writer):
        self.proxy, self.reader, self.writer = proxy, reader, writer
        self.up = None
        self.passed = 0
        self.luck = proxy.random.random()
        self.tasks = []

    def fault(self, direction=None):
        """The mode that holds for this connection now."""
        settings = self.proxy.settings
        if self.passed < settings["after"] or self.luck >= settings["chance"]:
            return "pass"
        if direction and settings["direction"] not in ("both", direction):
            return "pass"
        return settings["mode"]

    async def run(self):
        if self.fault() in ("cut", "reset"):
            return self.end(self.fault() == "reset")
        # A black hole knows nobody behind it.
        while self.fault() == "blackhole":
            await self.proxy.changed()
            if self.fault() in ("cut", "reset"):
                return self.end(self.fault() == "reset")
        try:
            down, self.up = await self.proxy.connect()
        except OSError:
            self.proxy.counts["unreachable"] += 1
            return self.end(True)
        self.tasks = [
            asyncio.create_task(self.pump(self.reader, self.up, "up")),
            asyncio.create_task(self.pump(down, self.writer, "down"))]
        await asyncio.wait(self.tasks)
        self.end(False)

    async def pump(self, source, sink, direction):
        try:
            while True:
                data = await source.read(PIECE)
                if not await self.forward(data, sink, direction):
                    return
        except (ConnectionError, OSError):
            self.end(True)
        except asyncio.CancelledError:
            pass

    async def forward(self, data, sink, direction):
        """Passes a piece on, as the mode says; false at the end."""
        settings = self.proxy.settings
        if direction == "down":
            data = self.proxy.readdressed(data)
        while self.fault(direction) == "blackhole":
            await self.proxy.changed()
        if not data:
            if sink.can_write_eof():
                sink.write_eof()
            return False
        room = settings["after"] - self.passed
        if settings["mode"] != "pass" and 0 < room < len(data):
            await self.write(data[:room], sink, direction)
            return await self.forward(data[room:], sink, direction)
        mode = self.fault(direction)
        if mode == "delay":
            await asyncio.sleep((settings["ms"] + self.proxy.random.random() * settings["jitter"]) / 1000)
        elif mode == "garble":
            changed = bytearray(data)
            for index in range(0, len(changed), max(1, int(settings["every"]))):
                changed[index] ^= 0x55
            data = bytes(changed)
        elif mode in ("cut", "reset"):
            self.end(mode == "reset")
            return False
        if mode == "trickle":
            return await self.trickle(data, sink, direction)
        await self.write(data, sink, direction)
        return True

    async def trickle(self, data, sink, direction):
        for index in range(len(data)):
            if self.fault(direction) != "trickle":
                return await self.forward(data[index:], sink, direction)
            await self.write(data[index:index + 1], sink, direction)
            await asyncio.sleep(1 / max(0.001, self.proxy.settings["rate"]))
        return True

    async def write(self, data, sink, direction):
        self.passed += len(data)
        self.proxy.counts["bytes_" + direction] += len(data)
        sink.write(data)
        await sink.drain()

    def end(self, is_reset):
        for task in self.tasks:
            if task is not asyncio.current_task():
                task.cancel()
        for writer in (self.writer, self.up):
            if writer is None or writer.is_closing():
                continue
            if is_reset:
                # Linger of zero: close(2) sends RST.
                own = writer.get_extra_info("socket")
                if own.family != socket.AF_UNIX:
                    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


class Proxy:
    def __init__(self, arguments):
        self.arguments = arguments
        self.settings = dict(DEFAULTS)
        self.random = random.Random(arguments.seed)
        self.counts = dict.fromkeys(("connections", "unreachable", "bytes_up", "bytes_down"), 0)
        self.connections = set()
        self.port, self.server = arguments.listen, None
        self.waiting = []

    def readdressed(self, data):
        """What a Kafka broker says, with the proxy's port where it names its own: text of a host, four bytes of a port.

        A piece that ends within an address is not seen; answers of so few bytes come in one."""
        if not self.arguments.kafka:
            return data
        host, _, port = self.arguments.target.rpartition(":")
        return data.replace(
            host.encode() + int(port).to_bytes(4, "big"), host.encode() + self.port.to_bytes(4, "big"))

    async def connect(self):
        if self.arguments.target_unix:
            return await asyncio.open_unix_connection(self.arguments.target_unix)
        host, _, port = self.arguments.target.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def open(self):
        if self.server is None:
            self.server = await asyncio.start_server(self.accept, "127.0.0.1", self.port)
            self.port = self.server.sockets[0].getsockname()[1]

    async def accept(self, reader, writer):
        self.counts["connections"] += 1
        connection = Connection(self, reader, writer)
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)

    async def changed(self):
        """Waits for another mode."""
        waiter = asyncio.get_running_loop().create_future()
        self.waiting.append(waiter)
        await waiter

    async def change(self, values):
        settings = dict(DEFAULTS)
        for name, value in values.items():
            if name not in DEFAULTS:
                raise ValueError(f"no setting {name}; there are {', '.join(DEFAULTS)}")
            settings[name] = type(DEFAULTS[name])(value)
        if settings["mode"] not in MODES:
            raise ValueError(f"no mode {settings['mode']}; there are {', '.join(MODES)}")
        self.settings = settings
        mode = settings["mode"]
        if mode == "refuse" and self.server is not None:
            self.server.close()
            self.server = None
        if mode != "refuse":
            await self.open()
        if mode in ("cut", "reset", "refuse"):
            for connection in list(self.connections):
                if mode == "refuse" or connection.fault() == mode:
                    connection.end(mode != "cut")
        for waiter in self.waiting:
            if not waiter.done():
                waiter.set_result(None)
        self.waiting = []

    async def control(self, reader, writer):
        """One HTTP request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method = head.split(" ", 1)[0]
            length = 0
            for line in head.split("\r\n"):
                name, _, value = line.partition(":")
                if name.lower() == "content-length":
                    length = int(value)
            status, answer = "200 OK", None
            if method == "POST":
                form = urllib.parse.parse_qsl((await reader.readexactly(length)).decode(), keep_blank_values=True)
                try:
                    await self.change(dict(form))
                except ValueError as error:
                    status, answer = "400 Bad Request", {"error": str(error)}
            body = json.dumps(answer or {
                **self.settings, **self.counts, "open": len(self.connections), "seed": self.arguments.seed}).encode()
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n".encode() + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", help="HOST:PORT")
    parser.add_argument("--target-unix", help="path of a Unix-domain socket instead")
    parser.add_argument("--kafka", action="store_true", help="the target is a Kafka broker")
    parser.add_argument("--listen", type=int, default=0, help="port; 0 takes a free one")
    parser.add_argument("--control", type=int, default=0, help="port of the control; 0 takes a free one")
    parser.add_argument("--mode", default="pass")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--seed", type=int, default=time.time_ns() & 0xFFFFFFFF)
    arguments = parser.parse_args()
    if not arguments.target and not arguments.target_unix:
        parser.error("--target or --target-unix is needed")
    proxy = Proxy(arguments)
    await proxy.open()
    control = await asyncio.start_server(proxy.control, "127.0.0.1", arguments.control)
    settings = dict(item.split("=", 1) for item in arguments.set)
    await proxy.change({"mode": arguments.mode, **settings})
    print(json.dumps({"port": proxy.port, "control": control.sockets[0].getsockname()[1]}), flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
