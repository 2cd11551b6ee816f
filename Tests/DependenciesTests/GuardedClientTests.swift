import Dependencies
import Logging
import Observability
import OutboundHTTP
import TestSupport
import Testing

/// HTTP through a dependency, against a real server.
struct GuardedClientTests {
    private let registry = MetricRegistry(exclusiveLanes: 0)

    private func makeClient() -> GuardedClient {
        var configuration = Dependency.Configuration(name: "shop")
        configuration.backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(5))
        let telemetry = DependencyTelemetry(
            registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            unixMilliseconds: { 0 })
        return GuardedClient(HTTPClient(), Dependency(configuration, telemetry: telemetry))
    }

    private var options: Dependency.Options { .init("ask", deadline: .after(.seconds(60))) }

    private var exposition: Exposition {
        Exposition(String(decoding: registry.rendered(), as: UTF8.self))
    }

    @Test func failuresAreTriedAgainAndRefusalsAreAnswers() async throws {
        let server = try await ScriptedServer.start()
        let client = makeClient()
        let answer = try client.send(.init(url: server.base + "/503,429,200"), options)
        #expect(answer.status == 200)
        #expect(try client.send(.init(url: server.base + "/404"), options).status == 404)
        let counts = exposition
        let name = "idp_dependency_request_duration_seconds_count"
        for (outcome, count) in [("http_503", 1.0), ("http_429", 1), ("ok", 1), ("http_404", 1)] {
            #expect(counts.sum(name, ["dependency": "shop", "outcome": outcome]) == count, "\(outcome)")
        }
        #expect(throws: HTTPDependencyError.self) {
            try client.send(.init(url: server.base + "/501,200"), options)
        }
    }

    @Test func theTraceGoesOutUnlessTheRequestIsSigned() async throws {
        let server = try await ScriptedServer.start()
        let client = makeClient()
        var options = options
        options.parent = TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1, state: "v=1")
        let plain = try client.send(.init(url: server.base + "/200"), options)
        #expect(plain.field("X-Traceparent") == "00-00000000000000010000000000000002-0000000000000003-01")
        var signed = HTTPClientRequest(url: server.base + "/200")
        signed.signature = .init(accessKey: "a", secretKey: "b", region: "r")
        #expect(try client.send(signed, options).field("X-Traceparent") == "none")
    }

    @Test func whoCancelsIsNotKeptWaiting() async throws {
        let server = try await ScriptedServer.start()
        let client = makeClient()
        let token = CancellationToken()
        var options = options
        options.cancellation = token
        let url = server.base + "/hang"
        let call = options
        async let outcome = blocking { try client.send(.init(url: url), call) }
        try await eventually("the call runs", within: .seconds(30)) { client.dependency.activeCalls == 1 }
        token.cancel(.clientGone)
        await #expect(throws: WorkCancelled(reason: .clientGone)) { try await outcome }
        #expect(client.dependency.circuit == .closed)
    }
}

/// A server whose paths say what it answers: `/503,200` is 503 at first and 200 after that.
private final class ScriptedServer: Sendable {
    let base: String
    private let process: ChildProcess

    private init(base: String, process: ChildProcess) {
        self.base = base
        self.process = process
    }

    static func start() async throws -> ScriptedServer {
        let process = try ChildProcess("python3", ["-u", "-c", program])
        let port = try await eventually("the server's port", within: .seconds(60)) { process.lines.first }
        return ScriptedServer(base: "http://127.0.0.1:\(port)", process: process)
    }

    private static let program = """
        import threading
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        seen = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *_):
                pass
            def do_GET(self):
                if self.path == "/hang":
                    threading.Event().wait()
                script = self.path[1:].split(",")
                seen[self.path] = seen.get(self.path, -1) + 1
                self.send_response(int(script[min(seen[self.path], len(script) - 1)]))
                self.send_header("Content-Length", "0")
                self.send_header("X-Traceparent", self.headers.get("traceparent", "none"))
                self.end_headers()

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        server = Server(("127.0.0.1", 0), Handler)
        print(server.server_address[1])
        server.serve_forever()
        """
}
