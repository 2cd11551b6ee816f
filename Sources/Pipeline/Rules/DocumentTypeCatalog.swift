public import Foundation

/// The document types that count, with their names and validity windows: data that an operator can replace.
///
/// The file is a JSON array of `{"key", "name", "days", "aliases"}`. The keys of the built-in types bring their own
/// wordings with them; any other key is found by its name and its `aliases` (titles as the paper prints them).
public struct DocumentTypeCatalog: Sendable {
    /// In the file's order; keys are unique.
    public let types: [DocumentType]
    /// For each key: further titles of the type.
    public let aliases: [String: [String]]

    /// The window for a paper of no known type, whose age is still told.
    public static let unknownTypeDays = 40
    /// The longest window that a file may give.
    public static let daysLimit = 3660

    /// The 15 types of the product.
    public static let builtIn: DocumentTypeCatalog = {
        do {
            return try DocumentTypeCatalog(json: Data(PackageResources.types_json))
        } catch {
            preconditionFailure("the embedded types.json is broken: \(error)")
        }
    }()

    /// Reads and validates an operator's file.
    ///
    /// - Throws: `DocumentTypeCatalogError` with every mistake found, each saying where it is and what would be right.
    public init(json: Data) throws(DocumentTypeCatalogError) {
        let entries: [Entry]
        do {
            entries = try JSONDecoder().decode([Entry].self, from: json)
        } catch {
            throw DocumentTypeCatalogError(mistakes: [Entry.explain(error)])
        }
        var mistakes: [String] = []
        if entries.isEmpty { mistakes.append("the list of document types is empty: name at least one") }
        var keys: Set<String> = []
        for (index, entry) in entries.enumerated() {
            mistakes += entry.mistakes(at: index)
            if !keys.insert(entry.key).inserted {
                mistakes.append("entry \(index + 1): the key \"\(entry.key)\" is used twice: keys must differ")
            }
        }
        guard mistakes.isEmpty else { throw DocumentTypeCatalogError(mistakes: mistakes) }
        types = entries.map { DocumentType(key: $0.key, name: $0.name, days: $0.days) }
        aliases = entries.reduce(into: [:]) { $0[$1.key] = $1.aliases ?? [] }
    }

    /// The type with that key; nil when the catalog has none.
    public func type(key: String) -> DocumentType? { types.first { $0.key == key } }
}

/// What is wrong with a file of document types, in words for its operator.
public struct DocumentTypeCatalogError: Error, Sendable, Equatable, CustomStringConvertible {
    /// All mistakes found, in the file's order; never empty.
    public let mistakes: [String]

    /// The mistakes on one line each.
    public var description: String { mistakes.joined(separator: "\n") }
}

/// One entry of the file.
private struct Entry: Decodable {
    var key: String
    var name: String
    var days: Int
    var aliases: [String]?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case key, name, days, aliases
    }

    /// A field name of the file, whatever it is.
    private struct AnyField: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: AnyField.self)
        if let field = fields.allKeys.first(where: { CodingKeys(stringValue: $0.stringValue) == nil }) {
            let known = CodingKeys.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "unknown field \"\(field.stringValue)\": the fields are \(known)"))
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        key = try container.decode(String.self, forKey: .key)
        name = try container.decode(String.self, forKey: .name)
        days = try container.decode(Int.self, forKey: .days)
        aliases = try container.decodeIfPresent([String].self, forKey: .aliases)
    }

    func mistakes(at index: Int) -> [String] {
        let place = "entry \(index + 1)"
        var found: [String] = []
        let isKey = !key.isEmpty && key.utf8.count <= 64
            && key.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
        if !isKey {
            found.append("\(place): the key \"\(key)\" must be 1 to 64 of a-z, 0-9 and _")
        }
        if FoldedWord(name).count < 4 {
            found.append("\(place): the name \"\(name)\" must have at least four letters")
        }
        let limit = DocumentTypeCatalog.daysLimit
        if !(1...limit).contains(days) {
            found.append("\(place): days is \(days): it must be from 1 to \(limit)")
        }
        for alias in aliases ?? [] where FoldedWord(alias).count < 4 {
            found.append("\(place): the alias \"\(alias)\" must have at least four letters")
        }
        return found
    }

    /// A decoder's complaint in words for an operator.
    static func explain(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            let names = path.map { key in key.intValue.map { "entry \($0 + 1)" } ?? "\"\(key.stringValue)\"" }
            return names.isEmpty ? "the file" : names.joined(separator: ", ")
        }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context):
            return "\(place(context.codingPath)): \"\(key.stringValue)\" is missing"
        case .typeMismatch(let type, let context):
            return "\(place(context.codingPath)): must be \(describe(type))"
        case .valueNotFound(let type, let context):
            return "\(place(context.codingPath)): must be \(describe(type)), not null"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "\(place(context.codingPath)): \(context.debugDescription)"
        case .dataCorrupted, nil:
            return "the file is no valid JSON: it must be an array of {\"key\", \"name\", \"days\", \"aliases\"}"
        @unknown default:
            return "the file cannot be read: \(error)"
        }
    }

    private static func describe(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Int.Type: "a whole number"
        case is [String].Type: "a list of strings"
        default: type is any Collection.Type ? "a list" : "an object"
        }
    }
}
