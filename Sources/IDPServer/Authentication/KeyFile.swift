internal import Foundation
internal import Observability
internal import Pipeline

/// The file of `IDP_AUTH=keys:FILE`: who may call, and what each may do. Keys stand in it as hashes only.
///
///     {"keys": [
///       {"name": "loans", "sha256": "9f86…0a08", "scopes": ["submit", "read"], "rate": "600/1m", "queue": 200},
///       {"name": "scoring", "certificate": "uri:spiffe://bank/scoring", "scopes": ["read", "all-runs"],
///        "expires": "2027-06-30"}]}
///
/// A plain SHA-256 is enough: keys are random (`idp-server keys add` makes them, 256 bits), so there is nothing to
/// guess that a slow hash would make dearer, and a loop can afford it on each request.
struct KeyFile: Codable, Sendable, Equatable {
    /// The largest file that is read, in bytes.
    static let bytesMax = 1 << 20
    /// Each request is compared with all of them.
    static let keysMax = 1000

    /// One caller.
    struct Entry: Codable, Sendable, Equatable {
        /// 1 to 64 of `[A-Za-z0-9._-]`: stands in logs and beside runs.
        var name: String
        /// SHA-256 of each key, in hexadecimal digits: one, or several while a key is being replaced.
        var sha256: [String] = []
        /// A client certificate that stands for a key: its subject as RFC 2253 writes it, `dns:NAME`, `uri:URI` or
        /// `sha256:HEX`.
        var certificate: String?
        var scopes: [String]
        /// As `QuotaPolicy` has it.
        var rate: String?
        /// Most jobs that he may have waiting.
        var queue: Int?
        /// The last day on which it is good, in UTC.
        var expires: String?
    }

    var keys: [Entry]

    /// Entries that were checked, or will be.
    init(keys: [Entry]) {
        self.keys = keys
    }

    /// Reads and checks a file.
    ///
    /// - Throws: `KeyFileMistake` with what is wrong and where.
    init(path: String) throws(KeyFileMistake) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let size = attributes[.size] as? Int, let data = FileManager.default.contents(atPath: path)
        else { throw KeyFileMistake("\"\(path)\" cannot be read") }
        guard size <= Self.bytesMax else { throw KeyFileMistake("\"\(path)\" is larger than 1 MiB") }
        if let mode = attributes[.posixPermissions] as? Int, mode & 0o002 != 0 {
            throw KeyFileMistake("\"\(path)\" may be written by everybody: anyone could add a key")
        }
        try self.init(json: data)
    }

    /// Checks what a file says.
    init(json: Data) throws(KeyFileMistake) {
        do {
            self = try JSONDecoder().decode(Self.self, from: json)
        } catch let error as DecodingError {
            throw KeyFileMistake(Self.words(error))
        } catch {
            throw KeyFileMistake("is not JSON")
        }
        guard keys.count <= Self.keysMax else { throw KeyFileMistake("has more than \(Self.keysMax) keys") }
        var names: Set<String> = []
        for entry in keys {
            try entry.check()
            guard names.insert(entry.name).inserted else {
                throw KeyFileMistake("has two entries of the name \"\(entry.name)\"")
            }
        }
    }

    /// Values are left out: a key that somebody put there in clear must not reach a log.
    private static func words(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "lacks \"\(key.stringValue)\"\(place(context.codingPath))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "has a value of the wrong kind\(place(context.codingPath))"
        case .dataCorrupted(let context): context.codingPath.isEmpty ? "is not JSON" : context.debugDescription
        @unknown default: "is not a file of keys"
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        let words = path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
        return words.isEmpty ? "" : " at " + words.joined(separator: ".")
    }
}

/// What is wrong with a file of keys; goes to the operator.
struct KeyFileMistake: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension KeyFile.Entry {
    private enum Key: String, CodingKey, CaseIterable {
        case name, sha256, certificate, scopes, rate, queue, expires
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// A member that is misspelt would silently lift a limit: unknown ones are refused.
    init(from decoder: any Decoder) throws {
        let all = try decoder.container(keyedBy: AnyKey.self)
        if let unknown = all.allKeys.first(where: { Key(rawValue: $0.stringValue) == nil }) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath, debugDescription: "has an unknown member \"\(unknown.stringValue)\""
                ))
        }
        let members = try decoder.container(keyedBy: Key.self)
        name = try members.decode(String.self, forKey: .name)
        if let one = try? members.decode(String.self, forKey: .sha256) {
            sha256 = [one]
        } else {
            sha256 = try members.decodeIfPresent([String].self, forKey: .sha256) ?? []
        }
        certificate = try members.decodeIfPresent(String.self, forKey: .certificate)
        scopes = try members.decode([String].self, forKey: .scopes)
        rate = try members.decodeIfPresent(String.self, forKey: .rate)
        queue = try members.decodeIfPresent(Int.self, forKey: .queue)
        expires = try members.decodeIfPresent(String.self, forKey: .expires)
    }

    /// - Throws: what is wrong with it.
    func check() throws(KeyFileMistake) {
        guard (1...64).contains(name.utf8.count), Array(name.utf8).withUnsafeBytes(RequestID.isAcceptable) else {
            throw KeyFileMistake("has a name that is not 1 to 64 of letters, digits, dot, dash, underscore")
        }
        let place = "of \"\(name)\""
        guard !sha256.isEmpty || certificate?.isEmpty == false else {
            throw KeyFileMistake("has neither sha256 nor certificate \(place)")
        }
        guard sha256.allSatisfy({ Self.hash($0) != nil }) else {
            throw KeyFileMistake("has a sha256 \(place) that is not 64 hexadecimal digits")
        }
        if let unknown = scopes.first(where: { Scope(rawValue: $0) == nil }) {
            let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
            throw KeyFileMistake("has an unknown scope \"\(unknown)\" \(place); there are \(known)")
        }
        if let rate, QuotaPolicy(rate) == nil {
            throw KeyFileMistake("has a rate \(place) that is not like 100/1m")
        }
        if let queue, queue < 0 { throw KeyFileMistake("has a queue below 0 \(place)") }
        if let expires, CalendarDate(iso: expires) == nil {
            throw KeyFileMistake("has an expires \(place) that is not a day written YYYY-MM-DD")
        }
    }

    /// The bytes of a hash in hexadecimal digits; nil unless there are 32.
    static func hash(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = digit(digits[index]), let low = digit(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}
