/// One JSON log line in the making, in a buffer that is kept from line to line: the fast way for access logs, without
/// metadata dictionaries. Keys are plain words and are written as they are. Not thread-safe; a loop keeps its own.
///
///     line.begin(level: "info", logger: "idp.access", message: "request", unixMilliseconds: now)
///     line.field("status", 200)
///     line.end(to: sink, lane: lane)
///
/// It cannot be copied: a copy would write into the same buffer.
public struct LogLine: ~Copyable, Sendable {
    /// A line never grows beyond this; further members are left out and `"truncated":true` stands instead.
    public static let lengthLimitBytes = 16 * 1024
    /// A text value is cut here.
    public static let valueLimitBytes = 2048

    /// What was written so far.
    private let text = TextBuffer(capacity: 1024)
    private var isTruncated = false
    /// The second that `secondText` shows.
    private var second: UInt64 = .max
    /// `2026-03-12T09:05:07.`: lines of the same second differ in what follows.
    private var secondText: [UInt8] = []

    /// An empty line.
    public init() {}

    /// Starts a line over with the members that every line has.
    public mutating func begin(level: String, logger: String, message: String, unixMilliseconds: UInt64) {
        text.clear()
        isTruncated = false
        text.append(text: "{\"ts\":\"")
        append(unixMilliseconds)
        text.append(text: "Z\",\"level\":\"")
        text.append(text: level)
        text.append(byte: UInt8(ascii: "\""))
        field("logger", logger)
        field("message", message)
    }

    private mutating func append(_ unixMilliseconds: UInt64) {
        let (now, milliseconds) = unixMilliseconds.quotientAndRemainder(dividingBy: 1000)
        if now != second {
            second = now
            secondText.removeAll(keepingCapacity: true)
            TimestampText.append(unixMilliseconds: now * 1000, to: &secondText)
            // Without `000Z`.
            secondText.removeLast(4)
        }
        text.append(secondText)
        text.append(milliseconds, digits: 3)
    }

    /// Adds a text.
    public mutating func field(_ key: String, _ value: String) {
        let cut = Self.cut(value)
        guard open(key, valueBytes: cut.utf8.count) else { return }
        text.append(json: cut)
    }

    /// Adds a text of bytes of any origin.
    public mutating func field(_ key: String, bytes: UnsafeRawBufferPointer) {
        let cut = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.valueLimitBytes))
        guard open(key, valueBytes: cut.count) else { return }
        text.append(jsonOfBytes: cut)
    }

    /// Adds members that were made before: `"key":value` and so on, joined by commas, already JSON.
    public mutating func members(_ made: [UInt8]) {
        guard text.count + made.count + 64 <= Self.lengthLimitBytes else {
            isTruncated = true
            return
        }
        text.append(byte: UInt8(ascii: ","))
        text.append(made)
    }

    /// Adds a whole number.
    public mutating func field(_ key: String, _ value: Int) {
        guard open(key, valueBytes: 20) else { return }
        if value < 0 { text.append(byte: UInt8(ascii: "-")) }
        text.append(decimal: UInt64(value.magnitude))
    }

    /// Adds a truth value.
    public mutating func field(_ key: String, _ value: Bool) {
        guard open(key, valueBytes: 5) else { return }
        text.append(text: value ? "true" : "false")
    }

    /// Adds nanoseconds as milliseconds with three places: `"duration_ms":12.345`.
    public mutating func field(_ key: String, millisecondsOf nanoseconds: UInt64) {
        guard open(key, valueBytes: 24) else { return }
        let (milliseconds, microseconds) = (nanoseconds / 1000).quotientAndRemainder(dividingBy: 1000)
        text.append(decimal: milliseconds)
        guard microseconds > 0 else { return }
        text.append(byte: UInt8(ascii: "."))
        if microseconds % 100 == 0 {
            text.append(microseconds / 100, digits: 1)
        } else if microseconds % 10 == 0 {
            text.append(microseconds / 10, digits: 2)
        } else {
            text.append(microseconds, digits: 3)
        }
    }

    /// Adds `trace_id` and `span_id`.
    public mutating func trace(_ context: TraceContext) {
        guard open("trace_id", valueBytes: 80) else { return }
        text.append { text in
            text.append(UInt8(ascii: "\""))
            context.appendTraceID(to: &text)
            text.append(text: "\",\"span_id\":\"")
            HexText.append(context.spanID, to: &text)
            text.append(UInt8(ascii: "\""))
        }
    }

    /// Ends the line and hands it over.
    public mutating func end(to sink: LogSink, lane: Lane = .shared) {
        close()
        sink.write(text.bytes, lane: lane)
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
