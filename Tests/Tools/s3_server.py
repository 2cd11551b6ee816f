#!/usr/bin/env python3
"""An S3 server that checks signatures: moto, with a user of its own and a bucket.

Listens on 127.0.0.1, on the port given as first argument or one that is free, and prints
{"port": N, "bucket": ..., "access_key": ..., "secret_key": ..., "region": ...}. Requests that are not signed with that
key are refused as S3 refuses them. The key is the one named by the second and third argument where they are given, so
that a server can come back with what its clients know.
"""
import json
import os
import socket
import sys

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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_user():
    """A user that may do everything to S3."""
    users = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    users.create_user(REGION, "idp")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    users.put_user_policy("idp", "everything", json.dumps(everything))
    return users.create_access_key("idp")


def main():
    arguments = sys.argv[1:]
    port = int(arguments[0]) if arguments else free_port()
    key = make_user()
    if len(arguments) > 2:
        key.access_key_id, key.secret_access_key = arguments[1:3]
        key.access_key, key.secret_key = arguments[1:3]
    for bucket in (BUCKET, "incoming", "forbidden"):
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(bucket, REGION)
    server = make_server("127.0.0.1", port, DomainDispatcherApplication(create_backend_app), threaded=True)
    print(
        json.dumps(
            {
                "port": port,
                "bucket": BUCKET,
                "access_key": key.access_key_id,
                "secret_key": key.secret_access_key,
                "region": REGION,
            }
        ),
        flush=True,
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
