#!/usr/bin/env python3
"""Uploads a document with Python's requests, as integrators do, and prints the answer as JSON.

  python3 upload_with_requests.py URL FILE FIO [NAME_TO_SEND]
"""
import json
import os
import sys

import requests

url, path, fio = sys.argv[1:4]
name = sys.argv[4] if len(sys.argv) > 4 else os.path.basename(path)
with open(path, "rb") as document:
    answer = requests.post(url, files={"file": (name, document)}, data={"fio": fio}, timeout=120)
print(json.dumps({"status": answer.status_code, "body": answer.json(), "headers": dict(answer.headers)}))
