#!/usr/bin/env python3
"""Submits a document as a job, waits for its end, prints the verdict with its reasons.

  python3 judge.py FILE FIO [URL]
"""
import sys
import time
import uuid

import requests

FINAL = {"completed", "failed", "cancelled"}


class Refused(Exception):
    """The server would not take the document; the message is its own."""


def judge(path, fio, url="http://127.0.0.1:8000", patience=300):
    """The final status document of the run: `verdict` and `errors` in it."""
    session = requests.Session()
    end = time.monotonic() + patience
    # The same key goes out with every try: a repeat of a submission that came through starts nothing anew.
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    while True:
        try:
            with open(path, "rb") as file:
                answer = session.post(
                    f"{url}/v1/jobs", headers=headers, timeout=60, data={"fio": fio}, files={"file": ("paper", file)})
        except requests.ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(1)
            continue
        if answer.status_code == 202:
            break
        detail = answer.json()["detail"]
        if not detail["retryable"] or time.monotonic() > end:
            raise Refused(f"{detail['code']}: {detail['message']}")
        time.sleep(float(answer.headers.get("Retry-After", 1)))
    run = answer.json()["run_id"]
    while time.monotonic() < end:
        # Answers as soon as the state changes, at the latest after 30 seconds.
        status = session.get(f"{url}/v1/jobs/{run}", params={"wait": 30}, timeout=60)
        status.raise_for_status()
        if status.json()["status"] in FINAL:
            return status.json()
    raise TimeoutError(f"run {run} has not ended within {patience} s; it goes on")


def main():
    try:
        result = judge(*sys.argv[1:4])
    except (Refused, TimeoutError, requests.RequestException) as failure:
        print(failure, file=sys.stderr)
        return 2
    if result["status"] != "completed":
        print(result["status"], *(result["errors"] or []), file=sys.stderr)
        return 2
    print(result["run_id"], "verdict", result["verdict"], *result["errors"])
    return 0 if result["verdict"] else 1


if __name__ == "__main__":
    sys.exit(main())
