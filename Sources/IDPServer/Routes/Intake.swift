internal import EventHTTP
internal import Foundation
internal import Observability
internal import Pipeline

/// What both POSTs share: the decision at the head, before the body is read, and the form after it.
struct Intake: Sendable {
    /// Room that the form's own lines and the short fields take beside the file.
    static let formOverheadBytes = 1 << 20

    let spool: UploadSpool
    let uploadBytesMax: Int
    /// Longest time that a synchronous call may take.
    let processTimeout: Duration
    let runs: RunService
    /// Where documents come from that are named, not sent; nil where they must be sent.
    var source: S3Source?

    /// Decides on the loop whether the body is wanted: media type, declared size, room.
    func admit(_ head: RequestHead, _ caller: Caller?, for kind: RunKind) throws(ServiceError) -> BodyPlan {
        guard let type = head.field(.contentType), Self.isMultipart(type) else { throw .multipartWanted }
        if let declared = head.declaredBodyLength {
            guard declared > 0 else {
                throw ServiceError(
                    .validationError, "Invalid request: the body is empty",
                    fields: [
                        FieldError(field: "file", message: "is required: the document as a file part"),
                        FieldError(field: "fio", message: "is required: the applicant's full name"),
                    ])
            }
            guard declared <= uploadBytesMax + Self.formOverheadBytes else {
                throw .tooLarge(limitBytes: uploadBytesMax)
            }
        }
        var plan = MultipartPlan(spool: spool)
        plan.place = try runs.arrival(
            of: kind, share: caller?.name ?? head.peerAddress.host, waitingMax: caller?.waitingMax
        ) { Self.key(of: head, for: kind) }
        plan.fileLimitBytes = uploadBytesMax
        plan.bodyLimitBytes = uploadBytesMax + Self.formOverheadBytes
        return .multipart(plan)
    }

    /// The key of a request as it is stored; nil without one, and for one that will be refused with the form.
    private static func key(of head: RequestHead, for kind: RunKind) -> String? {
        guard let value = head.field(.idempotencyKey) else { return nil }
        return try? IdempotencyKey(String(decoding: value, as: UTF8.self)).scoped(to: route(of: kind))
    }

    /// The route that makes runs of that kind.
    static func route(of kind: RunKind) -> String {
        switch kind {
        case .job: "/v1/jobs"
        case .sync: "/v1/process"
        }
    }

    /// Hands over the validated submission of a request whose form is there: at once, or on another queue where its
    /// document has to be fetched first; then errors are answered here.
    func withSubmission(
        of call: Call, _ body: @escaping @Sendable (Submission) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        guard case .multipart(let form) = call.request.body else {
            throw ServiceError(.internalProcessingError, cause: "a form was planned and none came")
        }
        let key = try IdempotencyKey(of: call.request)
        let checked = try SubmissionForm(
            form, buckets: source?.buckets ?? [], callbacks: runs.settings.callbacks.offered)
        let timeout = try Self.timeout(of: call)
        @Sendable func made(
            _ size: Int, _ sha256: [UInt8], _ prefix: [UInt8], _ move: @escaping @Sendable (String) throws -> Void
        ) throws(ServiceError) -> Submission {
            let format = try checked.format(prefix)
            let document = RunDocument(fileExtension: format.fileExtension, size: size, sha256: sha256)
            return submission(
                call, checked, key, timeout, SubmittedDocument(document: document, move: move),
                checked.fingerprint(sha256))
        }
        switch checked.source {
        case .file(let file):
            try body(try made(file.size, file.sha256, file.prefix) { try file.move(to: $0) })
        case .object(let object):
            guard let source else { throw ServiceError(.internalProcessingError, cause: "an object without S3") }
            var fetch = S3Client.Call(by: .after(min(S3Source.fetchTime, timeout ?? S3Source.fetchTime)))
            fetch.cancellation = call.context.cancellation
            fetch.parent = call.context.trace
            source.fetch(object, fetch) { result in
                do throws(ServiceError) {
                    let document = try result.get()
                    try body(
                        try made(document.size, document.sha256, document.prefix) { try document.move(to: $0) })
                } catch {
                    call.fail(error)
                }
            }
        }
    }

    private func submission(
        _ call: Call, _ checked: SubmissionForm, _ key: IdempotencyKey?, _ timeout: Duration?,
        _ document: SubmittedDocument, _ fingerprint: [UInt8]
    ) -> Submission {
        Submission(
            document: document,
            fio: checked.fio.text, priority: checked.priority, timeout: timeout,
            requestID: checked.requestID ?? call.context.requestID, callbackURL: checked.callbackURL,
            caller: call.context.caller?.name,
            share: call.context.caller?.name ?? call.request.peerAddress.host,
            waitingMax: call.context.caller?.waitingMax, trace: call.context.trace,
            idempotencyKey: key?.scoped(to: call.context.endpoint.template.text), fingerprint: fingerprint)
    }

    /// RFC 7240: `Prefer: respond-async`.
    func prefersAsynchronous(_ call: Call) -> Bool {
        guard let prefer = call.request.fields[.prefer] else { return false }
        return prefer.split(separator: ",").contains {
            $0.trimmingCharacters(in: .whitespaces).lowercased() == "respond-async"
        }
    }

    /// `Request-Timeout: SECONDS`; nil when it was not sent.
    private static func timeout(of call: Call) throws(ServiceError) -> Duration? {
        guard let text = call.request.fields[.requestTimeout] else { return nil }
        guard let seconds = Double(text), seconds.isFinite, seconds > 0, seconds <= 86_400 else {
            throw ServiceError(
                .validationError, "Invalid request: Request-Timeout must be a number of seconds above 0",
                fields: [FieldError(field: "Request-Timeout", message: "must be a number of seconds above 0")])
        }
        return .seconds(seconds)
    }

    private static func isMultipart(_ type: UnsafeRawBufferPointer) -> Bool {
        let wanted: StaticString = "multipart/form-data"
        let length = wanted.utf8CodeUnitCount
        guard type.count >= length else { return false }
        for index in 0..<length where type[index] | 0x20 != wanted.utf8Start[index] | 0x20 { return false }
        return type.count == length || type[length] == UInt8(ascii: ";") || type[length] == UInt8(ascii: " ")
            || type[length] == UInt8(ascii: "\t")
    }
}
