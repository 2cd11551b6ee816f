#!/usr/bin/env python3
"""Sends every document of a generated corpus through a running server and writes what it said, one JSON line each.

  python3 submit_corpus.py --url http://127.0.0.1:8000 --corpus DIR --out predictions.jsonl [--parallel 2]

The predictor is given what an applicant gives: the file, and the submitted name. The verdict and its reasons are the
answer to POST /v1/process; the fields come from GET /v1/jobs/{run_id}/result.
"""
import argparse
import concurrent.futures
import json
import os
import sys
import time

import requests


def value(result, field):
    """The extracted field's value; null when nothing was found."""
    found = result.get("extracted", {}).get(field)
    return found.get("value") if isinstance(found, dict) else found


def name_text(name):
    """A name as one string, however the server writes it."""
    if isinstance(name, dict):
        parts = [name.get(key) for key in ("surname", "given", "patronymic")]
        return " ".join(part for part in parts if part) or None
    return name


def type_text(kind):
    """A type's key or name."""
    return kind.get("key") or kind.get("name") if isinstance(kind, dict) else kind


def judge(url, corpus, row):
    """One prediction in the scorer's shape, with the time it took."""
    path = os.path.join(corpus, row["file"])
    started = time.monotonic()
    with open(path, "rb") as document:
        answer = requests.post(
            f"{url}/v1/process",
            files={"file": (os.path.basename(path), document)},
            data={"fio": row["fio_submitted"]},
            timeout=180,
        )
    seconds = time.monotonic() - started
    prediction = {"file": row["file"], "status": answer.status_code, "seconds": round(seconds, 3)}
    if answer.status_code != 200:
        code = answer.json().get("detail", {}).get("code")
        print(f"{row['file']}: {answer.status_code} {code}", file=sys.stderr)
        return {**prediction, "verdict": False, "errors": [code]}
    body = answer.json()
    result = requests.get(f"{url}/v1/jobs/{body['run_id']}/result", timeout=30).json()
    single = value(result, "single_doc_type")
    return {
        **prediction,
        "verdict": body["verdict"],
        "needs_review": result.get("needs_review"),
        "confidence": {
            field: (found or {}).get("confidence") for field, found in (result.get("extracted") or {}).items()
        },
        "errors": body["errors"],
        "doc_type": type_text(value(result, "doc_type")),
        "single": True if single is None else single,
        "fio": name_text(value(result, "fio")),
        "doc_date": value(result, "doc_date"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--parallel", type=int, default=2)
    options = parser.parse_args()
    with open(os.path.join(options.corpus, "truth.jsonl"), encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
        predictions = list(pool.map(lambda row: judge(options.url, options.corpus, row), rows))
    with open(options.out, "w", encoding="utf-8") as file:
        for prediction in predictions:
            file.write(json.dumps(prediction, ensure_ascii=False) + "\n")
    seconds = sorted(prediction["seconds"] for prediction in predictions)
    print(f"seconds per document: p50 {seconds[len(seconds) // 2]}, p90 {seconds[len(seconds) * 9 // 10]}, max {seconds[-1]}")


if __name__ == "__main__":
    main()
