internal import EventHTTP
internal import Foundation
internal import Observability
internal import Pipeline

/// A request for a verdict as it stands in a record:
/// `{request_id, s3_path, iin, first_name, last_name, second_name?, document_type?}`.
///
/// Checked member by member as a form is: every mistake is named, none echoes the value. `iin` is checked and kept
/// nowhere; `document_type` is what the sender takes the document for, which decides nothing. Members that are not
/// known are ignored.
struct RequestEvent: Sendable, Equatable {
    /// The largest record that is read.
    static let bytesMax = 64 << 10

    let requestID: String
    let document: S3Key
    let fio: ApplicantName
    /// SHA-256 over all that the event says of the request.
    let fingerprint: [UInt8]

    /// - Parameter buckets: those that `s3_path` may name.
    /// - Throws: `VALIDATION_ERROR` with all mistakes.
    init(_ bytes: [UInt8]?, buckets: [String]) throws(ServiceError) {
        let members = try Self.members(bytes)
        var mistakes: [FieldError] = []
        func attempt<Value>(_ body: () throws(ServiceError) -> Value) -> Value? {
            do throws(ServiceError) {
                return try body()
            } catch {
                mistakes.append(contentsOf: error.fields)
                return nil
            }
        }
        let requestID = attempt { () throws(ServiceError) in try Self.requestID(members) }
        let path = attempt { () throws(ServiceError) in try Self.required(members.path, "s3_path") }
        let document = path.flatMap { path in
            attempt { () throws(ServiceError) in try S3Key(submitted: path, buckets: buckets) }
        }
        let iin = attempt { () throws(ServiceError) in try Self.iin(members) }
        let last = attempt { () throws(ServiceError) in try Self.required(members.lastName, "last_name") }
        let first = attempt { () throws(ServiceError) in try Self.required(members.firstName, "first_name") }
        let second = attempt { () throws(ServiceError) in try Self.optional(members.secondName, "second_name") }
        var fio: ApplicantName?
        if let last, let first, let second {
            fio = attempt { () throws(ServiceError) in try Self.name([last, first] + (second.map { [$0] } ?? [])) }
        }
        guard mistakes.isEmpty, let requestID, let document, let iin, let fio else {
            throw ServiceError(.validationError, Self.summary(mistakes), fields: mistakes)
        }
        self.requestID = requestID
        self.document = document
        self.fio = fio
        let parts = [requestID, document.bucket, document.key, iin, fio.text]
        fingerprint = SHA256Digest.hash(parts.map { Array($0.utf8) })
    }

    /// The request's id, if the record says that much; for whoever waits for an answer to a record that is no event.
    static func requestID(in bytes: [UInt8]?) -> String? {
        guard let members = try? members(bytes) else { return nil }
        return try? requestID(members)
    }

    private static func members(_ bytes: [UInt8]?) throws(ServiceError) -> EventMembers {
        guard let bytes, !bytes.isEmpty else { throw whole("the record has no value") }
        guard bytes.count <= bytesMax else { throw whole("the record is larger than \(bytesMax) bytes") }
        // Foundation would take other encodings too, which it knows by their zeros, and mend what is broken.
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil,
            let members = try? JSONDecoder().decode(EventMembers.self, from: Data(bytes))
        else { throw whole("the record is not a JSON object in UTF-8") }
        return members
    }

    private static func requestID(_ members: EventMembers) throws(ServiceError) -> String {
        let text: String
        if case .integer(let number) = members.requestID {
            text = String(number)
        } else {
            text = try required(members.requestID, "request_id")
        }
        guard Array(text.utf8).withUnsafeBytes(RequestID.isAcceptable) else {
            throw mistake("request_id", "must be 1 to 128 of letters, digits, dot, dash, underscore")
        }
        return text
    }

    /// Twelve digits. A number has lost the zeros that it began with, which stand for the years from 2000 on: it may
    /// be shorter if what it stands for begins with a day.
    private static func iin(_ members: EventMembers) throws(ServiceError) -> String {
        let wrong = mistake("iin", "must be 12 digits")
        switch members.iin {
        case .integer(let number):
            guard number > 0, number < 1_000_000_000_000 else { throw wrong }
            let digits = String(number)
            let padded = String(repeating: "0", count: 12 - digits.count) + digits
            guard digits.count == 12 || CalendarDate(iso: day(padded)) != nil else { throw wrong }
            return padded
        case .text(let text):
            guard text.utf8.count == 12, text.utf8.allSatisfy({ (48...57).contains($0) }) else { throw wrong }
            return text
        case .other: throw wrong
        case nil: throw mistake("iin", "is required")
        }
    }

    private static func day(_ iin: String) -> String {
        let digits = Array(iin)
        return "20\(String(digits[0..<2]))-\(String(digits[2..<4]))-\(String(digits[4..<6]))"
    }

    private static func name(_ parts: [String]) throws(ServiceError) -> ApplicantName {
        do throws(ServiceError) {
            return try ApplicantName(validating: parts.joined(separator: " "))
        } catch {
            let message = error.fields.first?.message ?? "is no name"
            throw mistake("last_name, first_name, second_name", message)
        }
    }

    private static func required(_ value: EventMembers.Value?, _ name: String) throws(ServiceError) -> String {
        guard let text = try optional(value, name) else { throw mistake(name, "is required") }
        return text
    }

    /// Nil where it is not there, null or blank.
    private static func optional(_ value: EventMembers.Value?, _ name: String) throws(ServiceError) -> String? {
        switch value {
        case nil: return nil
        case .text(let text): return text.contains { !$0.isWhitespace } ? text : nil
        case .integer, .other: throw mistake(name, "must be text")
        }
    }

    private static func whole(_ message: String) -> ServiceError {
        ServiceError(.validationError, "Invalid request: \(message)")
    }

    private static func mistake(_ name: String, _ message: String) -> ServiceError {
        ServiceError(.validationError, fields: [FieldError(field: name, message: message)])
    }

    private static func summary(_ mistakes: [FieldError]) -> String {
        "Invalid request: " + mistakes.map { "\($0.field) \($0.message)" }.joined(separator: "; ")
    }
}

/// The members of an event that mean something, of whatever type they are: each is judged by itself, so that the id of
/// a request is found in what is otherwise wrong.
private struct EventMembers: Decodable {
    enum Value: Decodable {
        case text(String)
        case integer(Int64)
        /// A fraction, a truth value, an array or an object.
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // Tried one after the other: which of them fits says what it is.
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let number = try? container.decode(Int64.self) {
                self = .integer(number)
            } else {
                self = .other
            }
        }
    }

    var requestID: Value?
    var path: Value?
    var iin: Value?
    var firstName: Value?
    var lastName: Value?
    var secondName: Value?

    private enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case path = "s3_path"
        case iin
        case firstName = "first_name"
        case lastName = "last_name"
        case secondName = "second_name"
    }
}
