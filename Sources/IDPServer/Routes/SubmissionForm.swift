internal import EventHTTP
internal import Foundation
internal import Observability
internal import Pipeline

/// The form that both POSTs take, checked field by field: every mistake is named, none echoes the value.
///
/// Runs on a request queue: it looks at the first bytes of the file only, never opens it.
struct SubmissionForm {
    let file: UploadedFile
    let format: DocumentFormat
    let fio: ApplicantName
    let requestID: String?
    let callbackURL: String?
    let priority: JobPriority
    /// SHA-256 over the file's bytes and the known fields as they were sent, in no order.
    let fingerprint: [UInt8]

    /// The fields that mean something. Others are ignored, as browsers and gateways add their own.
    private static let knownFields: Set<String> = ["fio", "s3_path", "request_id", "callback_url", "priority"]

    /// - Throws: `VALIDATION_ERROR` with all mistakes, or `UNSUPPORTED_FILE_TYPE`.
    init(_ form: MultipartForm, uploadBytesMax: Int) throws(ServiceError) {
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
        if callbackURL != nil {
            mistakes.append(
                FieldError(
                    field: "callback_url", message: "callbacks are not part of this build; poll Location instead"))
        }
        Self.checkSource(form, into: &mistakes)
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
        guard mistakes.isEmpty, let name, let file = form.first(file: "file") else {
            throw ServiceError(.validationError, Self.summary(mistakes), fields: mistakes)
        }
        guard let format = DocumentFormat(prefix: file.prefix) else {
            throw ServiceError(
                .unsupportedFileType, "The file is not a PDF, JPEG, PNG or TIFF (told by its first bytes)",
                fields: [FieldError(field: "file", message: "must be a PDF, JPEG, PNG or TIFF document")])
        }
        self.file = file
        self.format = format
        fio = name
        let fields = form.fields.filter { Self.knownFields.contains($0.name) }.sorted { $0.name < $1.name }
        fingerprint = SHA256Digest.hash([file.sha256] + fields.flatMap { [Array($0.name.utf8), $0.value] })
    }

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

    private static func checkSource(_ form: MultipartForm, into mistakes: inout [FieldError]) {
        let file = form.first(file: "file")
        let path = form.first(field: "s3_path")
        if path != nil {
            mistakes.append(
                FieldError(
                    field: "s3_path",
                    message: file == nil
                        ? "no S3 store is configured (IDP_ARTIFACTS); send the document as file"
                        : "send file or s3_path, not both"))
        } else if file == nil, form.first(field: "file") == nil {
            mistakes.append(FieldError(field: "file", message: "is required: the document as a file part"))
        } else if let file, file.size == 0 {
            mistakes.append(FieldError(field: "file", message: "is empty"))
        }
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
