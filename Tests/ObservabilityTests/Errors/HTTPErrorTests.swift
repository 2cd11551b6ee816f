import Foundation
import Observability
import Testing

/// The error bodies byte by byte: callers' code reads them.
struct HTTPErrorTests {
    private func text(_ answer: HTTPErrorAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }
    private func field(_ name: String, _ answer: HTTPErrorAnswer) -> String? {
        answer.fields.first { $0.name == name }?.value
    }

    @Test func detailBodyIsTheContracts() {
        let answer = httpError(ServiceError(.jobNotFound), requestID: "r-1")
        #expect(answer.status == 404)
        #expect(answer.fields.map(\.name) == ["Content-Type"])
        #expect(field("Content-Type", answer) == "application/json")
        #expect(
            text(answer)
                == #"{"detail":{"code":"JOB_NOT_FOUND","message":"Job not found","retryable":false,"#
                + #""request_id":"r-1"}}"#)
    }

    @Test func detailBodyCarriesIDsAndFields() {
        let error = ServiceError(
            .validationError, "Check the \"form\".",
            fields: [.init(field: "fio", message: "at least two words"), .init(field: "file", message: "is missing")],
            cause: "/secret/path")
        let answer = httpError(error, requestID: "r", runID: "run", traceID: "0af7651916cd43dd8448eb211c80319c")
        #expect(
            text(answer)
                == #"{"detail":{"code":"VALIDATION_ERROR","message":"Check the \"form\".","retryable":false,"#
                + #""request_id":"r","run_id":"run","trace_id":"0af7651916cd43dd8448eb211c80319c","#
                + #""fields":[{"field":"fio","message":"at least two words"},"#
                + #"{"field":"file","message":"is missing"}]}}"#)
    }

    @Test func problemBodyIsRFC9457() {
        let error = ServiceError(
            .validationError, "Bad.", fields: [.init(field: "a/b ~ё", message: "m")])
        let answer = httpError(
            error, requestID: "r", runID: "run", traceID: "t", format: .problem, instance: "/v1/jobs/1")
        #expect(field("Content-Type", answer) == "application/problem+json")
        #expect(field("Content-Language", answer) == "en")
        #expect(
            text(answer)
                == #"{"type":"urn:idp:problem:validation-error","title":"Invalid request","status":422,"#
                + #""detail":"Bad.","instance":"/v1/jobs/1","code":"VALIDATION_ERROR","retryable":false,"#
                + #""request_id":"r","run_id":"run","trace_id":"t","#
                + ##""errors":[{"detail":"m","pointer":"#/a~1b%20~0%D1%91"}]}"##)
    }

    @Test func codesBringTheirFields() {
        let busy = httpError(ServiceError(.queueFull, retryAfter: 17), requestID: "r")
        #expect(busy.status == 429 && field("Retry-After", busy) == "17")
        #expect(field("Retry-After", httpError(ServiceError(.serverBusy, retryAfter: 0), requestID: "r")) == "1")
        #expect(field("Retry-After", httpError(ServiceError(.rateLimited), requestID: "r")) == "1")
        #expect(field("Retry-After", httpError(ServiceError(.shuttingDown), requestID: "r")) == "5")
        #expect(field("Retry-After", httpError(ServiceError(.notFound), requestID: "r")) == nil)
        let method = httpError(ServiceError(.methodNotAllowed, allow: ["GET", "HEAD"]), requestID: "r")
        #expect(method.status == 405 && field("Allow", method) == "GET, HEAD")
        #expect(field("WWW-Authenticate", httpError(ServiceError(.unauthorized), requestID: "r")) == "Bearer")
    }

    /// Every code, in both shapes: valid JSON whose members agree with the registry.
    @Test(arguments: ErrorCode.allCases) func everyCodeHasAnAnswer(code: ErrorCode) throws {
        for format in ErrorBodyFormat.allCases {
            let answer = httpError(ServiceError(code, "п\u{0}\u{1f}\\ \"\n"), requestID: "r", format: format)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            let members = try #require(format == .detail ? object["detail"] as? [String: Any] : object)
            #expect(answer.status == code.httpStatus)
            #expect(members["code"] as? String == code.rawValue)
            #expect(members["retryable"] as? Bool == code.isRetryable)
            #expect(members[format == .detail ? "message" : "detail"] as? String == "п\u{0}\u{1f}\\ \"\n")
        }
    }

    @Test(arguments: [
        (nil, ErrorBodyFormat.detail), ("application/json", .detail), ("*/*", .detail), ("text/html", .detail),
        ("application/*", .detail), ("application/problem+json", .problem), ("APPLICATION/PROBLEM+JSON", .problem),
        ("application/json, application/problem+json", .problem),
        ("application/json, application/problem+json;q=0.5", .detail),
        ("application/problem+json;q=0", .detail), ("application/problem+json;q=bad", .detail),
        ("text/html, application/problem+json;q=0.1", .problem),
    ] as [(String?, ErrorBodyFormat)])
    func acceptDecidesTheShape(accept: String?, expected: ErrorBodyFormat) {
        #expect(ErrorBodyFormat.negotiated(accept: accept) == expected)
    }

    private struct Strange: Error {}

    @Test func unknownErrorsAreInternalWithTheirCauseForTheLog() {
        let mapped = ServiceError.from(Strange())
        #expect(mapped.code == .internalProcessingError)
        #expect(mapped.cause?.contains("Strange") == true)
        #expect(!text(httpError(mapped, requestID: "r")).contains("Strange"))
        #expect(ServiceError.from(ServiceError(.ocrFailed)).code == .ocrFailed)
        #expect(ServiceError.from(DeadlineExceeded()).code == .processingTimeout)
        #expect(ServiceError.from(WorkCancelled(reason: .shutdown)).code == .shuttingDown)
        #expect(ServiceError.from(WorkCancelled(reason: .clientGone)).code == .clientClosedRequest)
    }
}
