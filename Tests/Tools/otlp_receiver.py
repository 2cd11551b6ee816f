#!/usr/bin/env python3
"""A receiver of OTLP over HTTP: decodes each export with the published protocol buffers, prints spans and metrics.

Listens on a port of 127.0.0.1 that the system picks and prints {"port": N} first; then, for each export,
{"export": N, "content_type": ..., "encoding": ..., "service": ...} and one JSON line for each span or metric. After a
`PUT` of a status like 503 it takes nothing, answers with that and prints {"refused": 503}, until a `PUT` of 200.
"""
import gzip
import http.server
import json
import sys
import threading

from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

exports = 0
told = 200
writing = threading.Lock()


def plain(value):
    """An AnyValue as the JSON value that it holds."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def write(line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


def report_export(resource, headers):
    """Prints whose export it is."""
    global exports
    exports += 1
    attributes = {item.key: plain(item.value) for item in resource.attributes}
    write(
        {
            "export": exports,
            "content_type": headers.get("Content-Type"),
            "encoding": headers.get("Content-Encoding"),
            "service": attributes.get("service.name"),
        }
    )


def point(value, kind):
    """A data point: its number, or a histogram's count, sum, buckets and traces of exemplars."""
    line = {"labels": {item.key: plain(item.value) for item in value.attributes}}
    if kind != "histogram":
        return line | {"value": value.as_double}
    return line | {
        "count": value.count, "sum": value.sum, "buckets": list(value.bucket_counts),
        "bounds": list(value.explicit_bounds), "traces": [item.trace_id.hex() for item in value.exemplars]}


def report_metrics(request, headers):
    """Prints what an export of metrics holds."""
    with writing:
        for resource in request.resource_metrics:
            report_export(resource.resource, headers)
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    kind = metric.WhichOneof("data")
                    data = getattr(metric, kind)
                    is_sum = kind in ("sum", "histogram")
                    cumulative = metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE
                    write(
                        {
                            "metric": metric.name,
                            "kind": kind,
                            "unit": metric.unit,
                            "cumulative": is_sum and data.aggregation_temporality == cumulative,
                            "monotonic": kind == "sum" and data.is_monotonic,
                            "points": [point(value, kind) for value in data.data_points],
                        }
                    )


def report(request, headers):
    """Prints what an export of spans holds."""
    with writing:
        for resource in request.resource_spans:
            report_export(resource.resource, headers)
            for scope in resource.scope_spans:
                for span in scope.spans:
                    write(
                        {
                            "span": span.name,
                            "trace_id": span.trace_id.hex(),
                            "span_id": span.span_id.hex(),
                            "parent_id": span.parent_span_id.hex(),
                            "kind": trace_pb2.Span.SpanKind.Name(span.kind),
                            "nanoseconds": span.end_time_unix_nano - span.start_time_unix_nano,
                            "status": trace_pb2.Status.StatusCode.Name(span.status.code),
                            "attributes": {item.key: plain(item.value) for item in span.attributes},
                        }
                    )


class Handler(http.server.BaseHTTPRequestHandler):
    """Takes exports and answers as a collector does."""

    protocol_version = "HTTP/1.1"

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self):
        global told
        told = int(self.read_body())
        self.answer(200)

    def do_POST(self):
        body = self.read_body()
        if told != 200:
            with writing:
                write({"refused": told})
            return self.answer(told)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        try:
            if self.path == "/v1/metrics":
                report_metrics(metrics_service_pb2.ExportMetricsServiceRequest.FromString(body), self.headers)
            else:
                report(trace_service_pb2.ExportTraceServiceRequest.FromString(body), self.headers)
            # Both answers are empty where nothing was rejected.
            status = 200
        except Exception as failure:  # Whatever is wrong with it is the test's finding.
            with writing:
                write({"undecodable": repr(failure), "bytes": len(body), "path": self.path})
            status = 400
        self.answer(status)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
write({"port": server.server_address[1]})
server.serve_forever()
