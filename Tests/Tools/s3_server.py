#!/usr/bin/env python3
"""An S3 server that checks signatures: moto, with a user of its own and three buckets.

Listens on a port of 127.0.0.1 that is free and prints
{"port": N, "control": N, "bucket": ..., "access_key": ..., "secret_key": ..., "region": ...}. Requests that are not
signed with that key are refused as S3 refuses them.

The control port is the tests' door behind it: `GET /` counts requests, `GET /BUCKET` lists keys, `GET`, `PUT` and
`DELETE /BUCKET/KEY` read, write and remove objects, `POST /fail?count=N&status=S` has S3 answer
the next N requests with an error.
"""
import hashlib
import http.server
import json
import os
import threading
import urllib.parse

BUCKET = "papers"
REGION = "eu-central-1"
# Nothing of this reads or asks anything outside: no profile, no metadata service.
os.environ.update(
    {
        "AWS_ACCESS_KEY_ID": "setup",
        "AWS_SECRET_ACCESS_KEY": "setup",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        # From the start on every action needs a right.
        "INITIAL_NO_AUTH_ACTION_COUNT": "0",
    }
)

from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402
from moto.s3.models import s3_backends  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402


def store():
    """Moto's own memory of S3."""
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


class Failing:
    """The application, unless it is told to fail."""

    def __init__(self, application):
        self.application, self.count, self.status, self.requests = application, 0, 503, 0

    def __call__(self, environ, start):
        self.requests += 1
        if self.count <= 0:
            return self.application(environ, start)
        self.count -= 1
        body = b"<Error><Code>SlowDown</Code></Error>"
        start(f"{self.status} Told", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]


def control(failing):
    """The tests' door."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self, status, body=b""):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def place(self):
            path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
            bucket, _, key = path[1:].partition("/")
            return bucket, key

        def body(self):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def do_GET(self):
            bucket, key = self.place()
            if not bucket:
                return self.answer(200, str(failing.requests).encode())
            if not key:
                return self.answer(200, json.dumps(sorted(store().get_bucket(bucket).keys.keys())).encode())
            found = store().get_object(bucket, key)
            return self.answer(200, found.value) if found else self.answer(404)

        def do_PUT(self):
            bucket, key = self.place()
            body = self.body()
            # As a careful producer does: whoever gets it can tell that it is whole.
            digest = hashlib.sha256(body).hexdigest()
            store().put_object(bucket, key, body).set_metadata({"x-amz-meta-sha256": digest})
            self.answer(200)

        def do_DELETE(self):
            bucket, key = self.place()
            store().delete_object(bucket, key)
            self.answer(200)

        def do_POST(self):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            self.body()
            failing.status = int(query["status"][0])
            failing.count = int(query["count"][0])
            self.answer(200)

        def log_message(self, *_):
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def make_user():
    """A user that may do everything to S3."""
    users = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    users.create_user(REGION, "idp")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    users.put_user_policy("idp", "everything", json.dumps(everything))
    return users.create_access_key("idp")


def main():
    key = make_user()
    for bucket in (BUCKET, "incoming", "forbidden"):
        store().create_bucket(bucket, REGION)
    failing = Failing(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, failing, threaded=True)
    door = control(failing)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    facts = {
        "port": server.server_port,
        "control": door.server_address[1],
        "bucket": BUCKET,
        "access_key": key.access_key_id,
        "secret_key": key.secret_access_key,
        "region": REGION,
    }
    print(json.dumps(facts), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
