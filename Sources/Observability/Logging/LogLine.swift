/// One JSON log line in the making, in a buffer that is kept from line to line: the fast way for access logs, without
/// metadata dictionaries. Keys are plain words and are written as they are. Not thread-safe; a loop keeps its own.
///
///     line.begin(level: "info", logger: "idp.access", message: "request", unixMilliseconds: now)
///     line.field("status", 200)
///     line.end(to: sink, lane: lane)
public struct LogLine: Sendable {
    /// A line never grows beyond this; further members are left out and `"truncated":true` stands instead.
    public static let lengthLimitBytes = 16 * 1024
    /// A text value is cut here.
    public static let valueLimitBytes = 2048

    /// What was written so far.
    private(set) var text: [UInt8] = []
    private var isTruncated = false

    /// An empty line.
    public init() {}

    /// Starts a line over with the members that every line has.
    public mutating func begin(level: String, logger: String, message: String, unixMilliseconds: UInt64) {
        text.removeAll(keepingCapacity: true)
        isTruncated = false
        text.append(text: "{\"ts\":\"")
        TimestampText.append(unixMilliseconds: unixMilliseconds, to: &text)
        text.append(text: "\",\"level\":\"")
        text.append(text: level)
        text.append(UInt8(ascii: "\""))
        field("logger", logger)
        field("message", message)
    }

    /// Adds a text.
    public mutating func field(_ key: String, _ value: String) {
        let cut = Self.cut(value)
        guard open(key, valueBytes: cut.utf8.count) else { return }
        JSONText.append(cut, to: &text)
    }

    /// Adds a text of bytes of any origin.
    public mutating func field(_ key: String, bytes: UnsafeRawBufferPointer) {
        let cut = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.valueLimitBytes))
        guard open(key, valueBytes: cut.count) else { return }
        JSONText.append(bytes: cut, to: &text)
    }

    /// Adds a whole number.
    public mutating func field(_ key: String, _ value: Int) {
        guard open(key, valueBytes: 20) else { return }
        DecimalText.append(Int64(value), to: &text)
    }

    /// Adds a truth value.
    public mutating func field(_ key: String, _ value: Bool) {
        guard open(key, valueBytes: 5) else { return }
        text.append(text: value ? "true" : "false")
    }

    /// Adds nanoseconds as milliseconds with three places: `"duration_ms":12.345`.
    public mutating func field(_ key: String, millisecondsOf nanoseconds: UInt64) {
        guard open(key, valueBytes: 24) else { return }
        DecimalText.append(units: nanoseconds / 1000, exponent: 3, to: &text)
    }

    /// Adds `trace_id` and `span_id`.
    public mutating func trace(_ context: TraceContext) {
        guard open("trace_id", valueBytes: 80) else { return }
        text.append(UInt8(ascii: "\""))
        context.appendTraceID(to: &text)
        text.append(text: "\",\"span_id\":\"")
        HexText.append(context.spanID, to: &text)
        text.append(UInt8(ascii: "\""))
    }

    /// Ends the line and hands it over.
    public mutating func end(to sink: LogSink, lane: Lane = .shared) {
        close()
        text.withUnsafeBytes { sink.write($0, lane: lane) }
    }

    /// Ends the line with its brace and line feed.
    mutating func close() {
        if isTruncated { text.append(text: ",\"truncated\":true") }
        text.append(text: "}\n")
    }

    /// Writes `,"key":` if the member fits; a value may need six bytes for one (`\u0000`, U+FFFD needs three).
    private mutating func open(_ key: String, valueBytes: Int) -> Bool {
        guard text.count + (key.utf8.count + valueBytes) * 6 + 64 <= Self.lengthLimitBytes || fits(key, valueBytes)
        else {
            isTruncated = true
            return false
        }
        text.append(text: ",\"")
        text.append(text: key)
        text.append(text: "\":")
        return true
    }

    // Near the end of the line the first, careless estimate refuses too much: a text seldom needs escapes.
    private func fits(_ key: String, _ valueBytes: Int) -> Bool {
        valueBytes <= 128 && text.count + key.utf8.count + valueBytes * 6 + 128 <= Self.lengthLimitBytes
    }

    private static func cut(_ value: String) -> String {
        guard value.utf8.count > valueLimitBytes else { return value }
        var end = value.utf8.index(value.utf8.startIndex, offsetBy: valueLimitBytes)
        while end.samePosition(in: value.unicodeScalars) == nil { end = value.utf8.index(before: end) }
        return value[..<end] + "…"
    }
}
