internal import EventHTTP
internal import Foundation
internal import Observability
internal import Synchronization

/// Liveness, readiness and startup. Liveness asks nothing but that the loop turns; readiness is a snapshot that the
/// service renews, so that a probe never waits for a disk; startup is over with the first of these snapshots.
struct HealthRoutes: Sendable {
    let serviceName: String
    let readiness: ReadinessBoard

    var routes: [Route] {
        let body = Array(#"{"status":"ok","service":\#(JSONText.quoted(serviceName))}"#.utf8)
        let live = Handler.inline { (_, reply) throws(ServiceError) in
            reply.status(200)
            reply.field("Cache-Control", "no-store")
            body.withUnsafeBytes { reply.body(contentType: "application/json", $0) }
        }
        let readiness = readiness
        let ready = Handler.inline { (_, reply) throws(ServiceError) in
            readiness.write(into: &reply)
        }
        let started = Handler.inline { (_, reply) throws(ServiceError) in
            readiness.writeStartup(into: &reply)
        }
        return [
            Route(.health, live), Route(.livez, live), Route(.ready, ready), Route(.readyz, ready),
            Route(.startupz, started),
        ]
    }
}

/// The latest answer to "send me traffic?", made on a queue and read by the loops.
final class ReadinessBoard: Sendable {
    private struct Answer {
        var status = 503
        var body: [UInt8]
    }

    /// One check: its name, and why it fails or nil.
    typealias Check = (name: String, failure: String?)

    private let serviceName: String
    private let answer: Mutex<Answer>
    private let startup: Mutex<Answer>

    init(serviceName: String) {
        self.serviceName = serviceName
        let starting = Answer(body: Self.render(serviceName, [("startup", "starting")]))
        answer = Mutex(starting)
        startup = Mutex(starting)
    }

    /// Whether the latest facts say ready.
    var isReady: Bool { answer.withLock { $0.status == 200 } }

    /// Puts up the facts; ready when no check fails.
    func update(_ checks: [Check]) {
        let new = Answer(
            status: checks.allSatisfy { $0.failure == nil } ? 200 : 503, body: Self.render(serviceName, checks))
        answer.withLock { $0 = new }
        startup.withLock { startup in
            guard startup.status != 200 else { return }
            startup = Answer(status: 200, body: Self.render(serviceName, [("startup", nil)]))
        }
    }

    /// Answers a probe of readiness. On a loop thread; the lock is held for a copy only.
    func write(into reply: inout InlineReply) {
        write(answer.withLock { $0 }, into: &reply)
    }

    /// Answers a probe of startup: once it has passed it never fails again. On a loop thread.
    func writeStartup(into reply: inout InlineReply) {
        write(startup.withLock { $0 }, into: &reply)
    }

    private func write(_ now: Answer, into reply: inout InlineReply) {
        reply.status(now.status)
        reply.field("Cache-Control", "no-store")
        now.body.withUnsafeBytes { reply.body(contentType: "application/json", $0) }
    }

    private static func render(_ serviceName: String, _ checks: [Check]) -> [UInt8] {
        let isReady = checks.allSatisfy { $0.failure == nil }
        let lines = checks.map { check in
            "\(JSONText.quoted(check.name)):\(JSONText.quoted(check.failure ?? "ok"))"
        }
        let status = isReady ? "ok" : "unavailable"
        return Array(
            """
            {"status":"\(status)","service":\(JSONText.quoted(serviceName)),"checks":{\(lines.joined(separator: ","))}}
            """.utf8)
    }
}

extension JSONText {
    /// A JSON string with its quotation marks.
    fileprivate static func quoted(_ value: String) -> String {
        var text: [UInt8] = []
        append(value, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
