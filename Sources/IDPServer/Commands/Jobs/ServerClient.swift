internal import ArgumentParser
internal import Foundation
internal import Observability
internal import OutboundHTTP

/// A running server's HTTP API, as the `jobs` commands use it. Blocks.
struct ServerClient: Sendable {
    let base: String
    /// Sent as a bearer credential; nil sends none.
    let key: String?
    let client: HTTPClient

    /// Longer than the longest long poll.
    private static let timeout = Duration.seconds(JobRoutes.waitMax + 15)
    private static let answerLimitBytes = 16 << 20

    /// Sends a request and gives the answer's JSON.
    ///
    /// - Throws: `ExitCode(1)`, told on standard error, when there is no answer or it is an error.
    func json(_ method: String, _ path: String) throws -> JSONNode {
        var fields: [(name: String, value: String)] = [("Accept", "application/json")]
        if let key { fields.append((name: "Authorization", value: "Bearer \(key)")) }
        let answer: HTTPClientResponse
        do {
            answer = try client.send(
                HTTPClientRequest(
                    method: method, url: base + path, fields: fields, timeout: Self.timeout,
                    responseLimitBytes: Self.answerLimitBytes))
        } catch {
            throw Self.failure("no answer from \(base): \(error)")
        }
        guard let body = JSONNode(json: answer.body) else {
            throw Self.failure("\(base)\(path) answered \(answer.status) without JSON: is it an idp-server?")
        }
        guard (200..<300).contains(answer.status) else {
            let detail = body["detail"]
            let code = detail?["code"]?.text ?? "\(answer.status)"
            let again = answer.retryAfter.map { "; try again in \($0) s" } ?? ""
            throw Self.failure("\(code): \(detail?["message"]?.text ?? "no message")\(again)")
        }
        return body
    }

    private static func failure(_ text: String) -> ExitCode {
        StandardError.write("idp-server: \(text)\n")
        return ExitCode(1)
    }
}

extension JSONNode {
    /// The text of a string; numbers and truth values as they are written. Nil for null, lists and objects.
    var text: String? {
        switch self {
        case .string(let value): value
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .bool(let value): String(value)
        case .null, .array, .object: nil
        }
    }

    /// The elements of a list; none for anything else.
    var elements: [JSONNode] {
        if case .array(let elements) = self { return elements }
        return []
    }

    /// As one line of JSON.
    var line: String {
        (try? JSONEncoder.wire.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}
