#!/usr/bin/env python3
"""Parses an exposition with prometheus_client, the reference parser, and prints the families that it found as JSON.

  python3 parse_metrics.py text|openmetrics < exposition

Exits with 1 and the parser's words when the exposition is not well formed.
"""
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

parse = {"text": parse_text, "openmetrics": parse_openmetrics}[sys.argv[1]]
exposition = sys.stdin.buffer.read().decode("utf-8")
try:
    families = list(parse(exposition))
except ValueError as failure:
    sys.exit(f"not well formed: {failure}")
print(
    json.dumps(
        [
            {
                "name": family.name,
                "type": family.type,
                "help": family.documentation,
                "samples": [
                    {
                        "name": sample.name,
                        "labels": sample.labels,
                        "value": repr(sample.value),
                        "exemplar": sample.exemplar.labels if sample.exemplar else None,
                    }
                    for sample in family.samples
                ],
            }
            for family in families
        ]
    )
)
