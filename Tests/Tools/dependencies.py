"""What the server depends on, each started as itself behind a proxy that is faulty on request."""

import collections
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time

from crash_server import ROOT

TOOLS = os.path.join(ROOT, "Tests", "Tools")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MODEL = {"key": "key-of-the-matrix", "model": "model-of-the-matrix"}

# Modes of the proxy with their settings. "error" is what each dependency has for it.
FAULTS = {
    "slow": ("delay", {"ms": 400, "jitter": 400}),
    "error": ("pass", {}),
    "reset": ("reset", {}),
    "blackhole": ("blackhole", {}),
    "trickle": ("trickle", {"rate": 20}),
    "wrong data": ("garble", {"every": 50}),
    "gone": ("refuse", {}),
}


class Tool:
    """A child that says in one line of JSON where it listens, and then more lines."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        first = self.process.stdout.readline()
        if not first:
            raise SystemExit(f"{command[1]} did not start")
        self.facts = json.loads(first)
        self.lines = collections.deque()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def ask(port, method, path, body=b""):
    """One request to a tool's own door; raises OSError where it fails."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise OSError(f"{method} {path}: {answer.status} {text[:200]}")
        return text
    finally:
        connection.close()


class Dependency:
    """One of them behind its proxy."""

    def __init__(self, target, *more):
        command = [sys.executable, TOOLS + "/fault_proxy.py", "--target", f"127.0.0.1:{target}", *more]
        self.proxy = Tool(command)
        self.port = self.proxy.facts["port"]

    def begin(self, fault):
        mode, settings = FAULTS[fault]
        if fault == "error":
            self.fail()
        if fault == "wrong data":
            settings = {**settings, "direction": self.wrong}
        form = "&".join([f"mode={mode}", *(f"{name}={value}" for name, value in settings.items())])
        ask(self.proxy.facts["control"], "POST", "/", form.encode())

    def end(self, fault):
        if fault == "error":
            self.heal()
        ask(self.proxy.facts["control"], "POST", "/", b"mode=pass")

    def connections(self):
        """How many the proxy has taken."""
        return json.loads(ask(self.proxy.facts["control"], "GET", "/"))["connections"]

    # Which way bytes are changed. TCP's checksum and TLS keep requests whole in earnest, and a store would write down
    # whatever well-formed nonsense it is told; what comes back is what a server has to judge.
    wrong = "down"

    def stop(self):
        self.proxy.stop()
        if hasattr(self, "tool"):
            self.tool.stop()


