@testable import Observability
import SwiftProtobuf
import Synchronization
import Testing

/// What the exporter does with a collector's answers. (That a real receiver reads its bytes: OutboundHTTPTests.)
struct OTLPSpanExporterTests {
    private final class Script: OTLPTransport {
        struct Refused: Error {}
        /// What each request meets; nil is no answer.
        let answers: Mutex<[OTLPResponse?]>
        let requests = Mutex<[OTLPRequest]>([])

        init(_ answers: [OTLPResponse?]) { self.answers = Mutex(answers) }

        func post(_ request: OTLPRequest) throws -> OTLPResponse {
            requests.withLock { $0.append(request) }
            guard let answer = answers.withLock({ $0.removeFirst() }) else { throw Refused() }
            return answer
        }
    }

    private let record = RecordedSpan.Record(
        context: TraceContext(traceIDHigh: 1, traceIDLow: 1, spanID: 1, flags: 1), parentSpanID: nil,
        hasRemoteParent: false, name: "x", kind: .internal, startUnixNanoseconds: 1, endUnixNanoseconds: 2,
        attributes: [], events: [], links: [], status: .unset)

    private func export(
        _ answers: [OTLPResponse?]
    ) -> (taken: Int, requests: [OTLPRequest], failures: [OTLPClient.Failure], waits: [Duration]) {
        let script = Script(answers)
        let failures = Mutex<[OTLPClient.Failure]>([])
        let waits = Mutex<[Duration]>([])
        let environment = RetryEnvironment(
            now: { ContinuousClock.now }, wait: { duration, _ in waits.withLock { $0.append(duration) } },
            sleep: { _ in }, fraction: { 0.5 })
        var configuration = OTLPClient.Configuration(url: "http://c/v1/traces")
        configuration.fields = [(name: "authorization", value: "Bearer x")]
        let client = OTLPClient(configuration, transport: script, environment: environment)
        let exporter = OTLPSpanExporter(client) { failure in
            failures.withLock { $0.append(failure) }
        }
        let taken = exporter.export([record, record], deadline: .after(.seconds(60)))
        return (taken, script.requests.withLock { $0 }, failures.withLock { $0 }, waits.withLock { $0 })
    }

    @Test func aGoodAnswerTakesAll() {
        let result = export([OTLPResponse(status: 200)])
        #expect(result.taken == 2 && result.requests.count == 1 && result.failures.isEmpty)
        #expect(result.requests[0].url == "http://c/v1/traces")
        #expect(result.requests[0].fields.map(\.name) == ["Content-Type", "authorization"])
        #expect(result.requests[0].fields[0].value == "application/x-protobuf")
    }

    @Test(arguments: [429, 502, 503, 504]) func whatMayPassIsTriedAgain(status: Int) {
        let result = export([OTLPResponse(status: status, retryAfter: 7), nil, OTLPResponse(status: 200)])
        #expect(result.taken == 2 && result.requests.count == 3)
        #expect(result.waits.first == .seconds(7))
        #expect(result.requests.allSatisfy { $0.body == result.requests[0].body })
    }

    @Test(arguments: [301, 400, 401, 404, 413, 500]) func whatWillNotPassIsGivenUp(status: Int) {
        let result = export([OTLPResponse(status: status)])
        #expect(result.taken == 0 && result.requests.count == 1)
        #expect(result.failures == [.status(status, retryAfter: nil)])
    }

    @Test func attemptsEnd() {
        let result = export(Array(repeating: nil, count: 10))
        #expect(result.taken == 0 && result.requests.count == 5 && result.failures.count == 1)
    }

    @Test func rejectedSpansAreNotTaken() throws {
        var answer = Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceResponse()
        answer.partialSuccess.rejectedSpans = 1
        let body: [UInt8] = try answer.serializedBytes()
        #expect(export([OTLPResponse(status: 200, body: body)]).taken == 1)
        #expect(export([OTLPResponse(status: 200, body: Array("<html>".utf8))]).taken == 2)
    }

    @Test func bodiesAreCompressedWhereAsked() {
        let script = Script([OTLPResponse(status: 200)])
        var configuration = OTLPClient.Configuration(url: "http://c/")
        configuration.usesGzip = true
        let exporter = OTLPSpanExporter(OTLPClient(configuration, transport: script))
        #expect(exporter.export([record], deadline: .after(.seconds(60))) == 1)
        let request = script.requests.withLock { $0[0] }
        #expect(request.body.starts(with: [0x1F, 0x8B]))
        #expect(request.fields.contains { $0.name == "Content-Encoding" && $0.value == "gzip" })
    }
}
