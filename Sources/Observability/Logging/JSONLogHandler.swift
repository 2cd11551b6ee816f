public import Logging

/// The swift-log back end: one JSON object per line, with fixed members first (`ts`, `level`, `logger`, `message`),
/// then the ids that tie lines together, then the rest by name. Personal data is masked by key.
public struct JSONLogHandler: LogHandler {
    /// The logger's name, as in `Logger(label:)`.
    public let label: String
    /// Members of every line of this logger.
    public var metadata: Logger.Metadata = [:]
    /// Members of the running task.
    public var metadataProvider: Logger.MetadataProvider?
    /// Lines below this level are not written.
    public var logLevel: Logger.Level

    private let sink: LogSink
    private let redaction: LogRedaction
    private let unixMilliseconds: @Sendable () -> UInt64

    /// A handler that writes to `sink`; `unixMilliseconds` is the wall clock, which only the executable reads.
    public init(
        label: String, level: Logger.Level = .info, sink: LogSink, redaction: LogRedaction = LogRedaction(),
        metadataProvider: Logger.MetadataProvider? = nil, unixMilliseconds: @escaping @Sendable () -> UInt64
    ) {
        self.label = label
        self.logLevel = level
        self.sink = sink
        self.redaction = redaction
        self.metadataProvider = metadataProvider
        self.unixMilliseconds = unixMilliseconds
    }

    /// One member of this logger's lines.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        var members: [String: Member] = [:]
        flatten(metadata, prefix: "", into: &members)
        if let provided = metadataProvider?.get() { flatten(provided, prefix: "", into: &members) }
        if let own = event.metadata { flatten(own, prefix: "", into: &members) }
        if let error = event.error {
            let known = ServiceError.from(error)
            members["error"] = .text(known.code.rawValue)
            members["cause"] = known.cause.map { .text($0) }
        }

        var line = LogLine()
        line.begin(
            level: event.level.rawValue, logger: label, message: event.message.description,
            unixMilliseconds: unixMilliseconds())
        for key in Self.leadingKeys {
            if let value = members.removeValue(forKey: key) { value.write(key, to: &line) }
        }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) { value.write(key, to: &line) }
        line.end(to: sink)
    }

    private static let leadingKeys = ["request_id", "run_id", "trace_id", "span_id"]
    private static let reservedKeys: Set<String> = ["ts", "level", "logger", "message", "truncated"]
    private static let depthLimit = 4

    /// Flattens nested dictionaries (`a.b` and `a: {b}` both become `a_b`), masks, and keeps the later of two values.
    private func flatten(
        _ metadata: Logger.Metadata, prefix: String, depth: Int = 0, into members: inout [String: Member]
    ) {
        for (key, value) in metadata {
            let name = prefix + Self.memberName(key)
            if redaction.masks(name) {
                members[Self.freeName(name)] = .text(LogRedaction.mask)
            } else if case .dictionary(let inner) = value, depth < Self.depthLimit {
                flatten(inner, prefix: name + "_", depth: depth + 1, into: &members)
            } else {
                members[Self.freeName(name)] = member(value)
            }
        }
    }

    /// A member's value: whole numbers and truth values given as themselves stay so, everything else is text.
    private enum Member {
        case text(String)
        case number(Int)
        case truth(Bool)

        func write(_ key: String, to line: inout LogLine) {
            switch self {
            case .text(let text): line.field(key, text)
            case .number(let number): line.field(key, number)
            case .truth(let truth): line.field(key, truth)
            }
        }
    }

    private func member(_ value: Logger.MetadataValue) -> Member {
        if case .stringConvertible(let given) = value {
            if let number = given as? Int { return .number(number) }
            if let truth = given as? Bool { return .truth(truth) }
        }
        return .text(plainText(value))
    }

    private func plainText(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): text
        case .stringConvertible(let value): value.description
        case .array(let values): values.map { plainText($0) }.joined(separator: ", ")
        // Deeper than anybody writes on purpose, or inside a list: its keys could not be masked one by one.
        case .dictionary: LogRedaction.mask
        }
    }

    /// Lower case, with underscores for everything but letters and digits: `request.id`, `Request-ID` → `request_id`.
    private static func memberName(_ key: String) -> String {
        String(decoding: key.lowercased().utf8.map { isWordByte($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func freeName(_ name: String) -> String {
        reservedKeys.contains(name) ? "field_" + name : name
    }
}
