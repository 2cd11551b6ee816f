import Dependencies
import Observability

/// Why S3 did not do what was asked, where it answered at all.
enum S3Error: DependencyError, CategorizedError, Hashable {
    /// No such key or bucket.
    case notFound
    /// The key may not do this, or does not exist.
    case denied(code: String)
    /// What came is not what was put there, or not what its own checksum says.
    case corrupt
    /// The object is larger than it may be.
    case tooLarge(limitBytes: Int)
    /// Another refusal, or an answer that makes no sense.
    case refused(status: Int, code: String)

    /// Damage on the way may not come again; everything else would.
    var dependencyFailure: DependencyFailure {
        switch self {
        case .notFound: DependencyFailure(outcome: "not_found", kind: .permanent)
        case .denied: DependencyFailure(outcome: "denied", kind: .permanent)
        case .corrupt: DependencyFailure(outcome: "corrupt", kind: .transient)
        case .tooLarge: DependencyFailure(outcome: "too_large", kind: .permanent)
        // What S3 says where the client was too slow for it, or its own parts were.
        case .refused(_, "RequestTimeout"), .refused(_, "InternalError"), .refused(_, "SlowDown"):
            DependencyFailure(outcome: "refused", kind: .transient)
        case .refused: DependencyFailure(outcome: "refused", kind: .permanent)
        }
    }

    /// `STORAGE_FAILED`; a caller's wrong key is said by who knows that it is one.
    var serviceError: ServiceError {
        switch self {
        case .tooLarge: ServiceError(.fileTooLarge, cause: "s3: \(self)")
        case .notFound, .denied, .corrupt, .refused: ServiceError(.storageFailed, cause: "s3: \(self)")
        }
    }

    /// What an answer that is no success means.
    init(status: Int, body: [UInt8]) {
        let code = S3Text.value(of: "Code", in: body) ?? "none"
        switch status {
        case 404: self = .notFound
        case 401, 403: self = .denied(code: code)
        default: self = .refused(status: status, code: code)
        }
    }
}

extension ServiceError {
    /// What a failed call of S3 is to callers: `DEPENDENCY_UNAVAILABLE` where nothing was asked or the deadline passed,
    /// else `STORAGE_FAILED` (`FILE_TOO_LARGE`, `CLIENT_CLOSED_REQUEST`, `SHUTTING_DOWN` where it is that).
    static func ofS3(_ error: any Error) -> ServiceError {
        switch error {
        case let error as S3Error: return error.serviceError
        case let error as HTTPDependencyError:
            let known = error.serviceError
            let seconds = known.retryAfter ?? 5
            return ServiceError(.storageFailed, retryAfter: seconds, cause: known.cause)
        case let error as DependencyRefusal: return error.serviceError
        case is Observability.DeadlineExceeded:
            return ServiceError(.dependencyUnavailable, retryAfter: 5, cause: "s3: no time left")
        default:
            let known = ServiceError.from(error)
            return known.code == .internalProcessingError
                ? ServiceError(.storageFailed, cause: "s3: \(known.cause ?? "")") : known
        }
    }
}

/// The few words that are read out of S3's XML: leaf elements without attributes, by their names. A parser of all XML
/// would be a library of a megabyte and a door for entities; what this does not understand it does not find.
enum S3Text {
    /// The first element's text.
    static func value(of name: String, in body: [UInt8]) -> String? { values(of: name, in: body).first }

    /// The texts of all elements of a name, in their order.
    static func values(of name: String, in body: [UInt8]) -> [String] {
        let text = String(decoding: body, as: UTF8.self)
        var found: [String] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "<\(name)>"), let end = rest[open.upperBound...].firstRange(of: "</\(name)>") {
            found.append(unescaped(rest[open.upperBound..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return found
    }

    private static func unescaped(_ text: Substring) -> String {
        var text = String(text)
        for (entity, character) in [("&quot;", "\""), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")] {
            text = text.replacing(entity, with: character)
        }
        return text
    }
}
