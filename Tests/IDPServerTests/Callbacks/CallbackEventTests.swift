import Dependencies
import Foundation
import Observability
@testable import OutboundHTTP
import Pipeline
import TestSupport
import Testing

@testable import IDPServer

@Suite struct CallbackEventTests {
    private func event(_ state: RunState) throws -> CallbackEvent {
        let id = try #require(RunID("019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21"))
        let moment = Timestamp(milliseconds: 1_795_435_200_000)
        return CallbackEvent(
            number: 1, runID: id, replays: 2, url: "https://h.example/", endpoint: "https://h.example", runState: state,
            endedAt: moment, since: moment, nextAt: moment)
    }

    @Test func saysHowAJobWasJudgedInWordsAndNumbers() throws {
        var event = try event(.completed)
        event.verdict = false
        event.reasons = [.docDateTooOld, .fioMismatch]
        event.requestID = "order-1"
        #expect(
            String(decoding: event.body, as: UTF8.self) == """
                {"data":{"err_codes":[2,4],"errors":["DOC_DATE_TOO_OLD","FIO_MISMATCH"],"request_id":"order-1",\
                "run_id":"019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21","status":"completed","verdict":false},\
                "timestamp":"2026-11-23T12:00:00.000Z","type":"job.completed"}
                """)
        #expect(event.webhookID == "msg_019ab0c25f4e7b3c9d2e7a1f0c5b8e21_2")
    }

    @Test func saysWhyAJobFailedOrThatItWasCancelled() throws {
        var failed = try event(.failed)
        failed.failure = .ocrFailed
        let told = try JSONValue(parsing: Data(failed.body))
        #expect(told["type"].string == "job.failed" && told["data"]["errors"].strings == ["OCR_FAILED"])
        #expect(told["data"]["err_codes"][0].int == 20 && told["data"]["verdict"].isNull)
        let cancelled = try JSONValue(parsing: Data(try event(.cancelled).body))
        #expect(cancelled["type"].string == "job.cancelled" && cancelled["data"]["errors"].strings == [])
    }

    @Test(arguments: [
        (200, .delivered), (204, .delivered), (299, .delivered), (301, .refused), (400, .refused), (404, .refused),
        (408, .throttled), (410, .gone), (425, .throttled), (429, .throttled), (500, .outage), (503, .outage),
        (100, .refused), (599, .outage),
    ] as [(Int, CallbackOutcome.Kind)])
    func anAnswerMeansWhatTheSpecificationSays(_ status: Int, _ kind: CallbackOutcome.Kind) {
        let response = HTTPClientResponse(
            status: status, fields: [("retry-after", "7")], body: [], usedPooledConnection: false)
        let outcome = CallbackOutcome(response, at: Timestamp(milliseconds: 0))
        #expect(outcome.kind == kind && outcome.httpStatus == status && outcome.retryAfter == .seconds(7))
    }

    @Test func noAnswerIsAnOutageUnlessItCouldNeverBeOne() {
        func kind(_ error: HTTPClientError) -> CallbackOutcome.Kind {
            let error = HTTPDependencyError.transport(error, dependency: "callback")
            return CallbackOutcome(error, at: Timestamp(milliseconds: 0)).kind
        }
        #expect(kind(.refused) == .outage && kind(.timeout) == .outage && kind(.tls("expired")) == .outage)
        #expect(kind(.blocked) == .impossible && kind(.invalidRequest("x")) == .impossible)
        let stop = WorkCancelled(reason: .shutdown)
        #expect(CallbackOutcome(stop, at: Timestamp(milliseconds: 0)).kind == .brokenOff)
    }
}
