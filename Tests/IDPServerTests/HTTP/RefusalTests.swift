import EventHTTP
import Observability
import Testing

@testable import IDPServer

struct RefusalTests {
    /// The front's own status and the registry's say the same, whatever it refuses.
    @Test(arguments: [
        Refusal.badRequest("x"), .targetTooLong(limit: 1), .headTooLarge(limit: 1), .tooManyFields(limit: 1),
        .methodNotSupported, .methodNotAllowed, .versionNotSupported, .transferCodingNotSupported, .expectationFailed,
        .bodyTooLarge(limit: 1), .malformedMultipart("x"), .invalidPart(field: "fio", reason: "x"),
        .unsupportedMediaType, .headTimeout, .bodyTimeout, .handlerTimeout, .spoolFailed(isFull: true),
        .spoolFailed(isFull: false), .unanswered, .stopping,
    ])
    func hasTheStatusOfItsCode(refusal: Refusal) {
        #expect(ServiceError(refusal).code.httpStatus == refusal.status)
    }

    @Test func anUploadOverItsLimitNamesFieldLimitAndSetting() {
        let error = ServiceError(.bodyTooLarge(limit: 1234))
        #expect(error.fields.first?.field == "file")
        #expect(error.message.contains("1234"))
        #expect(error.message.contains("IDP_MAX_UPLOAD_BYTES"))
    }
}