class Database(Dependency):
    """The PostgreSQL that scripts/with-postgres.sh has started."""

    name = "PostgreSQL"
    OTHERS = "FROM pg_stat_activity WHERE client_port > 0 AND pid <> pg_backend_pid()"

    def __init__(self):
        super().__init__(int(os.environ["PGPORT"]))
        self.settings = {
            "IDP_STORE": f"postgres://idp@127.0.0.1:{self.port}/postgres", "IDP_STORE_MIGRATE": "true",
            "IDP_NODE_LEASE": "10s"}

    @staticmethod
    def select(sql):
        """Rows, past the proxy."""
        # Its own role may be told to write nothing.
        environment = dict(os.environ, PGOPTIONS="-c default_transaction_read_only=off")
        answer = subprocess.run(
            ["psql", "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql], capture_output=True, text=True,
            check=True, env=environment)
        return answer.stdout.split("\n")[:-1]

    def fail(self):
        """As after a failover: whoever connects finds a copy that takes no writes."""
        self.set_read_only("on")

    def heal(self):
        self.set_read_only("off")

    def asked(self):
        """Transactions, as the database counts them; sessions tell theirs once a second at most."""
        time.sleep(2.5)
        return int(self.select("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")[0])

    def set_read_only(self, value):
        self.select(f"ALTER ROLE idp SET default_transaction_read_only = {value}")
        self.select(f"SELECT pg_terminate_backend(pid) {self.OTHERS}")

    def begin(self, fault):
        if fault == "gone":
            # A backend that dies by a signal takes all others with it: the database recovers from its log.
            backends = self.select(f"SELECT pid {self.OTHERS}")
            if backends:
                os.kill(int(backends[0]), signal.SIGKILL)
        super().begin(fault)
        if fault == "gone":
            self.wait()

    def wait(self):
        """Waits until the database takes connections."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.select("SELECT 1")
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


class Storage(Dependency):
    name = "S3"
    wrong = "both"

    def __init__(self):
        self.tool = Tool([sys.executable, TOOLS + "/s3_server.py"])
        facts = self.tool.facts
        super().__init__(facts["port"])
        self.bucket = facts["bucket"]
        self.settings = {
            "IDP_S3_ENDPOINT": f"http://127.0.0.1:{self.port}", "IDP_S3_REGION": facts["region"],
            "IDP_S3_ACCESS_KEY": facts["access_key"], "IDP_S3_SECRET_KEY": facts["secret_key"],
            "IDP_S3_BUCKETS": f"incoming,{self.bucket}", "IDP_ARTIFACTS": f"s3://{self.bucket}/runs"}

    def put(self, key, content):
        ask(self.tool.facts["control"], "PUT", f"/incoming/{key}", content)

    def keys(self):
        return json.loads(ask(self.tool.facts["control"], "GET", f"/{self.bucket}"))

    def asked(self):
        return int(ask(self.tool.facts["control"], "GET", "/"))

    def fail(self):
        ask(self.tool.facts["control"], "POST", "/fail?count=1000000000&status=503")

    def heal(self):
        ask(self.tool.facts["control"], "POST", "/fail?count=0&status=503")


class Kafka(Dependency):
    name = "Kafka"

    def __init__(self, program):
        self.tool = Tool([program, "requests:4", "requests.results:1", "requests.dlq:1"])
        super().__init__(int(self.tool.facts["brokers"].split(",")[0].rpartition(":")[2]), "--kafka")
        self.control = self.tool.facts["control"]
        self.settings = {
            "IDP_KAFKA_BROKERS": f"127.0.0.1:{self.port}", "IDP_KAFKA_TOPIC": "requests", "IDP_KAFKA_GROUP": "matrix"}

    def produce(self, event):
        ask(self.control, "POST", "/produce?topic=requests&partition=-1", json.dumps(event).encode())

    def records(self, topic):
        """What lies in a topic: an object each, its value decoded."""
        rows = [json.loads(line) for line in ask(self.control, "GET", f"/records?topic={topic}").splitlines()]
        return [json.loads(bytes.fromhex(row["value"])) for row in rows if row["value"]]

    # Requests are refused for want of a right: 0 takes results, 1 gives records, 8 takes offsets. 29 and 30 are
    # TOPIC_ and GROUP_AUTHORIZATION_FAILED, which no client may take for a passing trouble by itself.
    REFUSED = {0: 29, 1: 29, 8: 30}

    def fail(self):
        for api, code in self.REFUSED.items():
            ask(self.control, "POST", f"/fail?api={api}&code={code}&count=1000")

    def heal(self):
        for api, code in self.REFUSED.items():
            ask(self.control, "POST", f"/fail?api={api}&code={code}&count=0")


class Model(Dependency):
    name = "language model"
    wrong = "both"

    def __init__(self):
        self.tool = Tool([
            sys.executable, TOOLS + "/llm_server.py", "--key", MODEL["key"], "--model", MODEL["model"]])
        super().__init__(self.tool.facts["port"])
        self.heal()
        # Asked about whatever is not certain.
        self.settings = {
            "IDP_LLM_URL": f"http://127.0.0.1:{self.port}/v1", "IDP_LLM_MODEL": MODEL["model"],
            "IDP_LLM_API_KEY": MODEL["key"], "IDP_LLM_ASK_BELOW": "100", "IDP_LLM_TIMEOUT": "5s"}

    def fail(self):
        ask(self.tool.facts["control"], "POST", "/", b'{"fault": "status", "status": 500, "answers": {}}')

    def heal(self):
        # It knows nothing, in the right form.
        ask(self.tool.facts["control"], "POST", "/", b'{"obey": true, "answers": {}}')

    def asked(self):
        return len(json.loads(ask(self.tool.facts["control"], "GET", "/")))


class Receiver(Dependency):
    name = "callback receiver"
    wrong = "both"

    def __init__(self):
        self.tool = Tool([sys.executable, "-u", TOOLS + "/webhook_receiver.py", "--strict", SECRET])
        super().__init__(self.tool.facts["port"])
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self.settings = {
            "IDP_WEBHOOK_SECRET": SECRET, "IDP_CALLBACK_ALLOW": "127.0.0.1", "IDP_CALLBACK_TIMEOUT": "5s"}

    def told(self):
        """What it took: deliveries that it verified and answered with 204."""
        return [line for line in list(self.tool.lines) if line["answered"] == 204]

    def asked(self):
        return len(self.tool.lines)

    def fail(self):
        ask(self.tool.facts["port"], "PUT", "/-/plan", b'{"/hook": 500}')

    def heal(self):
        ask(self.tool.facts["port"], "PUT", "/-/plan", b'{"/hook": []}')


class Collector(Dependency):
    name = "OTLP collector"
    wrong = "both"

    def __init__(self):
        self.tool = Tool([sys.executable, TOOLS + "/otlp_receiver.py"])
        super().__init__(self.tool.facts["port"])
        self.settings = {
            "IDP_TRACING_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "OTEL_METRICS_EXPORTER": "otlp", "OTEL_METRIC_EXPORT_INTERVAL": "5000"}

    def spans(self):
        return sum("span" in line for line in list(self.tool.lines))

    def asked(self):
        return sum("export" in line or "refused" in line for line in list(self.tool.lines))

    def fail(self):
        ask(self.tool.facts["port"], "PUT", "/", b"503")

    def heal(self):
        ask(self.tool.facts["port"], "PUT", "/", b"200")
