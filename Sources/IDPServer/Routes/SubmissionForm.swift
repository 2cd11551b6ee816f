internal import EventHTTP
internal import Foundation
internal import Observability
internal import OutboundHTTP
internal import Pipeline

/// The form that both POSTs take, checked field by field: every mistake is named, none echoes the value.
///
/// Runs on a request queue: it looks at the first bytes of the file only, never opens it.
struct SubmissionForm {
    /// Where the document is.
    enum Source {
        /// It came with the form.
        case file(UploadedFile)
        /// It is to be fetched.
        case object(S3Key)
    }

    let source: Source
    let fio: ApplicantName
    let requestID: String?
    let callbackURL: String?
    let priority: JobPriority
    /// The known fields as they were sent, sorted.
    private let fields: [[UInt8]]

    /// The fields that mean something. Others are ignored, as browsers and gateways add their own.
    private static let knownFields: Set<String> = ["fio", "s3_path", "request_id", "callback_url", "priority"]

    /// - Parameters:
    ///   - buckets: those that `s3_path` may name; empty where there is no S3.
    ///   - callbacks: where callbacks may go; nil where there are none.
    /// - Throws: `VALIDATION_ERROR` with all mistakes.
    init(
        _ form: MultipartForm, buckets: [String] = [], callbacks: DestinationPolicy? = nil
    ) throws(ServiceError) {
        var mistakes: [FieldError] = []
        Self.checkNames(form, into: &mistakes)
        let fioText = Self.text("fio", in: form, into: &mistakes)
        requestID = Self.text("request_id", in: form, into: &mistakes)
        callbackURL = Self.text("callback_url", in: form, into: &mistakes)
        priority = Self.priority(in: form, into: &mistakes)
        if let requestID, !Array(requestID.utf8).withUnsafeBytes(RequestID.isAcceptable) {
            mistakes.append(
                FieldError(field: "request_id", message: "must be 1 to 128 of letters, digits, dot, dash, underscore"))
        }
        if let callbackURL {
            let refusal =
                callbacks.map { $0.refusal(ofCallback: callbackURL) }
                ?? "this server sends no callbacks (IDP_WEBHOOK_SECRET); poll Location instead"
            if let refusal { mistakes.append(FieldError(field: "callback_url", message: refusal)) }
        }
        let source = Self.source(form, buckets, into: &mistakes)
        var name: ApplicantName?
        do throws(ServiceError) {
            if let fioText {
                name = try ApplicantName(validating: fioText)
            } else if form.first(field: "fio") == nil {
                mistakes.append(FieldError(field: "fio", message: "is required: the applicant's full name"))
            }
        } catch {
            mistakes.append(contentsOf: error.fields)
        }
        guard mistakes.isEmpty, let name, let source else {
            throw ServiceError(.validationError, Self.summary(mistakes), fields: mistakes)
        }
        self.source = source
        fio = name
        fields = form.fields.filter { Self.knownFields.contains($0.name) }.sorted { $0.name < $1.name }
            .flatMap { [Array($0.name.utf8), $0.value] }
    }

    /// The type of a document that begins like this.
    ///
    /// - Throws: `UNSUPPORTED_FILE_TYPE`.
    func format(_ prefix: [UInt8]) throws(ServiceError) -> DocumentFormat {
        guard let format = DocumentFormat(prefix: prefix) else {
            let field =
                switch source {
                case .file: "file"
                case .object: "s3_path"
                }
            throw ServiceError(
                .unsupportedFileType, "The file is not a PDF, JPEG, PNG or TIFF (told by its first bytes)",
                fields: [FieldError(field: field, message: "must be a PDF, JPEG, PNG or TIFF document")])
        }
        return format
    }

    /// SHA-256 over a document's hash and the known fields as they were sent, in no order.
    func fingerprint(_ sha256: [UInt8]) -> [UInt8] { SHA256Digest.hash([sha256] + fields) }

    private static func checkNames(_ form: MultipartForm, into mistakes: inout [FieldError]) {
        var seen: Set<String> = []
        for field in form.fields {
            if field.name == "file" {
                mistakes.append(
                    FieldError(field: "file", message: "must be sent as a file part with a filename, not as a value"))
            } else if knownFields.contains(field.name), !seen.insert(field.name).inserted {
                mistakes.append(FieldError(field: field.name, message: "was sent more than once"))
            }
        }
        for file in form.files where file.fieldName != "file" {
            mistakes.append(
                FieldError(
                    field: String(file.fieldName.prefix(64)), message: "must not be a file; only the field file is one")
            )
        }
        if form.files.count(where: { $0.fieldName == "file" }) > 1 {
            mistakes.append(FieldError(field: "file", message: "was sent more than once; one document a request"))
        }
    }

    private static func source(
        _ form: MultipartForm, _ buckets: [String], into mistakes: inout [FieldError]
    ) -> Source? {
        let file = form.first(file: "file")
        func refuse(_ field: String, _ message: String) -> Source? {
            mistakes.append(FieldError(field: field, message: message))
            return nil
        }
        guard form.first(field: "s3_path") == nil else {
            if file != nil || form.first(field: "file") != nil {
                return refuse("s3_path", "send file or s3_path, not both")
            }
            guard !buckets.isEmpty else {
                return refuse("s3_path", "no S3 store is configured (IDP_ARTIFACTS); send the document as file")
            }
            // Broken UTF-8 has been told of.
            guard let path = text("s3_path", in: form, into: &mistakes) else {
                return mistakes.contains { $0.field == "s3_path" } ? nil : refuse("s3_path", "is empty")
            }
            do throws(ServiceError) {
                return .object(try S3Key(submitted: path, buckets: buckets))
            } catch {
                mistakes.append(contentsOf: error.fields)
                return nil
            }
        }
        guard let file else {
            // A value where a file should be has been told of.
            return form.first(field: "file") == nil ? refuse("file", "is required: the document as a file part") : nil
        }
        return file.size > 0 ? .file(file) : refuse("file", "is empty")
    }

    private static func priority(in form: MultipartForm, into mistakes: inout [FieldError]) -> JobPriority {
        guard let text = text("priority", in: form, into: &mistakes) else { return .normal }
        guard let priority = JobPriority(text: text) else {
            mistakes.append(FieldError(field: "priority", message: "must be low, normal, high or a digit from 0 to 9"))
            return .normal
        }
        return priority
    }

    /// A field's value as text; absent and empty optional fields are nil, broken UTF-8 is a mistake.
    private static func text(
        _ name: String, in form: MultipartForm, into mistakes: inout [FieldError]
    ) -> String? {
        guard let value = form.first(field: name) else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else {
            mistakes.append(FieldError(field: name, message: "must be UTF-8 text"))
            return nil
        }
        return text.isEmpty && name != "fio" ? nil : text
    }

    private static func summary(_ mistakes: [FieldError]) -> String {
        "Invalid request: " + mistakes.map { "\($0.field) \($0.message)" }.joined(separator: "; ")
    }
}
