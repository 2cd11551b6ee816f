import Foundation
import Observability
import Pipeline
import Testing

@testable import IDPServer

struct ResultEventTests {
    private func record(_ change: (inout RunRecord) -> Void) -> RunRecord {
        var record = RunRecord(
            id: RunID(at: Timestamp(milliseconds: 1_700_000_000_000)), kind: .job,
            createdAt: Timestamp(milliseconds: 1_700_000_000_000), fio: "Ахметов Данияр",
            today: CalendarDate(iso: "2026-01-01")!,
            document: RunDocument(fileExtension: "pdf", size: 1, sha256: Array(repeating: 0, count: 32)))
        change(&record)
        return record
    }

    private func text(_ result: ResultEvent) -> String { String(decoding: result.bytes, as: UTF8.self) }

    @Test func saysWhatARunCameTo() {
        let good = record { ($0.state, $0.verdict) = (.completed, true) }
        #expect(
            text(ResultEvent(requestID: "r", good))
                == "{\"err_codes\":[],\"request_id\":\"r\",\"run_id\":\"\(good.id)\",\"status\":\"success\"}")
        let bad = record {
            ($0.state, $0.verdict, $0.reasons) = (.completed, false, [.docDateTooOld, .fioMismatch])
        }
        #expect(ResultEvent(requestID: "r", bad).codes == [2, 4])
        #expect(ResultEvent(requestID: "r", bad).status == .fail)
    }

    @Test(arguments: [
        (ErrorCode.tooManyPages, 12), (.ocrFailed, 20), (.documentUnreadable, 22), (.storageFailed, 13),
        (.processingTimeout, 0),
    ])
    func saysWhyThereIsNoVerdict(code: ErrorCode, number: Int) {
        let failed = record { ($0.state, $0.failure) = (.failed, code) }
        #expect(ResultEvent(requestID: "r", failed).codes == [number])
        #expect(ResultEvent(requestID: "r", failed).status == .fail)
        #expect(ResultEvent(requestID: "r", record { $0.state = .cancelled }).codes == [0])
    }

    @Test func aRequestThatIsNoRunHasNoRunID() {
        let refused = ResultEvent(requestID: "r", refused: 0)
        #expect(text(refused) == "{\"err_codes\":[0],\"request_id\":\"r\",\"run_id\":null,\"status\":\"fail\"}")
    }
}
