import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// `GET /v1/jobs/{run_id}/events`.
    @Suite struct EventStreamTests {
        private struct Event {
            var id: String?
            var name: String
            var data: JSONValue
        }

        private func events(_ text: String) throws -> [Event] {
            try text.components(separatedBy: "\n\n").compactMap { block in
                func field(_ name: String) -> String? {
                    block.split(separator: "\n").first { $0.hasPrefix(name + ": ") }
                        .map { String($0.dropFirst(name.count + 2)) }
                }
                guard let name = field("event"), let data = field("data") else { return nil }
                return Event(id: field("id"), name: name, data: try JSONValue(parsing: data))
            }
        }

        private func slowForm() async throws -> MultipartForm {
            let file = try await BadDocuments.get().file("slow.pdf")
            return .document(Array(try Data(contentsOf: file)), named: "slow.pdf", fio: BadInputTests.fio)
        }

        @Test func followsAJobToItsEnd() async throws {
            let server = try await ServerProcess.start(["IDP_WORKERS": "1", "IDP_EVENT_HEARTBEAT": "500ms"])
            let slow = try await server.submit(try await slowForm())
            let run = try await server.submit(SampleDocument.scanned().form())
            async let other = server.client.get("/v1/jobs/\(slow)/events")
            let answer = try await server.client.get("/v1/jobs/\(run)/events")
            #expect(answer.status == 200 && answer.field("Content-Type") == "text/event-stream")
            #expect(answer.text.contains(": heartbeat"))
            let events = try events(answer.text)
            #expect(events.first?.name == "state" && events.first?.data["status"].string == "accepted")
            #expect(events.first?.data["queue_position"].int == 0)
            let states = events.filter { $0.name == "state" }.map { $0.data["status"].string }
            #expect(states == ["accepted", "running", "completed"])
            let stages = Set(events.filter { $0.name == "progress" }.map { $0.data["stage"].string })
            #expect(stages.isSuperset(of: ["acquire", "text", "validate"]))
            #expect(events.last?.name == "state" && events.last?.data["verdict"].bool == true)
            // Six pages, each told when it is read.
            let pages = try self.events(try await other.text).filter { $0.name == "progress" }
                .compactMap { $0.data["page"].int }
            #expect(pages == Array(1...6))
            #expect(try await server.metrics().sum("idp_event_streams") == 0)
        }

        @Test func anEndedRunIsToldOnceAndNotAgain() async throws {
            let server = try await SharedServer.get()
            let run = try await server.submit(SampleDocument.good().form())
            _ = try await server.end(of: run)
            let told = try events(try await server.client.get("/v1/jobs/\(run)/events").text)
            #expect(told.count == 1 && told.first?.data["status"].string == "completed")
            let id = try #require(told.first?.id)
            let again = try await server.client.get("/v1/jobs/\(run)/events", fields: [("Last-Event-ID", id)])
            #expect(again.status == 204 && again.body.isEmpty)
            let head = try await server.client.send("HEAD", "/v1/jobs/\(run)/events")
            #expect(head.status == 200 && head.field("Content-Type") == "text/event-stream")
            let unknown = try await server.client.get("/v1/jobs/019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21/events")
            #expect(unknown.status == 404 && unknown.errorCode == "JOB_NOT_FOUND")
        }

        @Test func streamsAreBoundedAndGoneClientsForgotten() async throws {
            let server = try await ServerProcess.start(["IDP_WORKERS": "1", "IDP_EVENT_STREAMS": "1"])
            let run = try await server.submit(try await slowForm())
            let port = server.port
            let open = try await blocking {
                let socket = try RawSocket(port: port)
                try socket.send("GET /v1/jobs/\(run)/events HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try socket.receive()
                return socket
            }
            let refused = try await server.client.get("/v1/jobs/\(run)/events")
            #expect(refused.status == 429 && refused.errorCode == "SERVER_BUSY")
            open.close()
            try await eventually("the place of a client that left") {
                try await server.metrics().sum("idp_event_streams") == 0
            }
            let cancelled = try await server.client.send("POST", "/v1/jobs/\(run)/cancel", body: [])
            #expect(cancelled.status == 202)
            let last = try events(try await server.client.get("/v1/jobs/\(run)/events").text).last
            #expect(last?.data["status"].string == "cancelled")
        }

        @Test func aStopEndsTheStreamsAndHandsTheJobBack() async throws {
            let directory = try TemporaryDirectory("events")
            let server = try await ServerProcess.start(
                ["IDP_WORKERS": "1", "IDP_SHUTDOWN_GRACE": "3s"], directory: directory)
            let slow = try await server.submit(try await slowForm())
            let run = try await server.submit(SampleDocument.good().form())
            async let stream = server.client.get("/v1/jobs/\(run)/events")
            try await eventually("an open stream") {
                try await server.metrics().sum("idp_event_streams") == 1
            }
            let begin = ContinuousClock.now
            #expect(try await server.stop() == .exited(0))
            #expect(begin.duration(to: .now) < .seconds(50))
            #expect(try await stream.text.contains(": the server stops"))
            let second = try await ServerProcess.start(directory: directory)
            let status = try await second.client.get("/v1/jobs/\(slow)").json["status"].string
            #expect(status == "accepted" || status == "running")
            #expect(try await second.client.send("POST", "/v1/jobs/\(slow)/cancel", body: []).status == 202)
            #expect(try await second.end(of: run)["status"].string == "completed")
        }
    }
}
