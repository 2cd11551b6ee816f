import Foundation

/// A Kafka cluster of the tests' own: `Tests/Tools/kafka_mock.c`, librdkafka's mock brokers with a door for tests.
public final class KafkaCluster: Sendable {
    /// A record as it lies in a topic.
    public struct Record: Sendable {
        /// Where it lies.
        public var partition: Int
        /// Its place there.
        public var offset: Int
        /// Nil where it has none.
        public var key: String?
        /// Nil where it has none.
        public var value: String?
        /// By their names.
        public var headers: [String: String]

        /// The value as JSON; null where it is none.
        public var json: JSONValue { value.flatMap { try? JSONValue(parsing: $0) } ?? .null }
    }

    /// The brokers' addresses.
    public let brokers: String
    private let control: HTTPClient
    private let child: ChildProcess

    /// Compiles the tool and starts a cluster with these topics and so many partitions each. Throws when it does not
    /// start.
    public init(_ topics: KeyValuePairs<String, Int>) async throws {
        let child = try ChildProcess(try await Self.tool(), topics.map { "\($0):\($1)" })
        self.child = child
        let facts = try await eventually("the cluster's facts", within: .seconds(60)) {
            if child.exitStatus != nil { throw DidNotStart(description: child.standardError) }
            return child.lines.first.flatMap { try? JSONValue(parsing: $0) }
        }
        guard let brokers = facts["brokers"].string, let control = facts["control"].int else {
            throw DidNotStart(description: child.standardOutput)
        }
        self.brokers = brokers
        self.control = HTTPClient(port: control)
    }

    deinit { child.killGroup() }

    /// The path of the compiled tool, for scripts that start a cluster themselves. Throws what the compiler said.
    public static func tool() async throws -> String { try await program.value.file("kafka_mock").path }

    private static let program = Task {
        let folder = try TemporaryDirectory("kafka")
        let run = try await Command.run(
            "clang",
            [
                "-O1", "-Wall", "-Werror", "-D_GNU_SOURCE", "-o", folder.file("kafka_mock").path,
                ProjectFiles.url("Tests/Tools/kafka_mock.c").path, "-lrdkafka", "-lpthread",
            ])
        guard run.succeeded else { throw DidNotStart(description: run.errors) }
        return folder
    }

    /// Thrown with what the compiler or the cluster said.
    public struct DidNotStart: Error, CustomStringConvertible {
        public var description: String
    }

    /// Writes a record; a value of nil writes none. Without a partition any is taken.
    public func produce(
        _ topic: String, _ value: String?, key: String? = nil, partition: Int = -1, traceparent: String? = nil
    ) async throws {
        var target = (value == nil ? "/tombstone" : "/produce") + "?topic=\(topic)&partition=\(partition)"
        if let key { target += "&key=\(key)" }
        if let traceparent { target += "&traceparent=\(traceparent)" }
        _ = try await ask("POST", target, Array((value ?? "").utf8))
    }

    /// What is in a topic; the last records may take a moment to be seen.
    public func records(_ topic: String) async throws -> [Record] {
        try await ask("GET", "/records?topic=\(topic)").split(separator: "\n").map { line in
            let record = try JSONValue(parsing: line)
            return Record(
                partition: record["partition"].int ?? -1, offset: record["offset"].int ?? -1,
                key: Self.text(record["key"]), value: Self.text(record["value"]),
                headers: (record["headers"].object ?? [:]).compactMapValues(Self.text))
        }
    }

    /// Waits until so many records are in a topic.
    public func records(
        _ topic: String, atLeast count: Int, within limit: Duration = .seconds(180)
    ) async throws -> [Record] {
        try await eventually("\(count) records in \(topic)", within: limit, every: .milliseconds(50)) {
            let records = try await self.records(topic)
            return records.count >= count ? records : nil
        }
    }

    /// Where a group goes on in each partition; nil where it has committed nothing.
    public func committed(_ group: String, _ topic: String, partitions: Int) async throws -> [Int?] {
        let text = try await ask("GET", "/committed?group=\(group)&topic=\(topic)&partitions=\(partitions)")
        return try JSONValue(parsing: text).array?.map { offset in offset.int.flatMap { $0 < 0 ? nil : $0 } } ?? []
    }

    /// Breaks all connections and refuses new ones, until `up`.
    public func down() async throws { _ = try await ask("POST", "/down") }

    /// Takes connections again.
    public func up() async throws { _ = try await ask("POST", "/up") }

    /// Has the next requests of a kind (Kafka's API keys; 0 is Produce, 8 is OffsetCommit) answered with an error of
    /// Kafka; a count of 0 takes back what was asked for.
    public func failNext(_ count: Int, api: Int, code: Int = 0) async throws {
        _ = try await ask("POST", "/fail?api=\(api)&code=\(code)&count=\(count)")
    }

    private func ask(_ method: String, _ target: String, _ body: [UInt8] = []) async throws -> String {
        let answer = try await control.send(method, target, body: body)
        guard answer.status == 200 else { throw UnexpectedAnswer(answer: answer) }
        return answer.text
    }

    private static func text(_ hex: JSONValue) -> String? {
        guard let digits = hex.string.map({ Array($0.utf8) }) else { return nil }
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
