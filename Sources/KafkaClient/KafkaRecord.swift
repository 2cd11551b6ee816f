/// A record as it was read from a partition.
public struct KafkaRecord: Sendable, Equatable {
    /// A header: a name that may stand more than once, and bytes.
    public struct Header: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its value; nil is Kafka's null.
        public var value: [UInt8]?

        /// A header with bytes.
        public init(_ name: String, _ value: [UInt8]?) {
            self.name = name
            self.value = value
        }

        /// A header with text.
        public init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }
    }

    /// Where it was read from.
    public var partition: Int32
    /// Its place there.
    public var offset: Int64
    /// When it was sent, as its sender or its broker says: milliseconds since 1970, or -1.
    public var timestamp: Int64
    /// Nil where it has none.
    public var key: [UInt8]?
    /// Nil where it has none.
    public var value: [UInt8]?
    /// In their order.
    public var headers: [Header]

    /// A record.
    public init(
        partition: Int32, offset: Int64, timestamp: Int64 = -1, key: [UInt8]?, value: [UInt8]?, headers: [Header] = []
    ) {
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// The text of the only header of that name; nil when there is none, more than one, or it is no text.
    public func text(ofHeader name: String) -> String? {
        let found = headers.filter { $0.name.lowercased() == name }
        guard found.count == 1, let value = found[0].value else { return nil }
        return String(validating: value, as: UTF8.self)
    }
}

/// A record to be written.
public struct KafkaMessage: Sendable, Equatable {
    /// Where to.
    public var topic: String
    /// Decides the partition; nil takes any.
    public var key: [UInt8]?
    /// Nil writes none.
    public var value: [UInt8]?
    /// In their order.
    public var headers: [KafkaRecord.Header]

    /// A record.
    public init(topic: String, key: [UInt8]?, value: [UInt8]?, headers: [KafkaRecord.Header] = []) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}
