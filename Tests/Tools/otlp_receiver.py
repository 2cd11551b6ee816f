#!/usr/bin/env python3
"""A receiver of OTLP over HTTP: decodes each export with the published protocol buffers and prints its spans.

Listens on a port of 127.0.0.1 that the system picks and prints {"port": N} first; then, for each export,
{"export": N, "content_type": ..., "encoding": ..., "service": ...} and one JSON line for each span. Ends with its input.
"""
import gzip
import http.server
import json
import sys
import threading

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

exports = 0
writing = threading.Lock()


def plain(value):
    """An AnyValue as the JSON value that it holds."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def write(line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


def report(request, headers):
    """Prints what an export holds."""
    global exports
    with writing:
        exports += 1
        for resource in request.resource_spans:
            attributes = {item.key: plain(item.value) for item in resource.resource.attributes}
            write(
                {
                    "export": exports,
                    "content_type": headers.get("Content-Type"),
                    "encoding": headers.get("Content-Encoding"),
                    "service": attributes.get("service.name"),
                }
            )
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

    def do_POST(self):
        body = self.read_body()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        try:
            report(trace_service_pb2.ExportTraceServiceRequest.FromString(body), self.headers)
            status, answer = 200, trace_service_pb2.ExportTraceServiceResponse().SerializeToString()
        except Exception as failure:  # Whatever is wrong with it is the test's finding.
            with writing:
                write({"undecodable": repr(failure), "bytes": len(body), "path": self.path})
            status, answer = 400, b""
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
write({"port": server.server_address[1]})
server.serve_forever()
