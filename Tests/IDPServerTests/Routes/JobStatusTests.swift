import EventHTTP
import Foundation
import Observability
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

/// `GET /v1/jobs/{run_id}` over a real front: from the queue first, then from the loop, and nobody can tell which.
struct JobStatusTests {
    /// A front with the routes of jobs, which notes what their shortcut did.
    private final class Front: Sendable {
        let bench: RunBench
        let server: HTTPServer
        let sink: LogSink
        private let shortcuts: Shortcuts
        private let lines: Lines

        private final class Shortcuts: Sendable {
            let taken = Mutex<[Bool]>([])
        }

        private final class Lines: Sendable {
            let text = Mutex<[UInt8]>([])
        }

        init() throws {
            bench = try RunBench { (_) throws(ServiceError) in .sample(.fioMismatch) }
            let shortcuts = Shortcuts()
            let lines = Lines()
            (self.shortcuts, self.lines) = (shortcuts, lines)
            sink = LogSink(lanes: 1) { bytes in
                lines.text.withLock { $0.append(contentsOf: bytes) }
                return true
            }
            let intake = Intake(
                spool: try UploadSpool(directory: bench.artifacts.spoolDirectory), uploadBytesMax: 1 << 20,
                processTimeout: .seconds(10), runs: bench.service)
            let events = RunEvents(runs: bench.service, limit: 1, heartbeat: .seconds(15))
            let routes = JobRoutes(runs: bench.service, intake: intake, events: events).routes.map { route in
                guard let shortcut = route.shortcut else { return route }
                return Route(route.description, route.handler) { head, path, reply, caller in
                    let answered = shortcut(head, path, &reply, caller)
                    shortcuts.taken.withLock { $0.append(answered != nil) }
                    return answered
                }
            }
            let metrics = HTTPMetrics(bench.registry)
            let observer = RequestObserver(
                tracing: .disabled, accessLog: AccessLog(sink: sink, isOn: true, now: WallClock.milliseconds))
            let router = Router(
                table: RouteTable(routes, metrics: metrics, scheme: "http"),
                unmatched: UnmatchedMetrics(metrics, scheme: "http"),
                loops: [LoopState(lane: bench.registry.makeLane())], observer: observer,
                queue: RequestQueue(width: 1) { $0.run() })
            let configuration = HTTPServerConfiguration(port: 0, currentTime: { 1_795_449_600 })
            server = HTTPServer(configuration, responder: router)
            try server.start()
        }

        deinit {
            server.drain(by: .now)
            server.stop()
        }

        var client: HTTPClient { HTTPClient(port: Int(server.port)) }

        /// Whether the loop answered, for each request to the status route since the last call.
        func takenShortcuts() -> [Bool] {
            shortcuts.taken.withLock { taken in
                defer { taken = [] }
                return taken
            }
        }

        func logged() -> [JSONValue] {
            _ = sink.flush(by: .after(.seconds(10)))
            return lines.text.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n")
                .compactMap { try? JSONValue(parsing: Data($0.utf8)) }
        }

        func endedRun() async throws -> RunID {
            let record = try await bench.submit()
            return try await bench.end(of: record.id).id
        }
    }

    @Test func theSecondAnswerComesFromTheLoopAndIsTheSame() async throws {
        let front = try Front()
        let id = try await front.endedRun()
        let first = try await front.client.get("/v1/jobs/\(id)")
        let second = try await front.client.get("/v1/jobs/\(id)")
        #expect(front.takenShortcuts() == [false, true])
        #expect(first.status == 200 && second.status == 200)
        #expect(first.json["status"].string == "completed")
        #expect(first.body == second.body)
        for name in ["Content-Type", "Cache-Control", "Content-Length", "Retry-After"] {
            #expect(first.fields(name) == second.fields(name), "\(name)")
        }
        #expect(second.field("X-Request-ID") != first.field("X-Request-ID"))
        let head = try await front.client.send("HEAD", "/v1/jobs/\(id)")
        #expect(front.takenShortcuts() == [true])
        #expect(head.body.isEmpty && head.field("Content-Length") == second.field("Content-Length"))
    }

    @Test func whatIsNotInMemoryOrAsksForMoreGoesToTheQueue() async throws {
        let front = try Front()
        let id = try await front.endedRun()
        _ = try await front.client.get("/v1/jobs/\(id)")
        #expect(try await front.client.get("/v1/jobs/\(id)?wait=1").status == 200)
        #expect(try await front.client.get("/v1/jobs/\("\(id)".uppercased())").status == 200)
        #expect(try await front.client.get("/v1/jobs/\(RunID(at: .now()))").status == 404)
        #expect(try await front.client.get("/v1/jobs/nothing").errorCode == "JOB_NOT_FOUND")
        #expect(front.takenShortcuts() == [false, false, false, false, false])
    }

    @Test func anAnswerOfTheLoopIsObservedLikeAnyOther() async throws {
        let front = try Front()
        let id = try await front.endedRun()
        _ = try await front.client.get("/v1/jobs/\(id)", fields: [("X-Request-ID", "first")])
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let answer = try await front.client.get(
            "/v1/jobs/\(id)", fields: [("X-Request-ID", "second"), ("traceparent", trace)])
        #expect(answer.field("X-Request-ID") == "second")
        let series = #"requests_total{endpoint="/v1/jobs/{run_id}",method="GET",status="200"}"#
        #expect(front.bench.metric(series) == 2)
        #expect(
            front.bench.metric(#"request_duration_seconds_count{endpoint="/v1/jobs/{run_id}",method="GET"}"#) == 2)
        let lines = front.logged()
        #expect(lines.map { $0["request_id"].string } == ["first", "second"])
        let line = try #require(lines.last)
        #expect(line["run_id"].string == "\(id)")
        #expect(line["trace_id"].string == "0af7651916cd43dd8448eb211c80319c")
        #expect(line["client_address"].string == "127.0.0.1")
        #expect(line["method"].string == "GET" && line["route"].string == "/v1/jobs/{run_id}")
        #expect(line["status"].number == 200 && line["bytes_out"].number == Double(answer.body.count))
    }
}
