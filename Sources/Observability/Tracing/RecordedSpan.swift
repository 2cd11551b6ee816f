internal import Synchronization

/// A span that is being recorded: it exists only where tracing is on and the trace is sampled. Thread-safe; what is
/// set after `end` is lost. A span that nobody ends is not exported.
public final class RecordedSpan: Sendable {
    /// The span's part in a conversation.
    public enum Kind: Sendable, Hashable {
        case `internal`, server, client, producer, consumer
    }

    /// A value of an attribute.
    public enum Value: Sendable, Hashable {
        case string(String)
        case int(Int64)
        case double(Double)
        case bool(Bool)
        case strings([String])
    }

    /// A named value. Never anything personal: no name, no file name, no text of a document.
    public struct Attribute: Sendable, Hashable {
        /// As OpenTelemetry's semantic conventions call it.
        public let key: String
        /// Its value.
        public let value: Value

        /// A named value.
        public init(_ key: String, _ value: Value) {
            self.key = key
            self.value = value
        }

        /// A text.
        public init(_ key: String, _ value: String) { self.init(key, .string(value)) }
        /// A whole number.
        public init(_ key: String, _ value: Int) { self.init(key, .int(Int64(value))) }
    }

    /// A moment within the span.
    public struct Event: Sendable, Hashable {
        /// What happened.
        public let name: String
        /// When, in nanoseconds since 1970.
        public let unixNanoseconds: UInt64
        /// What is known of it.
        public let attributes: [Attribute]
    }

    /// A span of another trace that this one has to do with.
    public struct Link: Sendable, Hashable {
        /// The other span.
        public let context: TraceContext
        /// What is known of the relation.
        public let attributes: [Attribute]

        /// A link to the span of `context`.
        public init(_ context: TraceContext, attributes: [Attribute] = []) {
            self.context = context
            self.attributes = attributes
        }
    }

    /// How the work ended.
    public enum Status: Sendable, Hashable {
        /// Not said; also what HTTP servers leave at 1xx to 4xx.
        case unset
        /// Said on purpose; final.
        case ok
        /// With a description where the attributes do not say it already.
        case error(String?)
    }

    /// Everything of a span that has ended, as exporters get it.
    public struct Record: Sendable, Hashable {
        /// The span's own ids.
        public var context: TraceContext
        /// The parent's span id; nil at the root.
        public var parentSpanID: UInt64?
        /// Whether the parent is in another process.
        public var hasRemoteParent: Bool
        /// Low in cardinality: a route's template, a stage's name.
        public var name: String
        /// Its part in a conversation.
        public var kind: Kind
        /// Nanoseconds since 1970.
        public var startUnixNanoseconds: UInt64
        /// Nanoseconds since 1970; not before the start.
        public var endUnixNanoseconds: UInt64
        /// At most `countLimit`, each key once.
        public var attributes: [Attribute]
        /// At most `countLimit`, in the order they were added.
        public var events: [Event]
        /// At most `countLimit`.
        public var links: [Link]
        /// How it ended.
        public var status: Status
        /// Attributes beyond the limit.
        public var droppedAttributes = 0
        /// Events beyond the limit.
        public var droppedEvents = 0
        /// Links beyond the limit.
        public var droppedLinks = 0
    }

    /// How many attributes, events and links a span keeps each: OpenTelemetry's default.
    public static let countLimit = 128

    /// The ids to hand on to children and to dependencies.
    public let context: TraceContext
    private let record: Mutex<Record?>
    private let now: @Sendable () -> UInt64
    private let onEnd: @Sendable (Record) -> Void

    /// A span that runs; `onEnd` gets its record once, on the thread that ends it.
    init(_ record: Record, now: @escaping @Sendable () -> UInt64, onEnd: @escaping @Sendable (Record) -> Void) {
        context = record.context
        self.record = Mutex(record)
        self.now = now
        self.onEnd = onEnd
    }

    /// Whether it has not ended.
    public var isRecording: Bool { record.withLock { $0 != nil } }

    /// The span's name; changes are lost after the end.
    public var name: String {
        get { record.withLock { $0?.name ?? "" } }
        set { record.withLock { $0?.name = newValue } }
    }

    /// Sets an attribute; one of the same key is replaced.
    public func set(_ attribute: Attribute) {
        record.withLock { record in
            guard let count = record?.attributes.count else { return }
            if let index = record?.attributes.firstIndex(where: { $0.key == attribute.key }) {
                record?.attributes[index] = attribute
            } else if count < Self.countLimit {
                record?.attributes.append(attribute)
            } else {
                record?.droppedAttributes += 1
            }
        }
    }

    /// Sets a text attribute.
    public func set(_ key: String, _ value: String) { set(Attribute(key, value)) }

    /// Sets a whole number.
    public func set(_ key: String, _ value: Int) { set(Attribute(key, value)) }

    /// Notes a moment; now unless a time is given.
    public func addEvent(_ name: String, attributes: [Attribute] = [], unixNanoseconds: UInt64? = nil) {
        let time = unixNanoseconds ?? now()
        record.withLock { record in
            guard let count = record?.events.count else { return }
            if count < Self.countLimit {
                record?.events.append(Event(name: name, unixNanoseconds: time, attributes: attributes))
            } else {
                record?.droppedEvents += 1
            }
        }
    }

    /// Adds a link.
    public func addLink(_ link: Link) {
        record.withLock { record in
            guard let count = record?.links.count else { return }
            if count < Self.countLimit { record?.links.append(link) } else { record?.droppedLinks += 1 }
        }
    }

    /// Sets the status. `ok` is final; `unset` changes nothing (OpenTelemetry, "Set Status").
    public func setStatus(_ status: Status) {
        record.withLock { record in
            guard let old = record?.status, old != .ok, status != .unset else { return }
            record?.status = status
        }
    }

    /// Marks the span failed with an error's code, which says enough: no text of the error is kept.
    public func setError(_ error: any Error) {
        set("error.type", ServiceError.from(error).code.rawValue)
        setStatus(.error(nil))
    }

    /// The attributes so far.
    public var attributes: [Attribute] { record.withLock { $0?.attributes ?? [] } }

    /// Ends the span, now unless a time is given, and hands it to the exporter's queue. The first call counts.
    public func end(unixNanoseconds: UInt64? = nil) {
        let time = unixNanoseconds ?? now()
        let ended = record.withLock { record -> Record? in
            defer { record = nil }
            return record
        }
        guard var ended else { return }
        ended.endUnixNanoseconds = max(time, ended.startUnixNanoseconds)
        onEnd(ended)
    }
}
