import Foundation

/// A real HTTP server in Python, started for a test and ended with it.
final class LocalServer {
    private let process: Process
    private let directory: URL
    /// `http://127.0.0.1:PORT` or its `https` form.
    let base: String
    /// The certificate that a TLS server shows, to be trusted by name.
    var certificateFile: String { directory.appendingPathComponent("cert.pem").path }

    struct NotStarted: Error {}

    /// Starts the server; with `isTLS` it shows a certificate made for it just now.
    init(isTLS: Bool = false) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        if isTLS { try Self.makeCertificate(in: directory) }
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let python = ProcessInfo.processInfo.environment["IDP_TEST_PYTHON"] ?? "python3"
        process.arguments = [python, "-c", Self.program, isTLS ? directory.path : ""]
        let (input, output) = (Pipe(), Pipe())
        // The server ends when this end of the pipe goes, however the test ends.
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let chunk = output.fileHandleForReading.availableData
            if chunk.isEmpty { throw NotStarted() }
            line += chunk
        }
        let port = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        base = "\(isTLS ? "https" : "http")://127.0.0.1:\(port)"
    }

    deinit {
        // Not SIGTERM: a child started on a Dispatch thread inherits that thread's mask, which blocks it.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        // What is left in the temporary folder is the system's to sweep.
        try? FileManager.default.removeItem(at: directory)
    }

    private static func makeCertificate(in directory: URL) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", directory.appendingPathComponent("key.pem").path,
            "-out", directory.appendingPathComponent("cert.pem").path,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NotStarted() }
    }

    private static let program = #"""
        import hashlib, json, os, socket, ssl, sys, threading, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        traces, statuses = [], []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            count = 0
            def setup(self):
                Handler.count += 1
                self.number = Handler.count
                super().setup()
            def log_message(self, *_):
                pass
            def answer(self, status, body=b"", **fields):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Connection", str(self.number))
                for name, value in fields.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
            def cut(self):
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.connection.close()
            def any(self):
                length = self.headers.get("Content-Length")
                body = self.rfile.read(int(length)) if length else b""
                path = self.path
                if path == "/echo":
                    self.answer(200, json.dumps({"method": self.command, "length": len(body),
                        "sha256": hashlib.sha256(body).hexdigest(),
                        "fields": [[k, v] for k, v in self.headers.items()]}).encode(), Content_Type="application/json")
                elif path.startswith("/status/"):
                    self.answer(int(path.split("/")[2]), b"" if path.endswith("204") else b"why", Retry_After="7")
                elif path == "/redirect":
                    self.answer(302, Location="/echo")
                elif path.startswith("/big/"):
                    self.answer(200, b"x" * int(path.split("/")[2]))
                elif path == "/stream":
                    self.send_response(200)
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    try:
                        while True:
                            self.wfile.write(b"1000\r\n" + b"y" * 4096 + b"\r\n")
                    except OSError:
                        self.close_connection = True
                elif path == "/close":
                    self.close_connection = True
                    self.answer(200, b"x")
                elif path.startswith("/bytes/"):
                    self.answer(200, bytes(i % 251 for i in range(int(path.split("/")[2]))))
                elif path == "/hang":
                    time.sleep(60)
                elif path == "/trickle":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000000")
                    self.end_headers()
                    try:
                        while True:
                            self.wfile.write(b"z")
                            time.sleep(0.05)
                    except OSError:
                        self.close_connection = True
                elif path == "/cut":
                    self.cut()
                elif path == "/partial":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
                    self.wfile.flush()
                    self.cut()
                elif path == "/nonsense":
                    self.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
                    self.close_connection = True
                elif path == "/heads":
                    self.send_response(200)
                    for i in range(90):
                        self.send_header("X-%d" % i, "v" * 1000)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif path == "/v1/traces":
                    if statuses:
                        return self.answer(statuses.pop(0), Retry_After="0")
                    from google.protobuf.json_format import MessageToDict
                    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as t
                    message = t.ExportTraceServiceRequest.FromString(body)
                    for resource in message.resource_spans:
                        for scope in resource.scope_spans:
                            for span in scope.spans:
                                traces.append({"resource": {a.key: a.value.string_value
                                    for a in resource.resource.attributes},
                                    "trace_id": span.trace_id.hex(), "span_id": span.span_id.hex(),
                                    "parent_span_id": span.parent_span_id.hex(), "name": span.name,
                                    "kind": span.kind, "state": span.trace_state, "flags": span.flags,
                                    "status": span.status.code, "start": span.start_time_unix_nano,
                                    "end": span.end_time_unix_nano, "links": len(span.links),
                                    "events": [e.name for e in span.events],
                                    "type": self.headers["Content-Type"], "key": self.headers["api-key"],
                                    "attributes": {a.key: str(MessageToDict(a.value)) for a in span.attributes}})
                    self.answer(200, t.ExportTraceServiceResponse().SerializeToString())
                elif path == "/fail-next":
                    statuses.extend(json.loads(body))
                    self.answer(204)
                elif path == "/traces":
                    self.answer(200, json.dumps(traces).encode())
                else:
                    self.answer(404)
            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = any

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            def handle_error(self, *_):
                pass

        server = Server(("127.0.0.1", 0), Handler)
        if sys.argv[1]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """#
}
