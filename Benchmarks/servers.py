"""Starts and ends the servers that are measured."""

import mmap
import os
import platform
import resource
import socket
import struct
import subprocess
import time

from load import Failure, request

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def free_cpu_note():
    return f"{platform.system()} {platform.release()}, {os.cpu_count()} processors"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server; `pid` is the process that answers. With TLS, `authority` is the file that vouches for it."""

    def __init__(self, process, port, pid=None, authority=None):
        self.process = process
        self.port = port
        self.pid = pid or process.pid
        self.authority = authority
        self.url = f"{'https' if authority else 'http'}://127.0.0.1:{port}"
        self.counter = None

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_bytes(self):
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE

    def allocations(self):
        """Those of the event loop's thread."""
        for thread in sorted(os.listdir(f"/proc/{self.pid}/task"), key=int):
            with open(f"/proc/{self.pid}/task/{thread}/comm") as file:
                # The first of this name: threads that Dispatch has started since may carry it until they get theirs.
                if file.read().strip() == "http-loop-0":
                    return struct.unpack_from("q", self.counter, 8 * int(thread))[0]
        raise Failure("the server has no event loop")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Servers:
    def __init__(self, program, tools, folder):
        self.program, self.tools, self.folder = program, tools, folder
        self.kept = {}
        self.number = 0

    def stop(self):
        for server in self.kept.values():
            server.stop()

    def keep(self, name, start):
        if name not in self.kept:
            self.kept[name] = start()
        return self.kept[name]

    # --- which

    def ours(self):
        return self.keep("ours", self.fresh)

    def ours_with_tls(self):
        certificate, key = self.certificate()
        return self.keep("tls", lambda: self.fresh(authority=certificate, IDP_TLS_CERT=certificate, IDP_TLS_KEY=key))

    def nginx_with_tls(self):
        return self.keep("nginx tls", lambda: self.start_nginx(*self.certificate()))

    def certificate(self):
        """The paths of a certificate for 127.0.0.1 and its key, made for this run."""
        certificate, key = (os.path.join(self.folder, name) for name in ("certificate.pem", "key.pem"))
        if not os.path.exists(certificate):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
                 "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                 "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        return certificate, key

    def ours_through_evhttp(self):
        return self.keep("lane off", lambda: self.fresh(IDP_FAST_LANE="false"))

    def with_series(self, kind):
        def start():
            server = self.fresh(pinned=False)
            request(server, "POST", f"/-/series?kind={kind}")
            return server

        return self.keep(f"{kind}s", start)

    def counting(self, file):
        server = self.fresh(LD_PRELOAD=os.path.join(self.tools, "count_allocations.so"), ALLOCATIONS_FILE=file)
        with open(file, "rb") as counter:
            server.counter = mmap.mmap(counter.fileno(), 0, prot=mmap.PROT_READ)
        return server

    def evhttp(self):
        return self.keep("evhttp", self.fresh_evhttp)

    def epoll(self):
        return self.keep("epoll", lambda: self.tool("epoll_limit"))

    def nginx(self):
        return self.keep("nginx", self.start_nginx)

    # --- how

    def fresh(self, pinned=True, authority=None, **settings):
        """Our server in a folder of its own, ready."""
        self.number += 1
        runs = os.path.join(self.folder, f"runs-{self.number}")
        log = os.path.join(self.folder, f"server-{self.number}.log")
        environment = dict(
            os.environ, IDP_PORT="0", IDP_LOOPS="1", IDP_PROBE="true", IDP_MAX_CONNECTIONS="12000", IDP_RUNS_DIR=runs,
            IDP_STORE=f"sqlite:{runs}.sqlite", **settings)
        with open(log, "wb") as output:
            process = subprocess.Popen(
                (["taskset", "-c", "0"] if pinned else []) + [self.program, "serve"], env=environment, stdout=output,
                stderr=subprocess.STDOUT, preexec_fn=raise_descriptor_limit)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            with open(log, "rb") as lines:
                listening = [line for line in lines if b'"message":"listening"' in line]
            if listening:
                port = listening[0].partition(b'"port":')[2].strip(b'"').split(b",")[0].split(b"}")[0].strip(b'"')
                server = Server(process, int(port), authority=authority)
                self.wait_until_ready(server, "/ready", deadline)
                return server
            time.sleep(0.05)
        process.kill()
        with open(log, errors="replace") as lines:
            raise Failure("the server did not start: " + lines.read()[-2000:])

    def fresh_evhttp(self):
        return self.tool("evhttp_plain")

    def tool(self, name):
        port = free_port()
        process = subprocess.Popen(
            ["taskset", "-c", "0", os.path.join(self.tools, name), str(port)], preexec_fn=raise_descriptor_limit)
        server = Server(process, port)
        self.wait_until_ready(server, "/health", time.monotonic() + 10)
        return server

    def start_nginx(self, certificate=None, key=None):
        port = free_port()
        folder = os.path.join(self.folder, "nginx-tls" if certificate else "nginx")
        os.makedirs(folder)
        settings = "ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache off;"
        settings += f" ssl_certificate {certificate}; ssl_certificate_key {key};"
        with open(os.path.join(os.path.dirname(__file__), "nginx.conf.in")) as template:
            text = template.read().replace("@PORT@", str(port)).replace("@FOLDER@", folder)
            text = text.replace("@SSL@", "ssl" if certificate else "")
            text = text.replace("@SSL_SETTINGS@", settings if certificate else "")
        file = os.path.join(folder, "nginx.conf")
        with open(file, "w") as output:
            output.write(text)
        process = subprocess.Popen(
            ["taskset", "-c", "0", "nginx", "-c", file], stderr=subprocess.DEVNULL, preexec_fn=raise_descriptor_limit)
        server = Server(process, port, authority=certificate)
        self.wait_until_ready(server, "/health", time.monotonic() + 10)
        children = f"/proc/{process.pid}/task/{process.pid}/children"
        with open(children) as file:
            server.pid = int(file.read().split()[0])
        return server

    @staticmethod
    def wait_until_ready(server, path, deadline):
        while True:
            try:
                request(server, "GET", path)
                return
            except (OSError, Failure):
                if time.monotonic() > deadline or server.process.poll() is not None:
                    server.stop()
                    raise
                time.sleep(0.05)


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
