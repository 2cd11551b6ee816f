internal import Foundation
internal import Observability

/// A query's parameters. Those that a route does not know are ignored; those that it knows are given once.
struct Query {
    private var values: [String: String] = [:]

    /// - Throws: `VALIDATION_ERROR` naming a parameter that is doubled or whose encoding is broken.
    init(_ text: String, known: Set<String>) throws(ServiceError) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let raw = parts.count > 1 ? parts[1].replacing("+", with: " ") : ""
            guard let name = String(parts[0]).removingPercentEncoding, let value = raw.removingPercentEncoding else {
                throw Query.mistake("query", "has a broken percent encoding")
            }
            guard known.contains(name) else { continue }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Query.mistake(name, "was given more than once")
            }
        }
    }

    /// A parameter's value; nil when it was not given.
    func value(_ name: String) -> String? { values[name] }

    /// A whole number within `range`.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(ServiceError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Query.mistake(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The error for one wrong parameter.
    static func mistake(_ name: String, _ message: String) -> ServiceError {
        ServiceError(
            .validationError, "Invalid request: \(name) \(message)", fields: [FieldError(field: name, message: message)]
        )
    }
}
